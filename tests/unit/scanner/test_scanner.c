// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scanner/scan_world.h"

#include "scanner/permutation.h"

static struct buf flight;              /* what a server with a certificate says */
static struct hostile_server *answers; /* on all of 127.0.0.0/8, with a certificate after 5 ms */
static uint16_t port;                  /* its port */

/* ---- every target once ---- */

static void every_target_has_one_outcome_with_any_number_of_loops(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 4; threads++) {
        struct scan scan;
        scan_open(&scan, port);
        target(&scan.targets, "127.0.1.0/28");
        target(&scan.targets, "127.0.2.0/27");
        target(&scan.targets, "127.0.3.7");
        target(&scan.targets, "127.0.4.0/28:1"); /* refused */
        scan.plan.limits.threads = threads;
        scan_build(&scan);
        scan_run(&scan);
        every_target_had_one_outcome(&scan);
        assert_int_equal(scan.counts[OUTCOME_CERTIFICATE], 16 + 32 + 1);
        assert_int_equal(scan.counts[OUTCOME_REFUSED], 16);
        assert_int_equal(scan.observations, scan.attempts);
        assert_int_equal(scan.low_water, target_count(&scan));
        scan_close(&scan);
    }
}

static void shards_are_disjoint_and_together_everything(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 3; threads += 2) {
        struct scan scan;
        scan_open(&scan, 1);
        target(&scan.targets, "127.0.0.0-127.0.40.3");
        scan_build(&scan);
        scan.plan.limits.threads = threads;
        scan.plan.shard_count = 3;
        uint64_t before = 0;
        for (scan.plan.shard_index = 0; scan.plan.shard_index < 3; scan.plan.shard_index++) {
            scan.low_water = 0;
            scan_run(&scan);
            assert_true(scan.complete);
            assert_true(scan.attempts > before); /* each has its part */
            before = scan.attempts;
        }
        every_target_had_one_outcome(&scan);
        scan_close(&scan);
    }
}

static void an_observation_says_what_was_probed(const struct observation *seen, void *context)
{
    struct scan *scan = context;
    struct permutation order;
    struct target expected;
    permutation_init(&order, target_count(scan), scan->plan.seed);
    assert_int_equal(permutation_at(&order, seen->position), seen->target);
    target_set_get(scan->plan.targets, seen->target, &expected);
    assert_true(seen->has_ip && ip_equals(seen->ip, expected.ip));
    assert_int_equal(seen->port, expected.port);
    assert_int_equal(seen->protocol, PROTOCOL_TLS);
    assert_ptr_equal(seen->server_name, expected.server_name);
    assert_true(seen->seen_at_ms > 1600000000000);
    if (seen->outcome == OUTCOME_CERTIFICATE)
        assert_memory_equal(seen->chains[0].certs[0].bytes, "no certificate", 14);
}

static void observations_carry_their_target(void **state)
{
    struct scan scan;
    (void)state;
    scan_open(&scan, port);
    target(&scan.targets, "127.0.1.0/26");
    target(&scan.targets, "127.0.1.0/28:1");
    send_names(&scan.targets, "127.0.1.5 www.example\n");
    scan_build(&scan);
    scan.on_observation = an_observation_says_what_was_probed;
    scan.context = &scan;
    scan_run(&scan);
    every_target_had_one_outcome(&scan);
    scan_close(&scan);
}

static void without_want_outcomes_only_certificates_are_observed(void **state)
{
    struct scan scan;
    (void)state;
    scan_open(&scan, port);
    target(&scan.targets, "127.0.1.0/28");
    target(&scan.targets, "127.0.1.0/28:1");
    scan_build(&scan);
    scan.plan.want_outcomes = false;
    scan_run(&scan);
    every_target_had_one_outcome(&scan);
    assert_int_equal(scan.observations, 16);
    scan_close(&scan);
}

static void a_name_without_address_is_unresolved(void **state)
{
    struct scan scan;
    (void)state;
    scan_open(&scan, port);
    target(&scan.targets, "gone.example");
    target(&scan.targets, "127.0.1.1");
    dns_says(&scan.targets, "gone.example", "");
    scan_build(&scan);
    scan_run(&scan);
    every_target_had_one_outcome(&scan);
    assert_int_equal(scan.counts[OUTCOME_UNRESOLVED], 1);
    assert_int_equal(scan.counts[OUTCOME_CERTIFICATE], 1);
    scan_close(&scan);
}

/* ---- limits ---- */

static void caps_hold_and_are_used_with_any_number_of_loops(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 4; threads++) {
        struct scan scan;
        struct hostile_script script = slow_certificate(&flight, 30);
        struct hostile_server *server = hostile_server_start("127.0.0.0/8", &script);
        assert_non_null(server);
        open_crowd(&scan, hostile_server_port(server));
        scan.plan.limits.threads = threads;
        scan.plan.limits.per_host = 2;
        scan.plan.limits.per_prefix = 5;
        scan_run(&scan);
        every_target_had_one_outcome(&scan);
        struct hostile_counts counts = hostile_server_counts(server);
        assert_int_equal(counts.accepted, target_count(&scan));
        assert_int_equal(counts.most_per_host, 2);
        assert_int_equal(counts.most_per_prefix, 5);
        assert_in_range(counts.most_at_once, 5, 15);
        hostile_server_stop(server);
        scan_close(&scan);
    }
}

static void connections_at_once_are_limited_over_all_loops(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 4; threads++) {
        struct scan scan;
        struct hostile_script script = slow_certificate(&flight, 30);
        struct hostile_server *server = hostile_server_start("127.0.0.0/8", &script);
        assert_non_null(server);
        open_crowd(&scan, hostile_server_port(server));
        scan.plan.limits.threads = threads;
        scan.plan.limits.max_inflight = 3;
        scan_run(&scan);
        every_target_had_one_outcome(&scan);
        assert_in_range(hostile_server_counts(server).most_at_once, 1, 3);
        hostile_server_stop(server);
        scan_close(&scan);
    }
}

static void the_rate_holds_over_all_loops(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 4; threads += 3) {
        struct scan scan;
        scan_open(&scan, 1);
        target(&scan.targets, "127.0.0.0-127.0.29.9"); /* 7690 at most, refused at once */
        scan_build(&scan);
        scan.plan.limits.threads = threads;
        scan.plan.limits.rate_per_s = 10000;
        double begun = now_s();
        scan_run(&scan);
        double took = now_s() - begun;
        every_target_had_one_outcome(&scan);
        /* what the bucket holds comes on top: 50 ms worth, and a slice in the hands of each loop */
        assert_true((double)target_count(&scan) <= (took + 0.1) * 10000);
        scan_close(&scan);
    }
}

static void default_limits_are_those_of_the_manual(void **state)
{
    const struct scan_limits *it = &scan_limits_default;
    (void)state;
    assert_int_equal(it->rate_per_s, 500);
    assert_int_equal(it->per_host, 2);
    assert_int_equal(it->per_prefix, 64);
    assert_int_equal(it->connect_timeout_ms, 3000);
    assert_int_equal(it->answer_timeout_ms, 8000);
    assert_int_equal(it->timeout_ms, 30000);
    assert_int_equal(it->threads, 1);
    assert_int_equal(scan_limits_inflight(it), 1500);
}

static void in_flight_follows_rate_and_connect_limit(void **state)
{
    (void)state;
    struct scan_limits limits = scan_limits_default;
    limits.rate_per_s = 0;
    assert_int_equal(scan_limits_inflight(&limits), 4096);
    limits.max_inflight = 10;
    assert_int_equal(scan_limits_inflight(&limits), 10);
    limits = scan_limits_default;
    limits.rate_per_s = 1;
    limits.connect_timeout_ms = 100;
    assert_int_equal(scan_limits_inflight(&limits), 1);
    limits.rate_per_s = UINT32_MAX;
    limits.connect_timeout_ms = UINT32_MAX;
    assert_int_equal(scan_limits_inflight(&limits), UINT32_MAX);
}

static void is_refused(struct scan *scan, const char *reason)
{
    assert_int_equal(scanner_start(&scan->scanner, &scan->plan, &scan->diag), CS_E_INVALID);
    assert_null(scan->scanner);
    assert_string_equal(scan->diag.text, reason);
}

static void a_plan_that_makes_no_sense_is_refused(void **state)
{
    struct scan scan;
    (void)state;
    scan_open(&scan, port);
    target(&scan.targets, "127.0.1.1");
    scan_build(&scan);
    scan.plan.limits.threads = 0;
    is_refused(&scan, "threads: from 1 to 64");
    scan.plan.limits.threads = 65;
    is_refused(&scan, "threads: from 1 to 64");
    scan.plan.limits.threads = 1;
    scan.plan.shard_index = 1;
    is_refused(&scan, "shard: I/K with I from 1 to K");
    scan.plan.shard_index = 0;
    scan.plan.limits.answer_timeout_ms = 0;
    is_refused(&scan, "a time limit must be above zero");
    scan_close(&scan);
}

static void a_source_that_is_not_ours_is_refused_and_one_that_is_is_used(void **state)
{
    struct scan scan;
    (void)state;
    scan_open(&scan, port);
    target(&scan.targets, "127.0.1.0/28");
    scan_build(&scan);
    scan.plan.has_source = true;
    scan.plan.source = ip_of("192.0.2.1");
    is_refused(&scan, "source: 192.0.2.1 is not an address of this host");
    scan.plan.source = ip_of("2001:db8::1");
    is_refused(&scan, "source: 2001:db8::1 is not an address of this host");
    scan.plan.source = ip_of("127.0.0.99");
    scan_run(&scan);
    every_target_had_one_outcome(&scan);
    assert_int_equal(scan.counts[OUTCOME_CERTIFICATE], 16);
    scan_close(&scan);
}

/* ---- ending early and going on ---- */

/* Positions at or above the low-water mark that are done, sorted: what a store keeps for a resume. */
static uint64_t *done_above(const struct scan *scan, uint64_t low_water, size_t *count)
{
    uint64_t *done = calloc(target_count(scan) + 1, sizeof *done);
    assert_non_null(done);
    *count = 0;
    for (uint64_t i = low_water; i < target_count(scan); i++) {
        if (scan->times[i] > 0)
            done[(*count)++] = i;
    }
    return done;
}

static void take_at_least(struct scan *scan, uint64_t attempts)
{
    scan_start(scan);
    while (scan->attempts < attempts && !scan->ended)
        scan_take(scan);
}

static void stops_and_goes_on(void (*stop)(struct scanner *), uint32_t threads)
{
    struct scan scan;
    size_t rounds = 0;
    scan_open(&scan, port);
    target(&scan.targets, "127.0.1.0/24");
    target(&scan.targets, "127.0.2.0-127.0.4.99");
    scan_build(&scan);
    scan.plan.limits.max_inflight = 20;
    scan.plan.limits.threads = threads;
    while (!scan.complete) {
        uint64_t *done = done_above(&scan, scan.low_water, &scan.plan.done_count);
        scan.plan.low_water = scan.low_water;
        scan.plan.done = done;
        take_at_least(&scan, scan.attempts + 150);
        stop(scan.scanner);
        scan_finish(&scan);
        free(done);
        assert_true(++rounds < 20);
    }
    assert_true(rounds > 2);
    every_target_had_one_outcome(&scan);
    scan_close(&scan);
}

static void a_drained_scan_goes_on_where_it_was(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 3; threads++)
        stops_and_goes_on(scanner_drain, threads);
}

static void an_aborted_scan_goes_on_where_it_was(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 3; threads++)
        stops_and_goes_on(scanner_abort, threads);
}

static void a_drain_lets_what_is_under_way_finish_and_an_abort_does_not(void **state)
{
    (void)state;
    for (int aborts = 0; aborts <= 1; aborts++) {
        struct scan scan;
        struct scan_progress progress = {0};
        struct hostile_server *silent =
            hostile_server_start("127.0.0.0/8", &(struct hostile_script){.end = HOSTILE_HOLDS});
        assert_non_null(silent);
        scan_open(&scan, hostile_server_port(silent));
        target(&scan.targets, "127.0.1.0/24");
        scan_build(&scan);
        scan.plan.limits.max_inflight = 10;
        scan.plan.limits.answer_timeout_ms = 700;
        scan_start(&scan);
        while (progress.in_flight < 10)
            scanner_progress(scan.scanner, &progress);
        (aborts ? scanner_abort : scanner_drain)(scan.scanner);
        scan_finish(&scan);
        assert_false(scan.complete);
        assert_int_equal(scan.attempts, aborts ? 0 : 10);
        assert_int_equal(scan.counts[OUTCOME_TIMEOUT_HANDSHAKE], scan.attempts);
        hostile_server_stop(silent);
        scan_close(&scan);
    }
}

static void a_scan_may_be_freed_in_full_flight(void **state)
{
    struct scan scan;
    (void)state;
    scan_open(&scan, port);
    target(&scan.targets, "127.0.0.0/18");
    scan_build(&scan);
    scan.plan.limits.threads = 4;
    take_at_least(&scan, 1);
    scan_close(&scan); /* a leak checker sees the rest */
}

static int start_server(void **state)
{
    (void)state;
    flight = certificate_flight();
    struct hostile_script script = slow_certificate(&flight, 5);
    script.counts = false;
    answers = hostile_server_start("127.0.0.0/8", &script);
    if (answers == NULL)
        return -1;
    port = hostile_server_port(answers);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    hostile_server_stop(answers);
    buf_dispose(&flight);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_target_has_one_outcome_with_any_number_of_loops),
        cmocka_unit_test(shards_are_disjoint_and_together_everything),
        cmocka_unit_test(observations_carry_their_target),
        cmocka_unit_test(without_want_outcomes_only_certificates_are_observed),
        cmocka_unit_test(a_name_without_address_is_unresolved),
        cmocka_unit_test(caps_hold_and_are_used_with_any_number_of_loops),
        cmocka_unit_test(connections_at_once_are_limited_over_all_loops),
        cmocka_unit_test(the_rate_holds_over_all_loops),
        cmocka_unit_test(default_limits_are_those_of_the_manual),
        cmocka_unit_test(in_flight_follows_rate_and_connect_limit),
        cmocka_unit_test(a_plan_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_source_that_is_not_ours_is_refused_and_one_that_is_is_used),
        cmocka_unit_test(a_drained_scan_goes_on_where_it_was),
        cmocka_unit_test(an_aborted_scan_goes_on_where_it_was),
        cmocka_unit_test(a_drain_lets_what_is_under_way_finish_and_an_abort_does_not),
        cmocka_unit_test(a_scan_may_be_freed_in_full_flight),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
