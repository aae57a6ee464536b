// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/file_text.h"
#include "base/text.h"
#include "db/owners.h"
#include "db/rule_table.h"

#define MAX_FILE      ((size_t)16 << 20)
#define MISSING_SHOWN 20 /* owners in one message */

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

/* Adds the written form of an owner to `missing` unless it is there or enough are. */
static enum cs_err note_missing(struct text_list *missing, const struct owner_name *owner)
{
    struct buf name = {0};
    enum cs_err err = CS_OK;
    bool known = missing->count == MISSING_SHOWN;
    owner_append(&name, owner->organization, owner->department);
    for (size_t i = 0; i < missing->count && !known; i++)
        known = text_equals(missing->items[i], buf_str(&name));
    if (!known)
        err = text_list_add(missing, buf_str(&name));
    buf_dispose(&name);
    return err;
}

static enum cs_err fail_missing(struct app *app, const struct text_list *missing)
{
    struct buf names = {0};
    for (size_t i = 0; i < missing->count; i++) {
        buf_append_str(&names, i > 0 ? ", " : "");
        text_append_printable(&names, missing->items[i], strlen(missing->items[i]));
    }
    diag_set(&app->diag, "these owners do not exist (--create-owners makes them): %s", buf_str(&names));
    buf_dispose(&names);
    return CS_E_NOT_FOUND;
}

/* Every owner must exist; those that do not are named together. */
static enum cs_err require_owners(struct app *app, const struct ruleset *set)
{
    struct text_list missing = {0};
    enum cs_err err = CS_OK;
    int64_t id;
    for (size_t i = 0; i < set->count && err == CS_OK; i++) {
        err = owners_find(app->store, &set->rules[i].owner, &id, &app->diag);
        if (err == CS_E_NOT_FOUND)
            err = note_missing(&missing, &set->rules[i].owner);
    }
    if (err == CS_OK && missing.count > 0)
        err = fail_missing(app, &missing);
    text_list_dispose(&missing);
    return err;
}

/* Owners and rules in one transaction: an import happens whole or not at all. */
static enum cs_err write_rules(struct app *app, const struct ruleset *set,
                               const struct import_options *options)
{
    int64_t id;
    bool made;
    enum cs_err err = store_begin(app->store, &app->diag);
    if (err != CS_OK)
        return err;
    if (!options->create_owners)
        err = require_owners(app, set);
    for (size_t i = 0; i < set->count && err == CS_OK && options->create_owners; i++)
        err = owners_make_within(app->store, &set->rules[i].owner, &id, &made, &app->diag);
    if (err == CS_OK && options->replace)
        err = rule_table_clear_within(app->store, &app->diag);
    for (size_t i = 0; i < set->count && err == CS_OK; i++)
        err = rule_table_add_within(app->store, set->rules[i].name, set->rules[i].match, &set->rules[i].owner,
                                    NULL, &app->diag);
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
    enum cs_err err = file_text_read(&text, app->words.items[0], MAX_FILE, &app->diag);
    if (err == CS_OK) {
        err = ruleset_from_json(&set, buf_str(&text), text.len, NULL, NULL, &skipped, &app->diag);
        if (err != CS_OK)
            diag_prefix(&app->diag, "%.200s", app->words.items[0]);
    }
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = write_rules(app, &set, &options);
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
