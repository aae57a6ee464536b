// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/asset_name.h"
#include "app/commands.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "db/acceptances.h"
#include "db/estate_finding.h"

struct accept_options {
    const char *finding;
    const char *reason;
    const char *until;
};

static const struct command_option accept_option_table[] = {
    {.name = "finding",
     .kind = OPTION_TEXT,
     .argument = "F",
     .help = "what is accepted; `certscour findings` lists them",
     .offset = offsetof(struct accept_options, finding)},
    {.name = "reason",
     .kind = OPTION_TEXT,
     .argument = "TEXT",
     .help = "why, for whoever asks later",
     .offset = offsetof(struct accept_options, reason)},
    {.name = "until",
     .kind = OPTION_TEXT,
     .argument = "DATE",
     .help = "first day on which it is told again",
     .offset = offsetof(struct accept_options, until)},
    {.name = NULL},
};

static const struct command_option remove_option_table[] = {
    {.name = "finding",
     .kind = OPTION_TEXT,
     .argument = "F",
     .help = "only this one; without it: all that was accepted there",
     .offset = offsetof(struct accept_options, finding)},
    {.name = NULL},
};

/* As the table writes it. */
static enum cs_err find_finding(struct app *app, const char **finding)
{
    char shown[60];
    for (size_t i = 0; i < all_finding_count(); i++) {
        if (text_equals(all_finding_at(i)->name, *finding)) {
            *finding = all_finding_at(i)->name;
            return CS_OK;
        }
    }
    return diag_fail(&app->diag, CS_E_INVALID,
                     "--finding %s: there is no such finding; `certscour findings` lists them",
                     text_printable(shown, sizeof shown, *finding));
}

static enum cs_err check_options(struct app *app, struct accept_options *options, int64_t *until_s)
{
    if (options->finding == NULL)
        return diag_fail(&app->diag, CS_E_INVALID, "give the --finding that is accepted");
    if (options->reason == NULL || options->reason[0] == '\0')
        return diag_fail(&app->diag, CS_E_INVALID, "give a --reason: whoever asks later wants to know why");
    if (options->until == NULL)
        return diag_fail(&app->diag, CS_E_INVALID,
                         "give a date --until which it is accepted; nothing is for good");
    if (timefmt_parse(options->until, until_s) != CS_OK)
        return diag_fail(&app->diag, CS_E_INVALID, "--until %.40s: expected a date like 2027-01-31",
                         options->until);
    if (*until_s <= app_now_s())
        return diag_fail(&app->diag, CS_E_INVALID, "--until %.40s is in the past", options->until);
    return find_finding(app, &options->finding);
}

static struct acceptance acceptance_of(const struct asset_name *name)
{
    return (struct acceptance){.endpoint = name->is_endpoint ? &name->endpoint : NULL,
                               .sha256 = name->sha256};
}

static int accept(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct accept_options options = {0};
    struct asset_name name;
    int64_t until_s = 0;
    int64_t count = 0;
    if (!app_begin(app, command, argc, argv, accept_option_table, &options, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = check_options(app, &options, &until_s);
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = asset_name_parse(&name, app->store, app->words.items[0], &app->diag);
    if (err == CS_OK) {
        struct acceptance acceptance = acceptance_of(&name);
        acceptance.finding = options.finding;
        acceptance.reason = options.reason;
        acceptance.until_s = until_s;
        err = acceptances_put(app->store, &acceptance, app_now_s(), &count, &app->diag);
    }
    if (err == CS_OK)
        printf("%s is accepted for %" PRId64 " assets\n", options.finding, count);
    return app_status(app, err);
}

static int remove_acceptance(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct accept_options options = {0};
    struct asset_name name;
    int64_t count = 0;
    if (!app_begin(app, command, argc, argv, remove_option_table, &options, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = options.finding != NULL ? find_finding(app, &options.finding) : CS_OK;
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = asset_name_parse(&name, app->store, app->words.items[0], &app->diag);
    if (err == CS_OK) {
        struct acceptance acceptance = acceptance_of(&name);
        acceptance.finding = options.finding;
        err = acceptances_remove(app->store, &acceptance, &count, &app->diag);
    }
    if (err == CS_OK)
        printf("%" PRId64 " taken back\n", count);
    return app_status(app, err);
}

enum {
    COLUMN_WHAT,
    COLUMN_COMMON_NAME,
    COLUMN_FINDING,
    COLUMN_REASON,
    COLUMN_CREATED,
    COLUMN_UNTIL,
    COLUMN_COUNT
};

static const struct listing_column columns[] = {
    [COLUMN_WHAT] = {"asset", true},          [COLUMN_COMMON_NAME] = {"common_name", false},
    [COLUMN_FINDING] = {"finding", true},     [COLUMN_REASON] = {"reason", true},
    [COLUMN_CREATED] = {"created_at", false}, [COLUMN_UNTIL] = {"until", true},
};

struct acceptance_listing {
    struct listing *listing;
    struct diag *diag;
};

static enum cs_err list_row(void *context, const struct acceptance_row *row)
{
    struct acceptance_listing *list = context;
    char endpoint[ENDPOINT_TEXT_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    bool is_endpoint = row->endpoint.network != NULL;
    hex_encode(hex, row->sha256, SHA256_SIZE);
    listing_text(list->listing, COLUMN_WHAT, is_endpoint ? endpoint_format(endpoint, &row->endpoint) : hex);
    listing_text(list->listing, COLUMN_COMMON_NAME, row->common_name);
    listing_text(list->listing, COLUMN_FINDING, row->finding);
    listing_text(list->listing, COLUMN_REASON, row->reason);
    listing_time(list->listing, COLUMN_CREATED, row->created_at_s);
    listing_time(list->listing, COLUMN_UNTIL, row->until_s);
    return listing_end_row(list->listing, list->diag);
}

struct list_all_options {
    bool all;
};

static const struct command_option list_option_rows[] = {
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
    struct acceptance_listing list = {.diag = &app->diag};
    if (!app_begin(app, command, argc, argv, list_option_rows, &own, true, &options, 0, 0, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = app_open_listing(app, &options, columns, COLUMN_COUNT, &list.listing);
    if (err != CS_OK)
        return app_status(app, err);
    err = acceptances_each(app->store, app_now_s(), own.all, list_row, &list, &app->diag);
    return app_status(app, listing_close(list.listing, err, &app->diag));
}

const struct command accept_commands[] = {
    {"accept", NULL, "ENDPOINT|SHA256 --finding F --reason TEXT --until DATE",
     "silences a finding of an asset until a date", accept},
    {"accept", "list", "[--all] [options]", "lists what is accepted", list},
    {"accept", "remove", "ENDPOINT|SHA256 [--finding F]", "takes it back: the finding is told again",
     remove_acceptance},
    {.name = NULL},
};
