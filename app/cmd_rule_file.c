// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "base/text.h"
#include "db/owners.h"
#include "db/rule_table.h"

#define MAX_FILE ((size_t)16 << 20)

struct import_options {
    bool replace;
    bool create_owners;
};

static const struct command_option import_options[] = {
    {.name = "replace",
     .kind = OPTION_FLAG,
     .help = "these rules instead of all there are",
     .offset = offsetof(struct import_options, replace)},
    {.name = "create-owners",
     .kind = OPTION_FLAG,
     .help = "make organizations and departments that are missing",
     .offset = offsetof(struct import_options, create_owners)},
    {.name = NULL},
};

static enum cs_err read_file(struct app *app, const char *path, struct buf *out)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    if (file == NULL)
        return diag_fail(&app->diag, CS_E_INVALID, "%s: %s", path, strerror(errno));
    buf_init(out, MAX_FILE);
    for (size_t got = 1; got > 0 && out->err == CS_OK;) {
        uint8_t *room = buf_reserve(out, 65536);
        got = room != NULL ? fread(room, 1, 65536, file) : 0;
        if (got > 0)
            buf_commit(out, got);
    }
    bool failed = ferror(file) != 0;
    if (!is_stdin)
        fclose(file);
    if (failed || out->err != CS_OK)
        return diag_fail(&app->diag, CS_E_INVALID, "%s: %s", path, failed ? strerror(errno) : "too large");
    return CS_OK;
}

/* The owner of each rule, made where that was asked for. */
static enum cs_err check_owner(struct app *app, const struct owner_name *owner, bool create)
{
    int64_t id;
    struct owner_name organization = *owner;
    enum cs_err err = owners_find(app->store, owner, &id, &app->diag);
    if (err != CS_E_NOT_FOUND || !create)
        return err;
    organization.department[0] = '\0';
    err = owners_find(app->store, &organization, &id, &app->diag);
    if (err == CS_E_NOT_FOUND)
        err = owners_add(app->store, &organization, NULL, &app->diag);
    if (err == CS_OK && owner->department[0] != '\0')
        err = owners_add(app->store, owner, NULL, &app->diag);
    return err;
}

static enum cs_err write_rules(struct app *app, const struct ruleset *set, bool replace)
{
    enum cs_err err = store_begin(app->store, &app->diag);
    if (err != CS_OK)
        return err;
    if (replace)
        err = rule_table_clear_within(app->store, &app->diag);
    for (size_t i = 0; i < set->count && err == CS_OK; i++)
        err = rule_table_add_within(app->store, set->rules[i].name, set->rules[i].match, &set->rules[i].owner,
                                    &app->diag);
    if (err == CS_OK)
        err = store_commit(app->store, &app->diag);
    if (err != CS_OK)
        store_rollback(app->store);
    return err;
}

static int import_rules(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct import_options options = {0};
    struct ruleset set = {0};
    struct buf text = {0};
    struct buf skipped = {0};
    if (!app_begin(app, command, argc, argv, import_options, &options, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = read_file(app, app->words.items[0], &text);
    if (err == CS_OK) {
        err = ruleset_from_json(&set, buf_str(&text), text.len, NULL, NULL, &skipped, &app->diag);
        if (err != CS_OK)
            diag_prefix(&app->diag, "%.200s", app->words.items[0]);
    }
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    for (size_t i = 0; i < set.count && err == CS_OK; i++)
        err = check_owner(app, &set.rules[i].owner, options.create_owners);
    if (err == CS_OK)
        err = write_rules(app, &set, options.replace);
    if (skipped.len > 0)
        fprintf(stderr, "certscour: skipped:\n%s", buf_str(&skipped));
    if (err == CS_OK)
        app_note("%zu rules imported; `certscour rule apply` assigns the stored assets by them", set.count);
    ruleset_dispose(&set);
    buf_dispose(&text);
    buf_dispose(&skipped);
    return app_status(app, err);
}

static enum cs_err write_out(struct app *app, const struct buf *text, const char *path)
{
    bool is_stdout = path == NULL || strcmp(path, "-") == 0;
    FILE *file = is_stdout ? stdout : fopen(path, "we");
    if (file == NULL)
        return diag_fail(&app->diag, CS_E_IO, "%s: %s", path, strerror(errno));
    bool written = fwrite(text->data, 1, text->len, file) == text->len && fflush(file) == 0;
    int error = errno;
    if (!is_stdout && fclose(file) != 0)
        written = false;
    return written ? CS_OK
                   : diag_fail(&app->diag, CS_E_IO, "%s: %s", is_stdout ? "standard output" : path,
                               strerror(error));
}

static int export_rules(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct ruleset set = {0};
    struct buf text = {0};
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 0, 1, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = app_load_rules(app, &set);
    if (err == CS_OK) {
        ruleset_to_json(&set, &text);
        buf_append_char(&text, '\n');
        err = text.err == CS_OK ? write_out(app, &text, app->words.count > 0 ? app->words.items[0] : NULL)
                                : diag_fail(&app->diag, text.err, "out of memory");
    }
    ruleset_dispose(&set);
    buf_dispose(&text);
    return app_status(app, err);
}

const struct command rule_file_commands[] = {
    {"rule", "import", "FILE [--replace] [--create-owners]", "reads rules (JSON, ours or SCM's; - is stdin)",
     import_rules},
    {"rule", "export", "[FILE]", "writes all rules as JSON", export_rules},
    {.name = NULL},
};
