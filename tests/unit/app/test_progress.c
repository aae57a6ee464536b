// SPDX-License-Identifier: Apache-2.0
#include "app/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(struct buf *out, const char *expected)
{
    assert_string_equal(buf_str(out), expected);
    buf_reset(out);
}

static void counts_are_grouped_by_thousands(void **state)
{
    (void)state;
    struct buf out = {0};
    append_count(&out, 0);
    assert_text(&out, "0");
    append_count(&out, 999);
    assert_text(&out, "999");
    append_count(&out, 1000);
    assert_text(&out, "1,000");
    append_count(&out, 402653184);
    assert_text(&out, "402,653,184");
    buf_dispose(&out);
}

static void durations_show_their_two_largest_units(void **state)
{
    (void)state;
    struct buf out = {0};
    append_duration(&out, 0);
    assert_text(&out, "0 s");
    append_duration(&out, 95);
    assert_text(&out, "1 min 35 s");
    append_duration(&out, 7200);
    assert_text(&out, "2 h");
    append_duration(&out, 7325);
    assert_text(&out, "2 h 2 min");
    append_duration(&out, 300000);
    assert_text(&out, "3 d 11 h");
    buf_dispose(&out);
}

static void a_line_tells_rate_and_time_left(void **state)
{
    (void)state;
    struct buf out = {0};
    struct progress progress;
    struct scan_progress now = {
        .position = 2500,
        .position_count = 10000,
        .certificates = 12,
        .connections = 2500,
        .in_flight = 1500,
    };
    now.outcomes[OUTCOME_CERTIFICATE] = 12;
    now.outcomes[OUTCOME_REFUSED] = 1000;
    now.outcomes[OUTCOME_TIMEOUT_CONNECT] = 30;
    now.outcomes[OUTCOME_NOT_TLS] = 5;
    progress_start(&progress, 1000, 0);
    progress_append(&progress, &out, &now, 7, 6000);
    assert_text(&out,
                "25% 2,500 of 10,000, 500/s, 1,500 in flight, 12 certificates (7 distinct), 1,000 refused, "
                "30 timeouts, 5 other, 16 s left");
    buf_dispose(&out);
}

static void a_resumed_scan_reckons_from_where_it_began(void **state)
{
    (void)state;
    struct buf out = {0};
    struct progress progress;
    struct scan_progress now = {.position = 6000, .position_count = 10000};
    progress_start(&progress, 0, 5000);
    progress_append(&progress, &out, &now, 0, 10000); /* 1000 in 10 s, 4000 to go */
    assert_non_null(strstr(buf_str(&out), ", 41 s left"));
    buf_dispose(&out);
}

static void nothing_is_promised_before_anything_was_done(void **state)
{
    (void)state;
    struct buf out = {0};
    struct progress progress;
    struct scan_progress now = {.position = 0, .position_count = 10000};
    progress_start(&progress, 0, 0);
    progress_append(&progress, &out, &now, 0, 10000);
    assert_null(strstr(buf_str(&out), "left"));
    buf_dispose(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_grouped_by_thousands),
        cmocka_unit_test(durations_show_their_two_largest_units),
        cmocka_unit_test(a_line_tells_rate_and_time_left),
        cmocka_unit_test(a_resumed_scan_reckons_from_where_it_began),
        cmocka_unit_test(nothing_is_promised_before_anything_was_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
