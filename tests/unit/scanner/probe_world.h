// SPDX-License-Identifier: Apache-2.0
/* Verbs for tests of one probe against one server: begin, finish, how it ended, how many connections. */
#ifndef TESTS_UNIT_SCANNER_PROBE_WORLD_H
#define TESTS_UNIT_SCANNER_PROBE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scanner/leaf_key.h"
#include "scanner/probe.h"
#include "tests/support/hostile_server.h"
#include "tests/support/tls13_server.h"
#include "tests/support/tls_server.h"
#include "tests/unit/scanner/flight.h"

#define CONNECT_MS 400
#define ANSWER_MS  300
#define WHOLE_MS   900
#define SLACK_MS   2500 /* a busy machine, sanitizers */

static uv_loop_t loop;
static struct probe_env env;
static struct scan_limits limits;
static struct lane_direct_context direct;
static struct probe probe; /* the one under test */
static unsigned ends;
static uint64_t connections;        /* that the server saw */
static unsigned waits;              /* times that the probe asked for one more */
static unsigned shortages;          /* of them, for want of something local */
static void (*while_waiting)(void); /* instead of going on; NULL = goes on at once */

/* ---- one probe ---- */

static inline void on_end(struct probe *ended, void *context)
{
    (void)context;
    assert_ptr_equal(ended, &probe);
    ends++;
}

static inline void on_wait(struct probe *waiting, bool shortage, void *context)
{
    (void)context;
    assert_ptr_equal(waiting, &probe);
    assert_int_equal(waiting->state, PROBE_WAITING);
    waits++;
    shortages += shortage;
    if (while_waiting != NULL)
        while_waiting();
    else
        assert_true(probe_go_on(waiting));
}

static inline struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_int_equal(ip_parse(text, strlen(text), &ip), CS_OK);
    return ip;
}

static inline void begin(const char *address, uint16_t port, const char *name)
{
    probe_reset(&probe);
    probe.target = (struct target){.has_ip = true, .ip = ip_of(address), .port = port, .server_name = name};
    ends = 0;
    waits = 0;
    shortages = 0;
    uv_update_time(&loop);
    probe_start(&probe, &env);
    assert_int_equal(ends, 0); /* never from inside the call */
}

/* Runs the probe to its end; how long it took, in milliseconds. */
static inline uint64_t finish(void)
{
    uint64_t begun_ms = uv_hrtime() / 1000000;
    while (ends == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(ends, 1);
    return uv_hrtime() / 1000000 - begun_ms;
}

static inline void ended_as(enum outcome outcome, const char *detail)
{
    assert_int_equal(probe.end, PROBE_DELIVERED);
    assert_string_equal(outcome_name(probe.result.outcome), outcome_name(outcome));
    if (detail != NULL)
        assert_string_equal(probe.result.detail, detail);
    assert_int_equal(probe.result.chain_count > 0, outcome == OUTCOME_CERTIFICATE);
    while (probe.result.chain_count > 0)
        chain_dispose(&probe.result.chains[--probe.result.chain_count]);
}

static inline uint64_t meets(const struct hostile_script *script, const char *name)
{
    struct hostile_server *server = hostile_server_start("127.0.0.1", script);
    assert_non_null(server);
    begin("127.0.0.1", hostile_server_port(server), name);
    uint64_t took_ms = finish();
    connections = hostile_server_counts(server).accepted;
    hostile_server_stop(server);
    return took_ms;
}

#define SAYS(text) .bytes = (text), .len = sizeof(text) - 1

static inline int open_loop(void **state)
{
    struct diag diag;
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    limits = scan_limits_default;
    limits.connect_timeout_ms = CONNECT_MS;
    limits.answer_timeout_ms = ANSWER_MS;
    limits.timeout_ms = WHOLE_MS;
    env = (struct probe_env){.loop = &loop,
                             .limits = &limits,
                             .read_buffer = malloc(PROBE_READ_BUFFER),
                             .direct = &direct,
                             .on_wait = on_wait,
                             .on_end = on_end};
    bool ready = uv_loop_init(&loop) == 0 && env.read_buffer != NULL &&
                 tls_crypto_new(&direct.crypto, &diag) == CS_OK &&
                 lane_full_context_new(&env.full, direct.crypto, &diag) == CS_OK;
    if (ready)
        probe_open(&probe, &loop);
    return ready ? 0 : -1;
}

static inline int close_loop(void **state)
{
    (void)state;
    probe_close(&probe);
    uv_run(&loop, UV_RUN_DEFAULT);
    lane_full_context_free(env.full);
    tls_crypto_free(direct.crypto);
    free(env.read_buffer);
    return uv_loop_close(&loop); /* fails if a handle is left */
}

#endif
