// SPDX-License-Identifier: Apache-2.0
/* certscour report expiring: what has ended or soon will, by the one setting of [findings]. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/report_pass.h"
#include "base/text.h"
#include "report/estate.h"

enum {
    COLUMN_REPORT,
    COLUMN_EXPIRY,
    COLUMN_WEEK,
    COLUMN_ENDPOINT,
    COLUMN_COMMON_NAME,
    COLUMN_ISSUER_COMMON_NAME,
    COLUMN_NOT_AFTER,
    COLUMN_DAYS_LEFT,
    COLUMN_STATUS,
    COLUMN_OWNER,
    COLUMN_REQUESTER,
    COLUMN_SHA256,
    COLUMN_COUNT
};

static const struct listing_column columns[] = {
    [COLUMN_REPORT] = {"report", false},
    [COLUMN_EXPIRY] = {"expiry", true},
    [COLUMN_WEEK] = {"week", false},
    [COLUMN_ENDPOINT] = {"endpoint", true},
    [COLUMN_COMMON_NAME] = {"common_name", true},
    [COLUMN_ISSUER_COMMON_NAME] = {"issuer_common_name", true},
    [COLUMN_NOT_AFTER] = {"not_after", true},
    [COLUMN_DAYS_LEFT] = {"days_left", true},
    [COLUMN_STATUS] = {"status", true},
    [COLUMN_OWNER] = {"owner", true},
    [COLUMN_REQUESTER] = {"requester", false},
    [COLUMN_SHA256] = {"sha256", false},
};

static const struct command_option expiring_option_table[] = {
    REPORT_SCOPE_OPTIONS,
    {.name = NULL},
};

static enum cs_err add(void *context, const struct asset_row *row, const char *const *findings,
                       size_t finding_count)
{
    return estate_add(context, row, findings, finding_count);
}

struct putting {
    const struct report_pass *pass;
    struct listing *listing;
    struct diag *diag;
};

static enum cs_err put(void *context, const struct asset_row *row, const char *const *findings,
                       size_t finding_count)
{
    const struct putting *putting = context;
    struct listing *listing = putting->listing;
    const struct cert_record *cert = &row->cert;
    char text[ENDPOINT_TEXT_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    struct buf owner = {0};
    int64_t now_s = putting->pass->now_s;
    (void)findings;
    (void)finding_count;
    if (cert->malformed)
        return CS_OK;
    enum expiry expiry = expiry_of(&putting->pass->limits, cert->not_before_s, cert->not_after_s, now_s);
    if (expiry == EXPIRY_FINE)
        return CS_OK;
    hex_encode(hex, cert->sha256, SHA256_SIZE);
    asset_owner_append(&owner, row);
    listing_text(listing, COLUMN_REPORT, "expiring");
    listing_text(listing, COLUMN_EXPIRY, expiry_name(expiry));
    listing_time(listing, COLUMN_WEEK, monday_of(cert->not_after_s));
    listing_text(listing, COLUMN_ENDPOINT, endpoint_format(text, &row->endpoint));
    listing_text(listing, COLUMN_COMMON_NAME, cert->common_name);
    listing_text(listing, COLUMN_ISSUER_COMMON_NAME, cert->issuer_common_name);
    listing_time(listing, COLUMN_NOT_AFTER, cert->not_after_s);
    listing_int(listing, COLUMN_DAYS_LEFT, asset_days_left(cert->not_after_s, now_s));
    listing_text(listing, COLUMN_STATUS, row->status);
    listing_text(listing, COLUMN_OWNER, row->owner_organization != NULL ? buf_str(&owner) : NULL);
    listing_text(listing, COLUMN_REQUESTER, row->requester);
    listing_text(listing, COLUMN_SHA256, hex);
    buf_dispose(&owner);
    return listing_end_row(listing, putting->diag);
}

/* A page begins with the chart, so that the assets are read twice for one. */
static enum cs_err make_chart(struct report_pass *pass, const struct list_options *list,
                              struct estate_chart *chart)
{
    struct estate estate;
    if (list->format == NULL || strcmp(list->format, "html") != 0)
        return CS_OK;
    estate_init(&estate, &pass->limits, pass->now_s);
    enum cs_err err = report_pass_run(pass, add, &estate);
    estate_weeks_chart(chart, &estate);
    estate_dispose(&estate);
    return err;
}

static enum cs_err report(struct app *app, const struct report_scope *scope, const struct list_options *list)
{
    struct report_pass pass;
    struct putting putting = {.pass = &pass, .diag = &app->diag};
    struct estate_chart *chart = calloc(1, sizeof *chart);
    if (chart == NULL)
        return diag_fail(&app->diag, CS_E_NOMEM, "out of memory");
    enum cs_err err = report_pass_begin(&pass, app, scope);
    pass.filter.estate_findings = pass.where != NULL;
    const struct html_page page = {
        .title = "Certificates that end",
        .lead = "Live assets whose certificate has ended, or soon will by the limits that are set.",
        .made_at_s = pass.now_s,
        .charts = &chart->chart,
        .chart_count = 1};
    if (err == CS_OK)
        err = make_chart(&pass, list, chart);
    if (err == CS_OK)
        err = app_open_report(app, list, columns, COLUMN_COUNT, &page, &putting.listing);
    if (err == CS_OK) {
        err = report_pass_run(&pass, put, &putting);
        err = listing_close(putting.listing, err, &app->diag);
    }
    report_pass_end(&pass);
    free(chart);
    return err;
}

static int expiring(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct report_scope scope = {0};
    struct list_options list = {0};
    if (!app_begin(app, command, argc, argv, expiring_option_table, &scope, true, &list, 0, 0, &status))
        return status;
    return app_status(app, report(app, &scope, &list));
}

const struct command report_expiring_commands[] = {
    {"report", "expiring", "[options]", "what has ended or soon will, and the week in which it does",
     expiring},
    {.name = NULL},
};
