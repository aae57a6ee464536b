// SPDX-License-Identifier: Apache-2.0
/* Verbs for tests of whole scans: what is scanned, how often each target had an outcome, and which. */
#ifndef TESTS_UNIT_SCANNER_SCAN_WORLD_H
#define TESTS_UNIT_SCANNER_SCAN_WORLD_H

#include <time.h>

#include "scanner/scanner.h"
#include "tests/support/hostile_server.h"
#include "tests/unit/scanner/flight.h"
#include "tests/unit/scanner/target_world.h"

struct scan {
    struct world targets;
    struct scan_plan plan;
    struct scanner *scanner;
    struct diag diag;
    uint8_t *times;    /* how often each position had an outcome */
    uint8_t *outcomes; /* by position: the last outcome */
    uint64_t low_water;
    uint64_t attempts;
    uint64_t observations;
    uint64_t counts[OUTCOME_COUNT];
    bool ended;
    bool complete;
    void (*on_observation)(const struct observation *seen, void *context);
    void *context;
};

/* Limits that do not limit, no waiting for long: tests set what they are about. */
static inline void scan_open(struct scan *scan, uint16_t port)
{
    char ports[12];
    *scan = (struct scan){0};
    snprintf(ports, sizeof ports, "%u/tls", port);
    world_open(&scan->targets, ports);
    scan->plan.seed = 42;
    scan->plan.shard_count = 1;
    scan->plan.want_outcomes = true;
    scan->plan.limits = (struct scan_limits){.max_inflight = 64,
                                             .connect_timeout_ms = 3000,
                                             .answer_timeout_ms = 8000,
                                             .timeout_ms = 30000,
                                             .threads = 1};
}

static inline uint64_t target_count(const struct scan *scan)
{
    return target_set_count(scan->plan.targets);
}

/* After the last target was given. */
static inline void scan_build(struct scan *scan)
{
    build(&scan->targets);
    scan->plan.targets = scan->targets.set;
    scan->times = calloc(target_count(scan), 1);
    scan->outcomes = calloc(target_count(scan), 1);
    assert_non_null(scan->times);
    assert_non_null(scan->outcomes);
}

static inline void scan_start(struct scan *scan)
{
    scan->ended = false;
    if (scanner_start(&scan->scanner, &scan->plan, &scan->diag) != CS_OK)
        fail_msg("%s", scan->diag.text);
}

static inline void take_attempt(struct scan *scan, const struct attempt *attempt)
{
    assert_in_range(attempt->position, 0, target_count(scan) - 1);
    assert_in_range(attempt->outcome, 0, OUTCOME_COUNT - 1);
    scan->times[attempt->position]++;
    scan->outcomes[attempt->position] = attempt->outcome;
    scan->counts[attempt->outcome]++;
    scan->attempts++;
}

static inline void take_observation(struct scan *scan, const struct observation *seen)
{
    assert_int_equal(scan->times[seen->position], 1); /* its attempt is in this batch */
    assert_int_equal(scan->outcomes[seen->position], seen->outcome);
    assert_int_equal(seen->chain_count > 0, seen->outcome == OUTCOME_CERTIFICATE);
    scan->observations++;
    if (scan->on_observation != NULL)
        scan->on_observation(seen, scan->context);
}

/* Below the low-water mark everything has been delivered: what a resume relies on (unsharded scans only). */
static inline void check_low_water(struct scan *scan, uint64_t low_water)
{
    assert_true(low_water >= scan->low_water && low_water <= target_count(scan));
    for (; scan->plan.shard_count == 1 && scan->low_water < low_water; scan->low_water++)
        assert_int_equal(scan->times[scan->low_water], 1);
    scan->low_water = low_water;
}

/* Takes one batch, waiting a little; false if there was none. */
static inline bool scan_take(struct scan *scan)
{
    struct scan_batch *batch = scanner_take(scan->scanner, 100);
    if (batch == NULL)
        return false;
    assert_false(scan->ended); /* nothing follows the last one */
    for (size_t i = 0; i < batch->attempt_count; i++)
        take_attempt(scan, &batch->attempts[i]);
    for (size_t i = 0; i < batch->observation_count; i++)
        take_observation(scan, batch->observations[i]);
    check_low_water(scan, batch->low_water);
    scan->ended = batch->last;
    scan->complete = batch->complete;
    scan_batch_free(batch);
    return true;
}

/* Takes until the last batch, then frees the scanner. */
static inline void scan_finish(struct scan *scan)
{
    while (!scan->ended)
        scan_take(scan);
    assert_null(scanner_take(scan->scanner, 0));
    scanner_free(scan->scanner);
    scan->scanner = NULL;
}

static inline void scan_run(struct scan *scan)
{
    scan_start(scan);
    scan_finish(scan);
}

static inline void every_target_had_one_outcome(const struct scan *scan)
{
    for (uint64_t i = 0; i < target_count(scan); i++)
        assert_int_equal(scan->times[i], 1);
    assert_true(scan->complete);
    assert_int_equal(scan->attempts, target_count(scan));
}

static inline void scan_close(struct scan *scan)
{
    scanner_free(scan->scanner);
    free(scan->times);
    free(scan->outcomes);
    world_close(&scan->targets);
}

/* A certificate that costs a server nothing: the flight of TLS 1.2 as far as the Certificate message. */
static inline struct buf certificate_flight(void)
{
    struct buf flight = {0};
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    flight_certificates(&flight, "no certificate, but who would know", 34, 1);
    assert_int_equal(flight.err, CS_OK);
    return flight;
}

/* ... from a server that takes `ms` over it, and counts. */
static inline struct hostile_script slow_certificate(const struct buf *flight, unsigned ms)
{
    return (struct hostile_script){.waits = true,
                                   .bytes = flight->data,
                                   .len = flight->len,
                                   .piece = flight->len - 1,
                                   .every_ms = ms,
                                   .counts = true};
}

/* 3 prefixes with 8 hosts, and on each host the same port under 4 names and none. */
static inline void open_crowd(struct scan *scan, uint16_t on_port)
{
    scan_open(scan, on_port);
    for (int prefix = 1; prefix <= 3; prefix++) {
        for (int host = 1; host <= 8; host++) {
            char text[64];
            snprintf(text, sizeof text, "127.0.%d.%d", prefix, host);
            target(&scan->targets, text);
            for (int name = 0; name < 4; name++) {
                snprintf(text, sizeof text, "127.0.%d.%d n%d.example\n", prefix, host, name);
                send_names(&scan->targets, text);
            }
        }
    }
    scan_build(scan);
    assert_int_equal(target_count(scan), 3 * 8 * 5);
}

static inline double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
