// SPDX-License-Identifier: Apache-2.0
#include "app/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void progress_start(struct progress *progress, uint64_t now_ms, uint64_t start_position)
{
    *progress = (struct progress){
        .started_at_ms = now_ms,
        .last_at_ms = now_ms,
        .start_position = start_position,
    };
}

void append_count(struct buf *out, uint64_t count)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, count);
    size_t len = strlen(digits);
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf_append_char(out, ',');
        buf_append_char(out, digits[i]);
    }
}

void append_duration(struct buf *out, uint64_t seconds)
{
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t unit = 0;
    while (unit < 3 && seconds < units[unit].seconds)
        unit++;
    buf_printf(out, "%" PRIu64 " %s", seconds / units[unit].seconds, units[unit].name);
    uint64_t rest = seconds % units[unit].seconds;
    if (unit < 3 && rest >= units[unit + 1].seconds)
        buf_printf(out, " %" PRIu64 " %s", rest / units[unit + 1].seconds, units[unit + 1].name);
}

static void measure_rate(struct progress *progress, const struct scan_progress *now, uint64_t now_ms)
{
    uint64_t elapsed_ms = now_ms - progress->last_at_ms;
    if (elapsed_ms == 0)
        return;
    double current = (double)(now->connections - progress->last_connections) * 1000.0 / (double)elapsed_ms;
    bool first = progress->last_at_ms == progress->started_at_ms;
    progress->rate_per_s = first ? current : 0.7 * progress->rate_per_s + 0.3 * current;
    progress->last_at_ms = now_ms;
    progress->last_connections = now->connections;
}

static void append_outcomes(struct buf *out, const struct scan_progress *now)
{
    uint64_t timeouts = now->outcomes[OUTCOME_TIMEOUT_CONNECT] + now->outcomes[OUTCOME_TIMEOUT_HANDSHAKE];
    uint64_t named = now->outcomes[OUTCOME_CERTIFICATE] + now->outcomes[OUTCOME_REFUSED] + timeouts;
    uint64_t all = 0;
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        all += now->outcomes[i];
    buf_append_str(out, ", ");
    append_count(out, now->outcomes[OUTCOME_REFUSED]);
    buf_append_str(out, " refused, ");
    append_count(out, timeouts);
    buf_append_str(out, " timeouts, ");
    append_count(out, all - named);
    buf_append_str(out, " other");
}

/* From how far the order has been walked since the start: whatever limits the pace is counted in. */
static void append_time_left(const struct progress *progress, struct buf *out,
                             const struct scan_progress *now, uint64_t now_ms)
{
    uint64_t walked = now->position > progress->start_position ? now->position - progress->start_position : 0;
    uint64_t elapsed_ms = now_ms - progress->started_at_ms;
    if (walked == 0 || elapsed_ms < 1000 || now->position >= now->position_count)
        return;
    double left_s =
        (double)(now->position_count - now->position) * (double)elapsed_ms / (double)walked / 1000.0;
    buf_append_str(out, ", ");
    append_duration(out, (uint64_t)left_s + 1);
    buf_append_str(out, " left");
}

void progress_append(struct progress *progress, struct buf *out, const struct scan_progress *now,
                     uint64_t distinct, uint64_t now_ms)
{
    measure_rate(progress, now, now_ms);
    double share =
        now->position_count > 0 ? 100.0 * (double)now->position / (double)now->position_count : 100.0;
    buf_printf(out, "%.0f%% ", share);
    append_count(out, now->position);
    buf_append_str(out, " of ");
    append_count(out, now->position_count);
    buf_printf(out, ", %.0f/s, ", progress->rate_per_s);
    append_count(out, now->in_flight);
    buf_append_str(out, " in flight, ");
    append_count(out, now->certificates);
    buf_append_str(out, " certificates (");
    append_count(out, distinct);
    buf_append_str(out, " distinct)");
    append_outcomes(out, now);
    append_time_left(progress, out, now, now_ms);
}
