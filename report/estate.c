// SPDX-License-Identifier: Apache-2.0
#include "report/estate.h"

#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"
#include "model/owner.h"

#define DAY_S      86400
#define WEEK_S     (7 * (int64_t)DAY_S)
#define SHOWN_BARS 15 /* of a chart of names; the rest are one bar */

int64_t monday_of(int64_t time_s)
{
    int64_t days = time_s / DAY_S - (time_s % DAY_S < 0);
    int64_t weekday = ((days + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    return (days - weekday) * DAY_S;
}

const char *expiry_name(enum expiry expiry)
{
    static const char *const names[] = {[EXPIRY_FINE] = "fine",
                                        [EXPIRY_WARNING] = "warning",
                                        [EXPIRY_CRITICAL] = "critical",
                                        [EXPIRY_PAST] = "expired"};
    return names[expiry];
}

void asset_owner_append(struct buf *out, const struct asset_row *row)
{
    if (row->owner_organization == NULL)
        buf_append_str(out, ESTATE_NOBODY);
    else
        owner_append(out, row->owner_organization, row->owner_department);
}

void estate_init(struct estate *estate, const struct expiry_limits *limits, int64_t now_s)
{
    *estate = (struct estate){.limits = limits, .now_s = now_s, .first_monday_s = monday_of(now_s)};
}

void estate_dispose(struct estate *estate)
{
    struct tally *tallies[] = {&estate->states,     &estate->statuses, &estate->key_types, &estate->findings,
                               &estate->severities, &estate->expiries, &estate->owners};
    for (size_t i = 0; i < sizeof tallies / sizeof tallies[0]; i++)
        tally_dispose(tallies[i]);
}

static const struct finding_info *info_of(const char *finding)
{
    for (size_t i = 0; i < all_finding_count(); i++) {
        if (strcmp(all_finding_at(i)->name, finding) == 0)
            return all_finding_at(i);
    }
    return NULL;
}

/* One bit for each severity. */
static enum cs_err add_findings(struct estate *estate, const char *const *findings, size_t count,
                                unsigned *severities)
{
    enum cs_err err = CS_OK;
    *severities = 0;
    for (size_t i = 0; i < count && err == CS_OK; i++) {
        const struct finding_info *info = info_of(findings[i]);
        err = tally_add(&estate->findings, findings[i], 0);
        *severities |= info != NULL ? 1U << info->severity : 0;
    }
    for (unsigned s = FINDING_INFO; s <= FINDING_CRITICAL && err == CS_OK; s++) {
        if ((*severities & (1U << s)) != 0)
            err = tally_add(&estate->severities, finding_severity_name((enum finding_severity)s), 0);
    }
    return err;
}

/* What somebody has accepted is counted beside the rest. */
static enum cs_err add_silenced(struct estate *estate, const struct asset_row *row, uint64_t *count)
{
    const char *accepted[ASSET_FINDING_MAX];
    int64_t until_s;
    enum cs_err err = CS_OK;
    *count = asset_findings_accepted(row, estate->now_s, estate->limits, accepted, &until_s);
    for (size_t i = 0; i < *count && err == CS_OK; i++)
        err = tally_add(&estate->findings, accepted[i], 1);
    return err;
}

static void count_week(struct estate *estate, const struct cert_record *cert, enum expiry expiry)
{
    static const enum week_count counts[] = {
        [EXPIRY_FINE] = WEEK_FINE, [EXPIRY_WARNING] = WEEK_WARNING, [EXPIRY_CRITICAL] = WEEK_CRITICAL};
    int64_t week = (monday_of(cert->not_after_s) - estate->first_monday_s) / WEEK_S;
    if (expiry != EXPIRY_PAST && week >= 0 && week < ESTATE_WEEKS)
        estate->weeks[week][counts[expiry]]++;
}

static enum owner_count status_count(const char *status)
{
    static const struct {
        const char *status;
        enum owner_count count;
    } counts[] = {{"managed", OWNER_MANAGED}, {"external", OWNER_EXTERNAL}, {"unmanaged", OWNER_UNMANAGED}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (strcmp(counts[i].status, status) == 0)
            return counts[i].count;
    }
    return OWNER_UNKNOWN;
}

static enum cs_err add_owner(struct estate *estate, const struct asset_row *row, enum expiry expiry,
                             unsigned severities)
{
    uint64_t silenced = 0;
    struct buf name = {0};
    struct tally_entry *entry = NULL;
    asset_owner_append(&name, row);
    enum cs_err err = name.err;
    if (err == CS_OK)
        err = add_silenced(estate, row, &silenced);
    if (err == CS_OK)
        err = tally_at(&estate->owners, buf_str(&name), &entry);
    buf_dispose(&name);
    if (err != CS_OK)
        return err;
    entry->counts[OWNER_ASSETS]++;
    entry->counts[OWNER_SILENCED] += silenced;
    entry->counts[status_count(row->status)]++;
    entry->counts[OWNER_EXPIRED] += expiry == EXPIRY_PAST;
    entry->counts[OWNER_EXPIRING] += expiry == EXPIRY_WARNING || expiry == EXPIRY_CRITICAL;
    for (unsigned s = 0; s < 3; s++)
        entry->counts[OWNER_INFO + s] += (severities >> s) & 1U;
    return CS_OK;
}

enum cs_err estate_add(struct estate *estate, const struct asset_row *row, const char *const *findings,
                       size_t finding_count)
{
    const struct cert_record *cert = &row->cert;
    enum expiry expiry = EXPIRY_FINE;
    unsigned severities;
    enum cs_err err = tally_add(&estate->states, row->state, 0);
    if (err != CS_OK || strcmp(row->state, "live") != 0)
        return err;
    if (!cert->malformed) {
        expiry = expiry_of(estate->limits, cert->not_before_s, cert->not_after_s, estate->now_s);
        count_week(estate, cert, expiry);
        err = tally_add(&estate->expiries, expiry_name(expiry), 0);
    }
    if (err == CS_OK)
        err = tally_add(&estate->statuses, row->status, 0);
    if (err == CS_OK)
        err = tally_add(&estate->key_types, cert->key_type != NULL ? cert->key_type : "unknown", 0);
    if (err == CS_OK)
        err = add_findings(estate, findings, finding_count, &severities);
    return err == CS_OK ? add_owner(estate, row, expiry, severities) : err;
}

/* ---- charts ---- */

void estate_weeks_chart(struct estate_chart *out, const struct estate *estate)
{
    static const struct html_series series[] = {
        {"critical", HTML_BAD}, {"warning", HTML_WARN}, {"later", HTML_PLAIN}};
    out->chart =
        (struct html_chart){.title = "Assets whose certificate ends, by week",
                            .note = "By the Monday of the week (UTC). What has ended already is not here.",
                            .kind = HTML_COLUMNS,
                            .series = series,
                            .series_count = 3,
                            .bars = out->bars,
                            .bar_count = ESTATE_WEEKS};
    for (size_t i = 0; i < ESTATE_WEEKS; i++) {
        char date[TIMEFMT_SIZE];
        timefmt_date(date, estate->first_monday_s + (int64_t)i * WEEK_S);
        memcpy(out->labels[i], date + 5, 6); /* MM-DD and its end */
        out->bars[i] = (struct html_bar){.label = out->labels[i]};
        for (size_t c = 0; c < 3; c++)
            out->bars[i].counts[c] = estate->weeks[i][c];
    }
}

static int most_first(const void *a, const void *b, void *column)
{
    const struct tally_entry *left = *(const struct tally_entry *const *)a;
    const struct tally_entry *right = *(const struct tally_entry *const *)b;
    size_t at = *(const size_t *)column;
    return (left->counts[at] < right->counts[at]) - (left->counts[at] > right->counts[at]);
}

/* The names with the highest first count, and all others as one bar. */
static void fill_bars(struct estate_chart *out, const struct tally *tally, const size_t *counts,
                      size_t count_count, size_t order)
{
    const struct tally_entry **sorted = calloc(tally->count + 1, sizeof *sorted);
    out->chart.bars = out->bars;
    if (sorted == NULL)
        return; /* a chart less */
    for (size_t i = 0; i < tally->count; i++)
        sorted[i] = &tally->entries[i];
    qsort_r(sorted, tally->count, sizeof *sorted, most_first, &order);
    for (size_t i = 0; i < tally->count; i++) {
        struct html_bar *bar = &out->bars[i < SHOWN_BARS ? i : SHOWN_BARS];
        if (i <= SHOWN_BARS)
            *bar = (struct html_bar){.label = i < SHOWN_BARS ? sorted[i]->name : "all others"};
        for (size_t c = 0; c < count_count; c++)
            bar->counts[c] += sorted[i]->counts[counts[c]];
    }
    out->chart.bar_count = tally->count < SHOWN_BARS + 1 ? tally->count : SHOWN_BARS + 1;
    free(sorted);
}

void estate_owners_chart(struct estate_chart *out, const struct estate *estate)
{
    static const struct html_series series[] = {
        {"managed", HTML_GOOD}, {"external", HTML_PLAIN}, {"unmanaged", HTML_BAD}, {"unknown", HTML_MUTED}};
    static const size_t counts[] = {OWNER_MANAGED, OWNER_EXTERNAL, OWNER_UNMANAGED, OWNER_UNKNOWN};
    out->chart = (struct html_chart){
        .title = "Assets by owner and status", .kind = HTML_BARS, .series = series, .series_count = 4};
    fill_bars(out, &estate->owners, counts, 4, OWNER_ASSETS);
}

static void plain_chart(struct estate_chart *out, const char *title, const struct tally *tally)
{
    static const struct html_series series[] = {{"assets", HTML_PLAIN}};
    static const size_t counts[] = {0};
    out->chart = (struct html_chart){.title = title, .kind = HTML_BARS, .series = series, .series_count = 1};
    fill_bars(out, tally, counts, 1, 0);
}

void estate_findings_chart(struct estate_chart *out, const struct estate *estate)
{
    plain_chart(out, "Assets by finding", &estate->findings);
}

void estate_key_types_chart(struct estate_chart *out, const struct estate *estate)
{
    plain_chart(out, "Assets by key type", &estate->key_types);
}

void estate_statuses_chart(struct estate_chart *out, const struct estate *estate)
{
    plain_chart(out, "Assets by status", &estate->statuses);
}
