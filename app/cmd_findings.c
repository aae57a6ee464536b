// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"
#include "db/estate_finding.h"

enum { COLUMN_FINDING, COLUMN_SEVERITY, COLUMN_REASON, COLUMN_ADVICE, COLUMN_SOURCE, COLUMN_COUNT };

static const struct listing_column columns[] = {
    [COLUMN_FINDING] = {"finding", true}, [COLUMN_SEVERITY] = {"severity", true},
    [COLUMN_REASON] = {"reason", true},   [COLUMN_ADVICE] = {"advice", false},
    [COLUMN_SOURCE] = {"source", false},
};

static enum cs_err list_findings(struct app *app, const struct list_options *options)
{
    struct listing *listing = NULL;
    enum cs_err err = app_open_listing(app, options, columns, COLUMN_COUNT, &listing);
    if (err != CS_OK)
        return err;
    for (size_t i = 0; i < all_finding_count() && err == CS_OK; i++) {
        const struct finding_info *info = all_finding_at(i);
        listing_text(listing, COLUMN_FINDING, info->name);
        listing_text(listing, COLUMN_SEVERITY, finding_severity_name(info->severity));
        listing_text(listing, COLUMN_REASON, info->reason);
        listing_text(listing, COLUMN_ADVICE, info->advice);
        listing_text(listing, COLUMN_SOURCE, info->source);
        err = listing_end_row(listing, &app->diag);
    }
    return listing_close(listing, err, &app->diag);
}

static int list(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct list_options options = {0};
    if (!app_begin(app, command, argc, argv, NULL, NULL, true, &options, 0, 0, &status))
        return status;
    return app_status(app, list_findings(app, &options));
}

const struct command findings_commands[] = {
    {"findings", NULL, "[options]",
     "lists what is looked for in every certificate and asset, and what to do about it", list},
    {.name = NULL},
};
