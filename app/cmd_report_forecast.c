// SPDX-License-Identifier: Apache-2.0
/* certscour report forecast: the renewals of the next twelve months, by month or by owner. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/report_pass.h"
#include "report/estate.h"
#include "report/forecast.h"

enum {
    COLUMN_REPORT,
    COLUMN_MONTH,
    COLUMN_OWNER,
    COLUMN_CERTIFICATES,
    COLUMN_COUNTS,
    COLUMN_AUTOMATE_BY = COLUMN_COUNTS + 3 * FORECAST_POLICIES,
    COLUMN_COUNT
};

#define COUNT_COLUMNS                                                                                        \
    {"renewals_today", true}, {"renewals_200", true}, {"renewals_100", true}, {"renewals_47", true},         \
        {"by_hand_today", true}, {"by_hand_200", false}, {"by_hand_100", false}, {"by_hand_47", true},       \
        {"not_known_today", false}, {"not_known_200", false}, {"not_known_100", false},                      \
    {                                                                                                        \
        "not_known_47", true                                                                                 \
    }

/* clang-format off */
static const struct listing_column columns_by_month[] = {
    {"report", false}, {"month", true}, {"owner", false}, {"certificates", false}, COUNT_COLUMNS,
    {"automate_by", false},
};
static const struct listing_column columns_by_owner[] = {
    {"report", false}, {"month", false}, {"owner", true}, {"certificates", true}, COUNT_COLUMNS,
    {"automate_by", true},
};
/* clang-format on */

struct forecast_options {
    struct report_scope scope;
    const char *by;
};

static const struct command_option forecast_option_table[] = {
    REPORT_SCOPE_OPTIONS,
    {.name = "by",
     .kind = OPTION_TEXT,
     .argument = "owner",
     .help = "the sums of twelve months for each owner, and by when it has to automate",
     .offset = offsetof(struct forecast_options, by)},
    {.name = NULL},
};

static enum cs_err add(void *context, const struct asset_row *row, const char *const *findings,
                       size_t finding_count)
{
    (void)findings;
    (void)finding_count;
    return forecast_add(context, row);
}

static enum cs_err put_rows(const struct forecast *forecast, struct listing *listing, struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < forecast->entries.count && err == CS_OK; i++) {
        const struct tally_entry *entry = &forecast->entries.entries[i];
        listing_text(listing, COLUMN_REPORT, "forecast");
        listing_text(listing, forecast->by_owner ? COLUMN_OWNER : COLUMN_MONTH, entry->name);
        for (size_t c = 0; c < (size_t)3 * FORECAST_POLICIES; c++)
            listing_int(listing, COLUMN_COUNTS + c, (int64_t)entry->counts[c]);
        if (forecast->by_owner) {
            int64_t by_s = forecast_automate_by(entry);
            listing_int(listing, COLUMN_CERTIFICATES,
                        (int64_t)tally_count(&forecast->certificates, entry->name, 0));
            if (by_s != 0)
                listing_time(listing, COLUMN_AUTOMATE_BY, by_s);
        }
        err = listing_end_row(listing, diag);
    }
    return err;
}

static struct html_chart make_chart(const struct forecast *forecast, struct html_bar bars[HTML_MAX_BARS])
{
    static const struct html_series series[] = {
        {"as today", HTML_MUTED}, {"200 days", HTML_PLAIN}, {"100 days", HTML_WARN}, {"47 days", HTML_BAD}};
    struct html_chart chart = {.title = forecast->by_owner ? "Renewals of twelve months under 47 days"
                                                           : "Renewals by month",
                               .kind = forecast->by_owner ? HTML_BARS : HTML_GROUPS,
                               .series = forecast->by_owner ? &series[FORECAST_47] : series,
                               .series_count = forecast->by_owner ? 1 : FORECAST_POLICIES,
                               .bars = bars};
    for (size_t i = 0; i < forecast->entries.count && i < HTML_MAX_BARS; i++) {
        const struct tally_entry *entry = &forecast->entries.entries[i];
        bars[i] = (struct html_bar){.label = entry->name};
        for (size_t s = 0; s < chart.series_count; s++)
            bars[i].counts[s] = entry->counts[FORECAST_ALL + (forecast->by_owner ? FORECAST_47 : s)];
        chart.bar_count++;
    }
    return chart;
}

static enum cs_err put_page(struct app *app, const struct forecast *forecast, const struct list_options *list)
{
    struct html_bar bars[HTML_MAX_BARS];
    struct html_chart chart = make_chart(forecast, bars);
    struct listing *listing;
    const struct html_page page = {
        .title = "Renewals to come",
        .lead = "Under the lifetimes of today, and under limits of 200, 100 (from 2027-03-15) and 47 days "
                "(from 2029-03-15).",
        .made_at_s = forecast->now_s,
        .charts = &chart,
        .chart_count = 1};
    enum cs_err err = app_open_report(app, list, forecast->by_owner ? columns_by_owner : columns_by_month,
                                      COLUMN_COUNT, &page, &listing);
    if (err != CS_OK)
        return err;
    err = put_rows(forecast, listing, &app->diag);
    return listing_close(listing, err, &app->diag);
}

static enum cs_err report(struct app *app, const struct forecast_options *options,
                          const struct list_options *list)
{
    struct report_pass pass;
    struct forecast forecast;
    if (options->by != NULL && strcmp(options->by, "owner") != 0)
        return diag_fail(&app->diag, CS_E_INVALID, "--by %.40s: allowed is owner", options->by);
    enum cs_err err = report_pass_begin(&pass, app, &options->scope);
    pass.filter.estate_findings = pass.where != NULL;
    enum cs_err begun = forecast_init(&forecast, options->by != NULL, pass.now_s);
    err = err == CS_OK ? begun : err;
    if (err == CS_OK)
        err = report_pass_run(&pass, add, &forecast);
    if (err == CS_OK)
        err = put_page(app, &forecast, list);
    forecast_dispose(&forecast);
    report_pass_end(&pass);
    return err;
}

static int forecast_command(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct forecast_options options = {0};
    struct list_options list = {0};
    if (!app_begin(app, command, argc, argv, forecast_option_table, &options, true, &list, 0, 0, &status))
        return status;
    return app_status(app, report(app, &options, &list));
}

const struct command report_forecast_commands[] = {
    {"report", "forecast", "[--by owner] [options]",
     "the renewals of the next twelve months, as today and under shorter lifetimes; how many by hand",
     forecast_command},
    {.name = NULL},
};
