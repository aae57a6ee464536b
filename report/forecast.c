// SPDX-License-Identifier: Apache-2.0
#include "report/forecast.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "report/estate.h"

#define DAY_S 86400

static const struct {
    int64_t days; /* 0 = as it is */
    int64_t from_s;
} policies[FORECAST_POLICIES] = {
    [FORECAST_TODAY] = {0, 0},
    [FORECAST_200] = {200, 1773532800}, /* 2026-03-15 */
    [FORECAST_100] = {100, 1805068800}, /* 2027-03-15 */
    [FORECAST_47] = {47, 1868227200},   /* 2029-03-15 */
};

/* What needs nobody's hands, in SCM's words of both of its manuals. */
static const char *const automatic[] = {"ACME",     "REST",     "REST API", "SCEP", "EST",
                                        "MS Agent", "MS_AGENT", "SOAP API", "SOAP", "Intune"};
/* These say how SCM got to know it, not who asks for it. */
static const char *const untold[] = {"Discovery", "Imported"};

static bool is_among(const char *word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equals(word, list[i]))
            return true;
    }
    return false;
}

/* Which group of counts a renewal adds to beside FORECAST_ALL; -1 = none: it is automatic. */
static int way_of(const char *requested_via)
{
    if (requested_via == NULL || is_among(requested_via, untold, sizeof untold / sizeof untold[0]))
        return FORECAST_NOT_KNOWN;
    return is_among(requested_via, automatic, sizeof automatic / sizeof automatic[0]) ? -1 : FORECAST_BY_HAND;
}

static void month_name(char out[TIMEFMT_SIZE], int64_t start_s)
{
    timefmt_date(out, start_s);
    out[7] = '\0';
}

enum cs_err forecast_init(struct forecast *forecast, bool by_owner, int64_t now_s)
{
    char date[TIMEFMT_SIZE];
    *forecast = (struct forecast){.by_owner = by_owner, .now_s = now_s};
    timefmt_date(date, now_s);
    int64_t year = strtol(date, NULL, 10);
    int64_t month = strtol(date + 5, NULL, 10) - 1;
    for (int64_t i = 0; i <= FORECAST_MONTHS; i++)
        forecast->starts_s[i] =
            timefmt_days(year + (month + i) / 12, (unsigned)((month + i) % 12) + 1, 1) * DAY_S;
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < FORECAST_MONTHS && !by_owner && err == CS_OK; i++) { /* also those without any */
        struct tally_entry *ignored;
        month_name(date, forecast->starts_s[i]);
        err = tally_at(&forecast->entries, date, &ignored);
    }
    return err;
}

void forecast_dispose(struct forecast *forecast)
{
    tally_dispose(&forecast->entries);
    tally_dispose(&forecast->certificates);
    set64_dispose(&forecast->seen);
}

static bool is_limited(const struct asset_row *row)
{
    const uint32_t not_own = CHAIN_PUBLIC | CHAIN_UNTRUSTED | CHAIN_INCOMPLETE;
    if (row->cert.self_signed)
        return false;
    return !row->verdict.known || (row->verdict.flaws & not_own) != 0;
}

/* All renewals under one policy, into the entries of their months or of the owner. */
static enum cs_err add_policy(struct forecast *forecast, const struct asset_row *row, const char *owner,
                              enum forecast_policy policy)
{
    int64_t step_s = row->cert.not_after_s - row->cert.not_before_s + 1;
    int64_t limit_s = policies[policy].days * DAY_S;
    int64_t end_s = forecast->starts_s[FORECAST_MONTHS];
    int way = way_of(row->requested_via);
    size_t month = 0;
    if (limit_s != 0 && is_limited(row) && step_s > limit_s)
        step_s = limit_s;
    if (step_s < DAY_S)
        step_s = DAY_S;
    int64_t at_s = row->cert.not_after_s > forecast->now_s ? row->cert.not_after_s : forecast->now_s;
    for (; at_s < end_s; at_s += step_s) {
        char name[TIMEFMT_SIZE];
        struct tally_entry *entry;
        while (month + 1 < FORECAST_MONTHS && at_s >= forecast->starts_s[month + 1])
            month++;
        month_name(name, forecast->starts_s[month]);
        enum cs_err err = tally_at(&forecast->entries, forecast->by_owner ? owner : name, &entry);
        if (err != CS_OK)
            return err;
        entry->counts[FORECAST_ALL + policy]++;
        if (way >= 0)
            entry->counts[(size_t)way + policy]++;
    }
    return CS_OK;
}

/* Once for each owner where owners are told apart. */
static enum cs_err is_first(struct forecast *forecast, const struct asset_row *row, bool *out)
{
    uint64_t key;
    memcpy(&key, row->cert.sha256, sizeof key);
    if (forecast->by_owner)
        key ^= (uint64_t)row->owner_id * 0x9E3779B97F4A7C15U;
    return set64_add(&forecast->seen, key, out);
}

enum cs_err forecast_add(struct forecast *forecast, const struct asset_row *row)
{
    struct buf owner = {0};
    struct tally_entry *ignored;
    bool first = false;
    enum cs_err err = row->cert.malformed ? CS_OK : is_first(forecast, row, &first);
    if (err != CS_OK || !first)
        return err;
    if (forecast->by_owner)
        asset_owner_append(&owner, row);
    err = owner.err;
    if (err == CS_OK)
        err = tally_add(&forecast->certificates, buf_str(&owner), 0);
    if (err == CS_OK && forecast->by_owner) /* there, even if nothing of it ends */
        err = tally_at(&forecast->entries, buf_str(&owner), &ignored);
    for (int policy = 0; policy < FORECAST_POLICIES && err == CS_OK; policy++)
        err = add_policy(forecast, row, buf_str(&owner), (enum forecast_policy)policy);
    buf_dispose(&owner);
    return err;
}

int64_t forecast_automate_by(const struct tally_entry *entry)
{
    for (size_t policy = FORECAST_200; policy < FORECAST_POLICIES; policy++) {
        uint64_t hands =
            entry->counts[FORECAST_BY_HAND + policy] + entry->counts[FORECAST_NOT_KNOWN + policy];
        if (hands > (uint64_t)FORECAST_BY_HAND_MOST * FORECAST_MONTHS)
            return policies[policy].from_s;
    }
    return 0;
}
