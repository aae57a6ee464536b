// SPDX-License-Identifier: Apache-2.0
/* certscour report summary, owners and findings: all assets added up, and a part of the sums as rows. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/report_pass.h"
#include "report/estate.h"

#define CHARTS_MOST 5

static const struct command_option scope_option_table[] = {
    REPORT_SCOPE_OPTIONS,
    {.name = NULL},
};

struct kind { /* one of the three reports */
    const char *title;
    const char *lead;
    bool all_states;
    const struct listing_column *columns;
    size_t column_count;
    enum cs_err (*put)(struct listing *listing, const struct estate *estate, struct diag *diag);
    void (*charts[CHARTS_MOST])(struct estate_chart *out, const struct estate *estate); /* NULL ends */
};

static enum cs_err add(void *context, const struct asset_row *row, const char *const *findings,
                       size_t finding_count)
{
    return estate_add(context, row, findings, finding_count);
}

static enum cs_err put_page(struct app *app, const struct kind *kind, const struct estate *estate,
                            const struct list_options *list)
{
    struct html_chart charts[CHARTS_MOST];
    struct html_page page = {
        .title = kind->title, .lead = kind->lead, .made_at_s = estate->now_s, .charts = charts};
    struct listing *listing = NULL;
    struct estate_chart *made = calloc(CHARTS_MOST, sizeof *made);
    if (made == NULL)
        return diag_fail(&app->diag, CS_E_NOMEM, "out of memory");
    for (; page.chart_count < CHARTS_MOST && kind->charts[page.chart_count] != NULL; page.chart_count++) {
        kind->charts[page.chart_count](&made[page.chart_count], estate);
        charts[page.chart_count] = made[page.chart_count].chart;
    }
    enum cs_err err = app_open_report(app, list, kind->columns, kind->column_count, &page, &listing);
    if (err == CS_OK) {
        err = kind->put(listing, estate, &app->diag);
        err = listing_close(listing, err, &app->diag);
    }
    free(made);
    return err;
}

static enum cs_err report(struct app *app, const struct kind *kind, const struct report_scope *scope,
                          const struct list_options *list)
{
    struct report_pass pass;
    struct estate estate = {0};
    enum cs_err err = report_pass_begin(&pass, app, scope);
    estate_init(&estate, &pass.limits, pass.now_s);
    if (kind->all_states)
        pass.filter.state = NULL;
    if (err == CS_OK)
        err = report_pass_run(&pass, add, &estate);
    if (err == CS_OK)
        err = put_page(app, kind, &estate, list);
    estate_dispose(&estate);
    report_pass_end(&pass);
    return err;
}

static int run(struct app *app, const struct kind *kind, const struct command *command, int argc, char **argv)
{
    int status;
    struct report_scope scope = {0};
    struct list_options list = {0};
    if (!app_begin(app, command, argc, argv, scope_option_table, &scope, true, &list, 0, 0, &status))
        return status;
    return app_status(app, report(app, kind, &scope, &list));
}

/* ---- summary ---- */

enum { SUMMARY_REPORT, SUMMARY_GROUP, SUMMARY_NAME, SUMMARY_ASSETS, SUMMARY_SILENCED, SUMMARY_COLUMNS };

static const struct listing_column summary_columns[] = {
    [SUMMARY_REPORT] = {"report", false},    [SUMMARY_GROUP] = {"group", true},
    [SUMMARY_NAME] = {"name", true},         [SUMMARY_ASSETS] = {"assets", true},
    [SUMMARY_SILENCED] = {"silenced", true},
};

static enum cs_err put_group(struct listing *listing, const char *group, const struct tally *tally,
                             struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < tally->count && err == CS_OK; i++) {
        listing_text(listing, SUMMARY_REPORT, "summary");
        listing_text(listing, SUMMARY_GROUP, group);
        listing_text(listing, SUMMARY_NAME, tally->entries[i].name);
        listing_int(listing, SUMMARY_ASSETS, (int64_t)tally->entries[i].counts[0]);
        if (strcmp(group, "finding") == 0)
            listing_int(listing, SUMMARY_SILENCED, (int64_t)tally->entries[i].counts[1]);
        err = listing_end_row(listing, diag);
    }
    return err;
}

static enum cs_err put_summary(struct listing *listing, const struct estate *estate, struct diag *diag)
{
    const struct {
        const char *group;
        const struct tally *tally;
    } groups[] = {
        {"state", &estate->states},        {"status", &estate->statuses},  {"expiry", &estate->expiries},
        {"severity", &estate->severities}, {"finding", &estate->findings}, {"key_type", &estate->key_types},
        {"owner", &estate->owners},
    };
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0] && err == CS_OK; i++)
        err = put_group(listing, groups[i].group, groups[i].tally, diag);
    return err;
}

static int summary(struct app *app, const struct command *command, int argc, char **argv)
{
    static const struct kind kind = {
        .title = "Certificates on the network",
        .lead = "Live assets: each endpoint and key family that shows a certificate.",
        .all_states = true,
        .columns = summary_columns,
        .column_count = SUMMARY_COLUMNS,
        .put = put_summary,
        .charts = {estate_weeks_chart, estate_owners_chart, estate_findings_chart, estate_key_types_chart,
                   estate_statuses_chart},
    };
    return run(app, &kind, command, argc, argv);
}

/* ---- owners ---- */

enum { OWNERS_REPORT, OWNERS_OWNER, OWNERS_FIRST_COUNT, OWNERS_COLUMNS = OWNERS_FIRST_COUNT + OWNER_COUNTS };

static const struct listing_column owner_columns[] = {
    [OWNERS_REPORT] = {"report", false},
    [OWNERS_OWNER] = {"owner", true},
    [OWNERS_FIRST_COUNT + OWNER_ASSETS] = {"assets", true},
    [OWNERS_FIRST_COUNT + OWNER_MANAGED] = {"managed", true},
    [OWNERS_FIRST_COUNT + OWNER_EXTERNAL] = {"external", false},
    [OWNERS_FIRST_COUNT + OWNER_UNMANAGED] = {"unmanaged", true},
    [OWNERS_FIRST_COUNT + OWNER_UNKNOWN] = {"unknown", false},
    [OWNERS_FIRST_COUNT + OWNER_EXPIRED] = {"expired", true},
    [OWNERS_FIRST_COUNT + OWNER_EXPIRING] = {"expiring", true},
    [OWNERS_FIRST_COUNT + OWNER_INFO] = {"info", false},
    [OWNERS_FIRST_COUNT + OWNER_WARNING] = {"warning", true},
    [OWNERS_FIRST_COUNT + OWNER_CRITICAL] = {"critical", true},
    [OWNERS_FIRST_COUNT + OWNER_SILENCED] = {"silenced", true},
};

static enum cs_err put_owners(struct listing *listing, const struct estate *estate, struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < estate->owners.count && err == CS_OK; i++) {
        const struct tally_entry *entry = &estate->owners.entries[i];
        listing_text(listing, OWNERS_REPORT, "owners");
        listing_text(listing, OWNERS_OWNER, entry->name);
        for (size_t c = 0; c < OWNER_COUNTS; c++)
            listing_int(listing, OWNERS_FIRST_COUNT + c, (int64_t)entry->counts[c]);
        err = listing_end_row(listing, diag);
    }
    return err;
}

static int owners(struct app *app, const struct command *command, int argc, char **argv)
{
    static const struct kind kind = {
        .title = "Certificates by owner",
        .lead = "Live assets; the last columns count those with a finding of that severity.",
        .columns = owner_columns,
        .column_count = OWNERS_COLUMNS,
        .put = put_owners,
        .charts = {estate_owners_chart},
    };
    return run(app, &kind, command, argc, argv);
}

/* ---- findings ---- */

enum {
    FINDINGS_REPORT,
    FINDINGS_FINDING,
    FINDINGS_SEVERITY,
    FINDINGS_ASSETS,
    FINDINGS_SILENCED,
    FINDINGS_REASON,
    FINDINGS_ADVICE,
    FINDINGS_COLUMNS
};

static const struct listing_column finding_columns[] = {
    [FINDINGS_REPORT] = {"report", false},    [FINDINGS_FINDING] = {"finding", true},
    [FINDINGS_SEVERITY] = {"severity", true}, [FINDINGS_ASSETS] = {"assets", true},
    [FINDINGS_SILENCED] = {"silenced", true}, [FINDINGS_REASON] = {"reason", true},
    [FINDINGS_ADVICE] = {"advice", true},
};

/* The worst first, as in their table within a severity; those that nothing has are left out. */
static enum cs_err put_findings(struct listing *listing, const struct estate *estate, struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (int severity = FINDING_CRITICAL; severity >= FINDING_INFO; severity--) {
        for (size_t i = 0; i < all_finding_count() && err == CS_OK; i++) {
            const struct finding_info *info = all_finding_at(i);
            uint64_t count = tally_count(&estate->findings, info->name, 0);
            uint64_t silenced = tally_count(&estate->findings, info->name, 1);
            if ((int)info->severity != severity || count + silenced == 0)
                continue;
            listing_text(listing, FINDINGS_REPORT, "findings");
            listing_text(listing, FINDINGS_FINDING, info->name);
            listing_text(listing, FINDINGS_SEVERITY, finding_severity_name(info->severity));
            listing_int(listing, FINDINGS_ASSETS, (int64_t)count);
            listing_int(listing, FINDINGS_SILENCED, (int64_t)silenced);
            listing_text(listing, FINDINGS_REASON, info->reason);
            listing_text(listing, FINDINGS_ADVICE, info->advice);
            err = listing_end_row(listing, diag);
        }
    }
    return err;
}

static int findings(struct app *app, const struct command *command, int argc, char **argv)
{
    static const struct kind kind = {
        .title = "What is wrong with certificates",
        .lead = "Live assets that have each finding.",
        .columns = finding_columns,
        .column_count = FINDINGS_COLUMNS,
        .put = put_findings,
        .charts = {estate_findings_chart},
    };
    return run(app, &kind, command, argc, argv);
}

const struct command report_estate_commands[] = {
    {"report", "summary", "[options]",
     "how many assets there are, by state, status, expiry, finding and owner", summary},
    {"report", "owners", "[options]", "what each owner has, and how much of it needs somebody", owners},
    {"report", "findings", "[options]", "how many assets have each finding, the worst first", findings},
    {.name = NULL},
};
