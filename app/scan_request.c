// SPDX-License-Identifier: Apache-2.0
/* ports -> targets and files -> exclusions -> check -> names from the DNS -> build. */
#include "app/scan_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/exclusions.h"
#include "dns/resolver.h"
#include "scanner/scanner.h"
#include "scanner/target_list.h"

#define DEFAULT_PORTS    "campus"
#define MAX_SUMMARY      400
#define UNRESOLVED_SHOWN 5

typedef enum cs_err (*read_file)(struct target_list *list, FILE *file, const char *name, struct diag *diag);

void scan_request_dispose(struct scan_request *request)
{
    text_list_dispose(&request->targets);
    text_list_dispose(&request->target_files);
    text_list_dispose(&request->excludes);
    text_list_dispose(&request->exclude_files);
    text_list_dispose(&request->names_files);
}

static enum cs_err read_files(struct target_list *list, const struct text_list *paths, read_file read,
                              struct diag *diag)
{
    for (size_t i = 0; i < paths->count; i++) {
        const char *path = paths->items[i];
        bool is_stdin = strcmp(path, "-") == 0;
        FILE *file = is_stdin ? stdin : fopen(path, "re");
        if (file == NULL)
            return diag_fail(diag, CS_E_INVALID, "%s: %s", path, strerror(errno));
        enum cs_err err = read(list, file, is_stdin ? "standard input" : path, diag);
        if (!is_stdin)
            fclose(file);
        if (err != CS_OK)
            return err;
    }
    return CS_OK;
}

struct excluding {
    struct target_list *list;
    struct diag *diag;
};

static enum cs_err exclude_standing(void *context, const struct exclusion_row *row)
{
    struct excluding *excluding = context;
    enum cs_err err = target_list_exclude(excluding->list, row->what, excluding->diag);
    if (err != CS_OK)
        diag_prefix(excluding->diag, "standing exclusion");
    return err;
}

static enum cs_err add_exclusions(const struct scan_request *request, struct store *store, int64_t now_s,
                                  struct target_list *list, struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < request->excludes.count && err == CS_OK; i++)
        err = target_list_exclude(list, request->excludes.items[i], diag);
    if (err == CS_OK)
        err = read_files(list, &request->exclude_files, target_list_exclude_file, diag);
    if (err == CS_OK && store != NULL) {
        struct excluding excluding = {list, diag};
        err = exclusions_each(store, now_s, false, exclude_standing, &excluding, diag);
    }
    return err;
}

static enum cs_err add_everything(const struct scan_request *request, struct store *store, int64_t now_s,
                                  struct target_list *list, struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < request->targets.count && err == CS_OK; i++)
        err = target_list_add(list, request->targets.items[i], diag);
    if (err == CS_OK)
        err = read_files(list, &request->target_files, target_list_add_file, diag);
    if (err == CS_OK)
        err = add_exclusions(request, store, now_s, list, diag);
    if (err == CS_OK && request->sni != NULL)
        err = target_list_set_sni(list, request->sni, diag);
    if (err == CS_OK)
        err = read_files(list, &request->names_files, target_list_add_names_file, diag);
    if (err == CS_OK)
        err = target_list_check(list, diag);
    return err;
}

struct resolving {
    struct target_list *list;
    struct dns_answers *answers;
    struct buf *notes;
    size_t unresolved;
};

static enum cs_err keep_addresses(void *context, const char *name, const struct ip *ips, size_t count,
                                  bool answered, const char *reason)
{
    struct resolving *resolving = context;
    if (count == 0 && resolving->unresolved++ < UNRESOLVED_SHOWN)
        buf_printf(resolving->notes, "%s: no address (%s)\n", name,
                   reason != NULL ? reason : "none in the DNS");
    enum cs_err err = dns_answers_add(resolving->answers, name, ips, count, answered);
    return err == CS_OK ? target_list_resolved(resolving->list, name, ips, count) : err;
}

static enum cs_err resolve(const struct scan_request *request, struct target_list *list,
                           struct dns_answers *answers, struct buf *notes, struct diag *diag)
{
    const struct text_list *names = target_list_names(list);
    if (names->count == 0)
        return CS_OK;
    if (request->dry_run) {
        buf_printf(notes, "host names: %zu, not looked up in a dry run; each is counted as one address\n",
                   names->count);
        enum cs_err err = CS_OK;
        for (size_t i = 0; i < names->count && err == CS_OK; i++)
            err = target_list_resolved(list, names->items[i], NULL, 0);
        return err;
    }
    struct resolving resolving = {list, answers, notes, 0};
    struct resolver_options options = {.server = request->dns_server};
    enum cs_err err = resolver_run(names, &options, keep_addresses, &resolving, diag);
    if (resolving.unresolved > UNRESOLVED_SHOWN)
        buf_printf(notes, "and %zu more names without address\n", resolving.unresolved - UNRESOLVED_SHOWN);
    return err;
}

enum cs_err scan_request_targets(const struct scan_request *request, struct store *store, int64_t now_s,
                                 struct target_set **out, struct dns_answers *answers, struct buf *notes,
                                 struct diag *diag)
{
    struct port_list ports = {0};
    struct target_list *list = NULL;
    *out = NULL;
    enum cs_err err = port_list_parse(&ports, request->ports != NULL ? request->ports : DEFAULT_PORTS, diag);
    if (err == CS_OK)
        err = target_list_new(&list, &ports);
    if (err == CS_OK)
        err = add_everything(request, store, now_s, list, diag);
    if (err == CS_OK)
        err = resolve(request, list, answers, notes, diag);
    if (err == CS_OK)
        err = target_list_build(list, out, notes, diag);
    target_list_free(list);
    port_list_dispose(&ports);
    return err;
}

static void append_all(struct buf *out, const char *before, const struct text_list *list)
{
    for (size_t i = 0; i < list->count && out->len < MAX_SUMMARY; i++)
        buf_printf(out, "%s%s%s", out->len > 0 ? " " : "", before, list->items[i]);
}

void scan_request_summarize(const struct scan_request *request, struct buf *out)
{
    append_all(out, "", &request->targets);
    append_all(out, "-i ", &request->target_files);
    append_all(out, "-x ", &request->excludes);
    append_all(out, "--exclude-file ", &request->exclude_files);
    append_all(out, "--names ", &request->names_files);
    if (request->ports != NULL)
        buf_printf(out, " -p %s", request->ports);
    if (request->sni != NULL)
        buf_printf(out, " --sni %s", request->sni);
    if (out->len > MAX_SUMMARY) {
        out->len = MAX_SUMMARY;
        buf_append_str(out, "...");
    }
}
