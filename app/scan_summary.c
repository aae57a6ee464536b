// SPDX-License-Identifier: Apache-2.0
#include "app/scan_summary.h"

#include <inttypes.h>
#include <string.h>

#include "app/progress.h"
#include "base/text.h"
#include "model/owner.h"

#define LABEL_COLUMNS 18
#define MAX_RULES     20

static void begin_line(struct buf *out, const char *label)
{
    buf_printf(out, "%-*s", LABEL_COLUMNS, label);
}

static void append_share(struct buf *out, uint64_t count, const char *name, bool *first)
{
    if (count == 0)
        return;
    buf_append_str(out, *first ? "" : ", ");
    append_count(out, count);
    buf_printf(out, " %s", name);
    *first = false;
}

static void append_outcomes(struct buf *out, const struct pipeline_totals *totals)
{
    bool first = true;
    begin_line(out, "outcomes");
    for (int i = 0; i < OUTCOME_COUNT; i++)
        append_share(out, totals->outcomes[i], outcome_name((enum outcome)i), &first);
    buf_append_str(out, first ? "none\n" : "\n");
}

static void append_certificates(struct buf *out, const struct pipeline_totals *totals, bool stored)
{
    begin_line(out, "certificates");
    append_count(out, totals->chains);
    buf_append_str(out, " shown, ");
    append_count(out, totals->distinct);
    buf_append_str(out, " distinct");
    if (stored) {
        buf_append_str(out, "; assets: ");
        append_count(out, totals->assets_new);
        buf_append_str(out, " new, ");
        append_count(out, totals->assets_changed);
        buf_append_str(out, " changed");
    }
    buf_append_char(out, '\n');
}

static void append_rule(struct buf *out, const struct rule *rule, uint64_t hits)
{
    struct buf owner = {0};
    owner_append(&owner, rule->owner.organization, rule->owner.department);
    begin_line(out, "");
    append_count(out, hits);
    buf_append_str(out, " to ");
    text_append_printable(out, buf_str(&owner), owner.len);
    buf_append_str(out, " by rule \"");
    text_append_printable(out, rule->name, strlen(rule->name));
    buf_append_str(out, "\"\n");
    buf_dispose(&owner);
}

static void append_owners(struct buf *out, const struct pipeline_totals *totals, const struct ruleset *rules)
{
    begin_line(out, "owners");
    append_count(out, totals->chains - totals->unowned);
    buf_append_str(out, " assigned");
    if (totals->manual > 0) {
        buf_append_str(out, " (");
        append_count(out, totals->manual);
        buf_append_str(out, " by hand)");
    }
    buf_append_str(out, ", ");
    append_count(out, totals->unowned);
    buf_append_str(out, " with nobody\n");
    size_t shown = 0;
    size_t left_out = 0;
    for (size_t i = 0; i < rules->count; i++) {
        if (totals->rule_hits[i] == 0)
            continue;
        if (shown++ < MAX_RULES)
            append_rule(out, &rules->rules[i], totals->rule_hits[i]);
        else
            left_out++;
    }
    if (left_out > 0)
        buf_printf(out, "%*sand %zu more rules\n", LABEL_COLUMNS, "", left_out);
}

static void append_findings(struct buf *out, const struct pipeline_totals *totals)
{
    bool first = true;
    begin_line(out, "findings");
    for (size_t i = 0; i < finding_count(); i++)
        append_share(out, totals->findings[i], finding_at(i)->name, &first);
    buf_append_str(out, first ? "none\n" : "\n");
}

/* The listing of assets shows as much. */
static void append_pseudo(struct buf *out, const struct pseudo_counts *pseudo)
{
    bool first = true;
    if (pseudo->assets == 0)
        return;
    begin_line(out, "pseudo services");
    append_share(out, pseudo->hosts, "hosts", &first);
    append_share(out, pseudo->prefixes, "prefixes", &first);
    buf_append_str(out, " show the same certificate wherever they are asked: ");
    append_count(out, pseudo->assets);
    buf_append_str(out, " assets, one line for each of them in tables\n");
}

static void append_end(struct buf *out, const struct scan_result *result, int64_t scan_id)
{
    static const char *const ends[] = {
        [SCAN_END_DONE] = "done",
        [SCAN_END_INTERRUPTED] = "interrupted",
        [SCAN_END_STOPPED] = "stopped",
    };
    if (scan_id != 0)
        buf_printf(out, "scan %" PRId64 " ", scan_id);
    else
        buf_append_str(out, "scan ");
    buf_append_str(out, ends[result->end]);
    buf_append_str(out, " after ");
    append_duration(out, result->elapsed_ms / 1000);
    buf_append_str(out, ": ");
    append_count(out, result->totals.attempts);
    buf_append_str(out, " targets\n");
}

void scan_summary_append(struct buf *out, const struct scan_result *result, const struct ruleset *rules,
                         int64_t scan_id)
{
    append_end(out, result, scan_id);
    append_outcomes(out, &result->totals);
    append_certificates(out, &result->totals, scan_id != 0);
    append_owners(out, &result->totals, rules);
    append_findings(out, &result->totals);
    append_pseudo(out, &result->pseudo);
}
