// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "db/exclusions.h"
#include "scanner/target_text.h"

struct exclude_options {
    const char *reason;
    const char *until;
};

static const struct command_option add_options[] = {
    {.name = "reason",
     .kind = OPTION_TEXT,
     .argument = "TEXT",
     .help = "who asked, and why",
     .offset = offsetof(struct exclude_options, reason)},
    {.name = "until",
     .kind = OPTION_TEXT,
     .argument = "DATE",
     .help = "first day it no longer holds; without it: for good",
     .offset = offsetof(struct exclude_options, until)},
    {.name = NULL},
};

/* What a range or name is stored as, so that the same one is found again however it was written. */
static enum cs_err canonical(struct app *app, const char *text, struct target_text *parsed,
                             char out[ENDPOINT_MAX_NAME + RANGE_TEXT_SIZE])
{
    enum cs_err err = target_text_parse(parsed, text, strlen(text), &app->diag);
    if (err == CS_OK && parsed->has_port)
        err = diag_fail(&app->diag, CS_E_INVALID,
                        "\"%.80s\": an exclusion has no port: it holds for all of them", text);
    if (err == CS_OK && parsed->is_range)
        ip_range_format(out, parsed->range);
    else if (err == CS_OK)
        snprintf(out, ENDPOINT_MAX_NAME + 1, "%s", parsed->name);
    return err;
}

static int add(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct exclude_options options = {0};
    struct target_text parsed;
    char what[ENDPOINT_MAX_NAME + RANGE_TEXT_SIZE];
    int64_t until_s = 0;
    if (!app_begin(app, command, argc, argv, add_options, &options, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = canonical(app, app->words.items[0], &parsed, what);
    if (err == CS_OK && (options.reason == NULL || options.reason[0] == '\0'))
        err = diag_fail(&app->diag, CS_E_INVALID, "give a --reason: who asked not to be scanned, and why");
    if (err == CS_OK && options.until != NULL && timefmt_parse(options.until, &until_s) != CS_OK)
        err = diag_fail(&app->diag, CS_E_INVALID, "--until %.40s: expected a date like 2027-01-31",
                        options.until);
    if (err == CS_OK && options.until != NULL && until_s <= app_now_s())
        err = diag_fail(&app->diag, CS_E_INVALID, "--until %.40s is in the past", options.until);
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = exclusions_add(app->store, what, parsed.is_range ? &parsed.range : NULL, options.reason,
                             app_now_s(), options.until != NULL ? &until_s : NULL, &app->diag);
    return app_status(app, err);
}

static int remove_exclusion(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct target_text parsed;
    char what[ENDPOINT_MAX_NAME + RANGE_TEXT_SIZE];
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = canonical(app, app->words.items[0], &parsed, what);
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = exclusions_remove(app->store, what, &app->diag);
    return app_status(app, err);
}

enum { COLUMN_WHAT, COLUMN_REASON, COLUMN_CREATED, COLUMN_UNTIL, COLUMN_COUNT };

static const struct listing_column columns[] = {
    [COLUMN_WHAT] = {"range", true},
    [COLUMN_REASON] = {"reason", true},
    [COLUMN_CREATED] = {"created_at", true},
    [COLUMN_UNTIL] = {"until", true},
};

struct exclusion_listing {
    struct listing *listing;
    struct diag *diag;
};

static enum cs_err list_exclusion(void *context, const struct exclusion_row *row)
{
    struct exclusion_listing *list = context;
    listing_text(list->listing, COLUMN_WHAT, row->what);
    listing_text(list->listing, COLUMN_REASON, row->reason);
    listing_time(list->listing, COLUMN_CREATED, row->created_at_s);
    if (row->has_until)
        listing_time(list->listing, COLUMN_UNTIL, row->until_s);
    return listing_end_row(list->listing, list->diag);
}

struct list_all_options {
    bool all;
};

static const struct command_option list_all_option_table[] = {
    {.name = "all",
     .kind = OPTION_FLAG,
     .help = "those whose date has passed too",
     .offset = offsetof(struct list_all_options, all)},
    {.name = NULL},
};

static int list(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct list_options options = {0};
    struct list_all_options own = {0};
    struct exclusion_listing exclusions = {.diag = &app->diag};
    if (!app_begin(app, command, argc, argv, list_all_option_table, &own, true, &options, 0, 0, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = app_open_listing(app, &options, columns, COLUMN_COUNT, &exclusions.listing);
    if (err != CS_OK)
        return app_status(app, err);
    err = exclusions_each(app->store, app_now_s(), own.all, list_exclusion, &exclusions, &app->diag);
    return app_status(app, listing_close(exclusions.listing, err, &app->diag));
}

const struct command exclude_commands[] = {
    {"exclude", "add", "RANGE|NAME --reason TEXT [--until DATE]",
     "an opt-out for every scan, a running one included", add},
    {"exclude", "list", "[--all] [options]", "lists the opt-outs in force", list},
    {"exclude", "remove", "RANGE|NAME", "takes an opt-out back", remove_exclusion},
    {.name = NULL},
};
