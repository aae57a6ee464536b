// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/interrupts.h"
#include "base/text.h"
#include "db/inventory_list.h"
#include "inventory/list_file.h"

#define NOTES_SHOWN 20 /* of rows that are left out; all are counted */
#define MAX_NAME    40

struct import_options {
    const char *name;
};

static const struct command_option import_option_table[] = {
    {.name = "name",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "of the list, where there are several; it replaces the list of that name (default: list)",
     .offset = offsetof(struct import_options, name)},
    {.name = NULL},
};

struct importing {
    struct inventory_list *list;
    const volatile sig_atomic_t *interrupts;
    uint64_t notes;
};

static enum cs_err put(void *context, const struct inventory_certificate *certificate, struct diag *diag)
{
    struct importing *importing = context;
    return inventory_list_put(importing->list, certificate, diag);
}

static void note(void *context, const char *text)
{
    struct importing *importing = context;
    char shown[400];
    if (importing->notes++ < NOTES_SHOWN)
        app_note("%s", text_printable(shown, sizeof shown, text));
}

static bool stopped(void *context)
{
    return *((struct importing *)context)->interrupts > 0;
}

static enum cs_err check_name(struct app *app, const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > MAX_NAME ||
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != len)
        return diag_fail(
            &app->diag, CS_E_INVALID,
            "--name %.60s: allowed are letters, digits, dots, hyphens and underscores, %d at most", name,
            MAX_NAME);
    return CS_OK;
}

static void print_result(const struct list_reading *reading, const char *name, uint64_t notes)
{
    if (notes > NOTES_SHOWN)
        app_note("and %" PRIu64 " more like these", notes - NOTES_SHOWN);
    printf("%" PRId64 " certificates are the list \"%s\" now", reading->taken, name);
    if (reading->bad > 0)
        printf("; %" PRId64 " rows could not be used", reading->bad);
    if (reading->no_certificate > 0)
        printf("; %" PRId64 " are no certificates of a server (not issued, or a CA's)",
               reading->no_certificate);
    putchar('\n');
}

static enum cs_err import_list(struct app *app, const char *path, const char *name)
{
    char provider[sizeof INVENTORY_FILE_PREFIX + MAX_NAME];
    struct importing importing = {.interrupts = interrupts_catch()};
    struct list_reading reading = {.put = put, .note = note, .stopped = stopped, .context = &importing};
    snprintf(provider, sizeof provider, INVENTORY_FILE_PREFIX "%s", name);
    char *whole = realpath(path, NULL); /* for whoever asks later where it came from */
    enum cs_err err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = inventory_list_begin(&importing.list, app->store, provider, whole != NULL ? whole : path,
                                   app_now_s(), &app->diag);
    free(whole);
    if (err != CS_OK)
        return err;
    err = list_read(&reading, path, &app->diag);
    err = inventory_list_end(importing.list, err, &app->diag);
    if (err == CS_OK)
        print_result(&reading, name, importing.notes);
    return err;
}

static int import(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct import_options options = {.name = "list"};
    if (!app_begin(app, command, argc, argv, import_option_table, &options, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = check_name(app, options.name);
    if (err == CS_OK)
        err = import_list(app, app->words.items[0], options.name);
    return app_status(app, err);
}

/* ---- list, remove ---- */

enum { LIST_NAME, LIST_RESOURCE, LIST_ROWS, LIST_PULLED_AT, LIST_FAILED_AT, LIST_SOURCE, LIST_COLUMNS };

static const struct listing_column columns[] = {
    [LIST_NAME] = {"name", true},
    [LIST_RESOURCE] = {"resource", true},
    [LIST_ROWS] = {"rows", true},
    [LIST_PULLED_AT] = {"pulled_at", true},
    [LIST_FAILED_AT] = {"failed_at", false},
    [LIST_SOURCE] = {"source", true},
};

struct listing_rows {
    struct listing *listing;
    struct diag *diag;
};

static enum cs_err list_row(void *context, const struct inventory_row *row)
{
    struct listing_rows *rows = context;
    listing_text(rows->listing, LIST_NAME, row->provider);
    listing_text(rows->listing, LIST_RESOURCE, row->resource);
    listing_int(rows->listing, LIST_ROWS, row->row_count);
    if (row->pulled_at_s != 0)
        listing_time(rows->listing, LIST_PULLED_AT, row->pulled_at_s);
    if (row->failed_at_s != 0)
        listing_time(rows->listing, LIST_FAILED_AT, row->failed_at_s);
    listing_text(rows->listing, LIST_SOURCE, row->source);
    return listing_end_row(rows->listing, rows->diag);
}

static int list(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct list_options options = {0};
    struct listing_rows rows = {.diag = &app->diag};
    if (!app_begin(app, command, argc, argv, NULL, NULL, true, &options, 0, 0, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = app_open_listing(app, &options, columns, LIST_COLUMNS, &rows.listing);
    if (err == CS_OK) {
        err = inventory_each(app->store, list_row, &rows, &app->diag);
        err = listing_close(rows.listing, err, &app->diag);
    }
    return app_status(app, err);
}

static int remove_list(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct buf provider = {0};
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    const char *name = app->words.items[0];
    if (strcmp(name, INVENTORY_SCM) != 0 && !text_starts_with(name, INVENTORY_FILE_PREFIX))
        buf_append_str(&provider, INVENTORY_FILE_PREFIX);
    buf_append_str(&provider, name);
    enum cs_err err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = inventory_remove(app->store, buf_str(&provider), &app->diag);
    buf_dispose(&provider);
    return app_status(app, err);
}

const struct command inventory_commands[] = {
    {"inventory", "import", "FILE|DIR [--name NAME]",
     "reads a list of managed certificates: CSV or JSON export, PEM, DER, or a directory of these", import},
    {"inventory", "list", "[options]", "lists what is known from where, and how old it is", list},
    {"inventory", "remove", "NAME", "forgets a list (or scm: all that was pulled)", remove_list},
    {.name = NULL},
};
