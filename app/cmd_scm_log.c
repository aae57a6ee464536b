// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "app/commands.h"
#include "base/timefmt.h"
#include "db/sent_log.h"

enum {
    COLUMN_SENT_AT,
    COLUMN_PUSH,
    COLUMN_LOCAL_USER,
    COLUMN_ACCOUNT,
    COLUMN_PROVIDER,
    COLUMN_SERVER,
    COLUMN_CALL,
    COLUMN_ABOUT,
    COLUMN_STATUS,
    COLUMN_ANSWER,
    COLUMN_ANSWERED_AT,
    COLUMN_COUNT
};

static const struct listing_column columns[] = {
    [COLUMN_SENT_AT] = {"sent_at", true},
    [COLUMN_PUSH] = {"push", true},
    [COLUMN_LOCAL_USER] = {"local_user", true},
    [COLUMN_ACCOUNT] = {"account", true},
    [COLUMN_PROVIDER] = {"provider", false},
    [COLUMN_SERVER] = {"server", false},
    [COLUMN_CALL] = {"call", true},
    [COLUMN_ABOUT] = {"about", true},
    [COLUMN_STATUS] = {"status", true},
    [COLUMN_ANSWER] = {"answer", true},
    [COLUMN_ANSWERED_AT] = {"answered_at", false},
};

struct log_listing {
    struct listing *listing;
    struct diag *diag;
};

static enum cs_err list_call(void *context, const struct sent_row *row)
{
    const struct log_listing *list = context;
    char when[TIMEFMT_SIZE]; /* as text: a table, too, shows the second */
    listing_text(list->listing, COLUMN_SENT_AT, timefmt_rfc3339(when, row->sent_at_s));
    if (row->push_id != 0)
        listing_int(list->listing, COLUMN_PUSH, row->push_id);
    listing_text(list->listing, COLUMN_LOCAL_USER, row->by.local_user);
    listing_text(list->listing, COLUMN_ACCOUNT, row->by.account);
    listing_text(list->listing, COLUMN_PROVIDER, row->by.provider);
    listing_text(list->listing, COLUMN_SERVER, row->by.server);
    listing_text(list->listing, COLUMN_CALL, row->call);
    listing_text(list->listing, COLUMN_ABOUT, row->about);
    if (row->status != 0)
        listing_int(list->listing, COLUMN_STATUS, row->status);
    listing_text(list->listing, COLUMN_ANSWER,
                 row->answered_at_s == 0 ? "(not known: certscour was interrupted)" : row->answer);
    if (row->answered_at_s != 0)
        listing_text(list->listing, COLUMN_ANSWERED_AT, timefmt_rfc3339(when, row->answered_at_s));
    return listing_end_row(list->listing, list->diag);
}

struct log_choices {
    uint32_t push;
};

static const struct command_option log_option_table[] = {
    {.name = "push",
     .kind = OPTION_NUMBER,
     .argument = "N",
     .help = "only what belongs to one push",
     .offset = offsetof(struct log_choices, push),
     .low = 1,
     .high = UINT32_MAX},
    {.name = NULL},
};

static int list(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct log_choices choices = {0};
    struct list_options options = {0};
    struct log_listing calls = {.diag = &app->diag};
    if (!app_begin(app, command, argc, argv, log_option_table, &choices, true, &options, 0, 0, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = app_open_listing(app, &options, columns, COLUMN_COUNT, &calls.listing);
    if (err != CS_OK)
        return app_status(app, err);
    err = sent_log_each(app->store, choices.push, list_call, &calls, &app->diag);
    return app_status(app, listing_close(calls.listing, err, &app->diag));
}

const struct command scm_log_commands[] = {
    {"scm", "log", "[options]", "lists what was sent to SCM when, by whom, and with what answer", list},
    {.name = NULL},
};
