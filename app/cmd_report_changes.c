// SPDX-License-Identifier: Apache-2.0
/* certscour report changes: since when -> the assets of which something lies after it -> then and now. */
#include <stddef.h>
#include <string.h>

#include "app/commands.h"
#include "app/report_pass.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "report/change_list.h"

struct changes_options {
    struct report_scope scope;
    const char *since;
};

static const struct command_option changes_option_table[] = {
    REPORT_SCOPE_OPTIONS,
    {.name = "since",
     .kind = OPTION_TEXT,
     .argument = "SCAN|DATE",
     .help = "after that scan, or from that day or time on; default after the last scan but one that is done",
     .offset = offsetof(struct changes_options, since)},
    {.name = NULL},
};

static enum cs_err find_since(struct app *app, const char *text, struct change_since *out)
{
    uint64_t number;
    *out = (struct change_since){0};
    if (text == NULL)
        return change_since_latest(app->store, out, &app->diag);
    if (text_to_u64(text, strlen(text), INT64_MAX, &number) == CS_OK && number > 0)
        return change_since_scan(app->store, (int64_t)number, out, &app->diag);
    if (timefmt_parse(text, &out->at_s) != CS_OK)
        return diag_fail(&app->diag, CS_E_INVALID,
                         "--since %.40s: expected the number of a scan, a date (2027-01-31) or a time", text);
    return CS_OK;
}

struct reporting {
    struct change_reader *reader;
    struct listing *listing;
    struct diag *diag;
};

static enum cs_err report_asset(void *context, const struct asset_row *row, const char *const *findings,
                                size_t finding_count)
{
    struct reporting *reporting = context;
    struct asset_change change;
    (void)findings;
    (void)finding_count;
    enum cs_err err = change_reader_read(reporting->reader, row->id, &change, reporting->diag);
    return err == CS_OK ? change_list_row(reporting->listing, row, &change, reporting->diag) : err;
}

static enum cs_err report(struct app *app, const struct changes_options *options,
                          const struct list_options *list)
{
    struct report_pass pass;
    struct change_since since;
    struct reporting reporting = {.diag = &app->diag};
    enum cs_err err = report_pass_begin(&pass, app, &options->scope);
    const struct html_page page = {.title = "What has changed",
                                   .lead = "Endpoints and their certificates, then and now.",
                                   .made_at_s = pass.now_s};
    if (err == CS_OK)
        err = find_since(app, options->since, &since);
    if (err == CS_OK)
        err = change_reader_new(&reporting.reader, app->store, &since, &app->diag);
    if (err == CS_OK)
        err = app_open_report(app, list, change_columns, change_column_count, &page, &reporting.listing);
    if (err == CS_OK) {
        pass.filter.state = NULL;
        pass.filter.changed_since = &since;
        err = report_pass_run(&pass, report_asset, &reporting);
        err = listing_close(reporting.listing, err, &app->diag);
    }
    change_reader_free(reporting.reader);
    report_pass_end(&pass);
    return err;
}

static int changes(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct changes_options options = {0};
    struct list_options list = {0};
    if (!app_begin(app, command, argc, argv, changes_option_table, &options, true, &list, 0, 0, &status))
        return status;
    return app_status(app, report(app, &options, &list));
}

const struct command report_changes_commands[] = {
    {"report", "changes", "[--since SCAN|DATE] [options]",
     "what is new, renewed, replaced, gone, moved, back, or another owner's", changes},
    {.name = NULL},
};
