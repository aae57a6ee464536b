// SPDX-License-Identifier: Apache-2.0
/* Names (given, or the domains of the inventory) -> climbs through the DNS -> a row each, and an exit status
 * for scripts. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/caa_list.h"
#include "app/commands.h"
#include "app/inventory_age.h"
#include "base/text.h"
#include "db/inventory.h"
#include "dns/caa_lookup.h"
#include "model/ip.h"
#include "scanner/host_name.h"
#include "scanner/line_reader.h"
#include "scm/caa_identifiers.h"

#define LOOKUPS_PER_S 200
#define LOOKUP_MS     3000
#define GIVE_UP_AFTER 64 /* look-ups that nobody answered, and none that anybody did */

enum { ASKED_PLAIN = 1, ASKED_WILDCARD = 2 };

struct caa_options {
    struct text_list cas;
    struct text_list files;
    const char *dns_server;
};

static const struct command_option caa_option_table[] = {
    {.name = "ca",
     .kind = OPTION_LIST,
     .argument = "DOMAIN",
     .help = "the CA, by its name in CAA records; may be repeated; default " CAA_DEFAULT_CA,
     .offset = offsetof(struct caa_options, cas)},
    {.name = "names",
     .letter = 'i',
     .kind = OPTION_LIST,
     .argument = "FILE",
     .help = "names, one a line; - is standard input",
     .offset = offsetof(struct caa_options, files)},
    {.name = "dns",
     .kind = OPTION_TEXT,
     .argument = "SERVER",
     .help = "ADDRESS[:PORT] of the DNS server to ask",
     .offset = offsetof(struct caa_options, dns_server)},
    {.name = NULL},
};

struct caa_job {
    struct app *app;
    struct caa_climb *climb;
    struct text_list cas; /* all names of the CAs */
    struct buf asked;     /* for each name of the climb: ASKED_* */
    char last[ENDPOINT_MAX_NAME + 1];
    bool denied;
    bool unknown;
};

/* ---- names ---- */

/* NAME or *.NAME; the two right behind each other are one row. */
static enum cs_err add_name(struct caa_job *job, const char *text, size_t len)
{
    char name[ENDPOINT_MAX_NAME + 1];
    struct ip ip;
    bool is_wildcard = len > 2 && text[0] == '*' && text[1] == '.';
    uint8_t asked = is_wildcard ? ASKED_WILDCARD : ASKED_PLAIN;
    if (ip_parse(text, len, &ip) == CS_OK)
        return diag_fail(&job->app->diag, CS_E_INVALID, "%.*s is an address: CAA records belong to names",
                         (int)len, text);
    size_t skipped = is_wildcard ? 2 : 0;
    enum cs_err err = host_name_normalize(name, text + skipped, len - skipped, &job->app->diag);
    if (err != CS_OK)
        return err;
    if (job->asked.len > 0 && strcmp(name, job->last) == 0) {
        job->asked.data[job->asked.len - 1] |= asked;
        return CS_OK;
    }
    err = caa_climb_add(job->climb, name);
    buf_append(&job->asked, &asked, 1);
    memcpy(job->last, name, sizeof name);
    return err == CS_OK ? job->asked.err : err;
}

static enum cs_err read_names(struct caa_job *job, FILE *file, const char *path)
{
    struct line_reader reader = {.file = file, .name = path};
    bool more = true;
    enum cs_err err = CS_OK;
    while (err == CS_OK) {
        err = line_reader_next(&reader, &more, &job->app->diag);
        if (err != CS_OK || !more)
            break;
        const char *line = buf_str(&reader.line);
        line += strspn(line, " \t");
        size_t len = strcspn(line, " \t#");
        if (line[len + strspn(line + len, " \t")] != '\0' && line[len + strspn(line + len, " \t")] != '#')
            err = diag_fail(&job->app->diag, CS_E_INVALID, "expected one name a line");
        else if (len > 0)
            err = add_name(job, line, len);
        if (err != CS_OK)
            diag_prefix(&job->app->diag, "%.200s:%zu", path, reader.number);
    }
    line_reader_dispose(&reader);
    return err;
}

static enum cs_err read_file(struct caa_job *job, const char *path)
{
    if (strcmp(path, "-") == 0)
        return read_names(job, stdin, "standard input");
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return diag_fail(&job->app->diag, CS_E_INVALID, "%.200s: %s", path, strerror(errno));
    enum cs_err err = read_names(job, file, path);
    fclose(file);
    return err;
}

/* A provider's list may have what is no host name. */
static enum cs_err add_domain(void *context, const struct inventory_domain_row *row)
{
    struct caa_job *job = context;
    char shown[300];
    enum cs_err err = row->name != NULL ? add_name(job, row->name, strlen(row->name)) : CS_OK;
    if (err != CS_E_INVALID)
        return err;
    app_note("left out: \"%s\": %s", text_printable(shown, sizeof shown, row->name), job->app->diag.text);
    job->app->diag = (struct diag){0};
    return CS_OK;
}

static enum cs_err add_inventory(struct caa_job *job)
{
    struct app *app = job->app;
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = inventory_each_domain(app->store, NULL, add_domain, job, &app->diag);
    if (err == CS_OK && job->asked.len == 0)
        return diag_fail(
            &app->diag, CS_E_NOT_FOUND,
            "no names were given, and there are no domains in the inventory (certscour scm pull)");
    return err == CS_OK ? note_domain_age(app->store, &app->diag) : err;
}

static enum cs_err add_names(struct caa_job *job, const struct caa_options *options)
{
    struct app *app = job->app;
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < app->words.count && err == CS_OK; i++)
        err = add_name(job, app->words.items[i], strlen(app->words.items[i]));
    for (size_t i = 0; i < options->files.count && err == CS_OK; i++)
        err = read_file(job, options->files.items[i]);
    if (err == CS_OK && app->words.count == 0 && options->files.count == 0)
        err = add_inventory(job);
    return err;
}

/* ---- the CA ---- */

static enum cs_err add_ca(struct caa_job *job, const char *ca)
{
    char normal[ENDPOINT_MAX_NAME + 1];
    size_t count;
    enum cs_err err = host_name_normalize(normal, ca, strlen(ca), &job->app->diag);
    if (err != CS_OK) {
        diag_prefix(&job->app->diag, "--ca");
        return err;
    }
    const char *const *all = caa_identifiers(normal, &count);
    err = text_list_add(&job->cas, normal);
    for (size_t i = 0; i < count && err == CS_OK; i++)
        err = text_list_add(&job->cas, all[i]);
    return err;
}

static enum cs_err add_cas(struct caa_job *job, const struct text_list *given)
{
    enum cs_err err = given->count == 0 ? add_ca(job, CAA_DEFAULT_CA) : CS_OK;
    for (size_t i = 0; i < given->count && err == CS_OK; i++)
        err = add_ca(job, given->items[i]);
    return err;
}

/* ---- answers ---- */

static void count_answer(struct caa_job *job, uint8_t asked, const struct caa_answers *answers)
{
    if ((asked & ASKED_PLAIN) != 0) {
        job->denied |= answers->issue == CAA_DENIED;
        job->unknown |= answers->issue == CAA_UNKNOWN;
    }
    if ((asked & ASKED_WILDCARD) != 0) {
        job->denied |= answers->issuewild == CAA_DENIED;
        job->unknown |= answers->issuewild == CAA_UNKNOWN;
    }
}

/* Rows beyond --limit are not listed, but they count for the exit status. */
static enum cs_err list_answers(struct caa_job *job, struct caa_list *list)
{
    struct listing *listing = list->listing;
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < caa_climb_count(job->climb) && err == CS_OK; i++) {
        struct caa_found found;
        struct caa_answers answers;
        caa_climb_get(job->climb, i, &found);
        err = caa_list_row(list, &found, &answers, &job->app->diag);
        if (err == CS_E_CANCELLED) {
            list->listing = NULL;
            err = CS_OK;
        }
        if (err == CS_OK)
            count_answer(job, job->asked.data[i], &answers);
    }
    return listing_close(listing, err, &job->app->diag);
}

static void print_missing(const struct caa_list *list)
{
    if (list->missing.count > 0)
        printf("\nmissing for %s, each in both syntaxes of zone files:\n", list->cas[0]);
    for (size_t i = 0; i < list->missing.count; i++)
        puts(list->missing.items[i]);
}

static enum cs_err answer(struct caa_job *job, const struct caa_options *options,
                          const struct list_options *shape)
{
    struct app *app = job->app;
    struct caa_list list = {.cas = text_list_view(&job->cas), .ca_count = job->cas.count};
    const struct resolver_options asking = {
        .server =
            options->dns_server != NULL ? options->dns_server : config_get(&app->config, "dns", "servers"),
        .timeout_ms = LOOKUP_MS,
        .rate_per_s = LOOKUPS_PER_S,
        .give_up_after = GIVE_UP_AFTER,
    };
    enum listing_format format = LISTING_TABLE;
    enum cs_err err = app_open_listing(app, shape, caa_columns, caa_column_count, &list.listing);
    if (err == CS_OK && shape->format != NULL)
        err = listing_format_parse(&format, shape->format, &app->diag);
    if (err != CS_OK)
        return err;
    err = caa_lookup(job->climb, &asking, &app->diag);
    err = err == CS_OK ? list_answers(job, &list) : listing_close(list.listing, err, &app->diag);
    if (err == CS_OK && format == LISTING_TABLE)
        print_missing(&list);
    caa_list_dispose(&list);
    return err;
}

static int caa(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct caa_options options = {0};
    struct list_options shape = {0};
    struct caa_job job = {.app = app};
    if (!app_begin(app, command, argc, argv, caa_option_table, &options, true, &shape, 0, SIZE_MAX,
                   &status)) {
        text_list_dispose(&options.cas);
        text_list_dispose(&options.files);
        return status;
    }
    enum cs_err err = caa_climb_new(&job.climb);
    if (err == CS_OK)
        err = add_cas(&job, &options.cas);
    if (err == CS_OK)
        err = add_names(&job, &options);
    if (err == CS_OK)
        err = answer(&job, &options, &shape);
    caa_climb_free(job.climb);
    text_list_dispose(&job.cas);
    buf_dispose(&job.asked);
    text_list_dispose(&options.cas);
    text_list_dispose(&options.files);
    if (err != CS_OK)
        return app_status(app, err);
    return job.denied ? EXIT_FAILED : job.unknown ? EXIT_RESUMABLE : EXIT_DONE;
}

const struct command caa_commands[] = {
    {"caa", NULL, "[NAME...] [--ca sectigo.com]",
     "may a CA issue for names (or for all domains of the inventory), by the DNS", caa},
    {.name = NULL},
};
