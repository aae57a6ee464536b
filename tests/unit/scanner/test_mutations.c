// SPDX-License-Identifier: Apache-2.0
/* Ten thousand connections to servers that spoil what they say. The seed is printed; MUTATION_SEED=N draws
 * the same again. */
#include "tests/unit/scanner/scan_world.h"

#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include "tests/support/mutating_server.h"

#define ROUNDS       5
#define FIRST_HOST   0x7F001000u /* 127.0.16.0 */
#define HOSTS        1500
#define CONNECTIONS  10000
#define ANSWER_MS    300
#define WHOLE_MS     1000
#define SLACK_MS     2500 /* a busy machine, sanitizers */
#define MEMORY_SLACK 8192 /* bytes over all rounds: less than one for each connection */

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static struct mutating_server *server;
static uint64_t seed;

static size_t heap_in_use(void)
{
    if (__sanitizer_get_current_allocated_bytes != NULL)
        return __sanitizer_get_current_allocated_bytes();
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* An honest server's certificate is had, unless this machine is too slow for the limits. */
static void an_honest_host_showed_its_certificate(const struct observation *seen, void *context)
{
    unsigned *honest = context;
    uint32_t host = (uint32_t)seen->ip.bytes[12] << 24 | (uint32_t)seen->ip.bytes[13] << 16 |
                    (uint32_t)seen->ip.bytes[14] << 8 | seen->ip.bytes[15];
    if (!mutating_server_is_honest(server, host))
        return;
    if (seen->outcome != OUTCOME_CERTIFICATE && seen->outcome != OUTCOME_TIMEOUT_HANDSHAKE)
        fail_msg("%08x: %s: %s", host, outcome_name(seen->outcome), seen->detail);
    *honest += seen->outcome == OUTCOME_CERTIFICATE;
}

static void open_scan(struct scan *scan)
{
    scan_open(scan, mutating_server_port(server));
    for (unsigned i = 0; i < HOSTS; i++) {
        uint32_t host = FIRST_HOST + i;
        char text[32];
        snprintf(text, sizeof text, "%u.%u.%u.%u", host >> 24, host >> 16 & 255, host >> 8 & 255, host & 255);
        target(&scan->targets, text);
    }
    scan_build(scan);
    assert_int_equal(target_count(scan), HOSTS);
    scan->plan.policy.both_keys = true;
    scan->plan.limits.threads = 2;
    scan->plan.limits.max_inflight = 256;
    scan->plan.limits.answer_timeout_ms = ANSWER_MS;
    scan->plan.limits.timeout_ms = WHOLE_MS;
    scan->on_observation = an_honest_host_showed_its_certificate;
}

/* Everything a scan leaves behind is gone: at the server too. */
static void wait_until_all_is_closed(void)
{
    for (int i = 0; mutating_server_counts(server).open > 0; i++) {
        assert_true(i < 1000);
        usleep(10000);
    }
}

static uint64_t outcomes[OUTCOME_COUNT];

/* One scan of all hosts; what it leaves on the heap. */
static size_t scan_once(void)
{
    struct scan scan;
    unsigned honest = 0;
    open_scan(&scan);
    scan.context = &honest;
    scan_run(&scan);
    every_target_had_one_outcome(&scan);
    assert_int_equal(scan.observations, HOSTS);
    assert_true(honest > HOSTS / 100);
    for (int i = 0; i < OUTCOME_COUNT; i++)
        outcomes[i] += scan.counts[i];
    scan_close(&scan);
    wait_until_all_is_closed();
    mutating_server_next_round(server);
    return heap_in_use();
}

static void every_target_has_one_outcome_in_time_and_memory(void **state)
{
    size_t heap[ROUNDS];
    (void)state;
    printf("MUTATION_SEED=%llu\n", (unsigned long long)seed);
    for (int i = 0; i < ROUNDS; i++)
        heap[i] = scan_once();
    struct mutating_counts counts = mutating_server_counts(server);
    for (int i = 0; i < OUTCOME_COUNT; i++)
        printf("%s %llu, ", outcome_name((enum outcome)i), (unsigned long long)outcomes[i]);
    printf("%llu connections, longest %u ms, heap %zu -> %zu\n", (unsigned long long)counts.accepted,
           counts.longest_ms, heap[1], heap[ROUNDS - 1]);
    assert_true(counts.accepted >= CONNECTIONS);
    assert_true(counts.mutated > CONNECTIONS / 2);
    assert_in_range(counts.most_per_host, 2, TRIES_MAX);
    assert_in_range(counts.longest_ms, ANSWER_MS, WHOLE_MS + SLACK_MS);
    assert_true(heap[ROUNDS - 1] < heap[1] + MEMORY_SLACK); /* the first fills caches */
}

static void it_was_worth_the_while(void **state)
{
    static const enum outcome expected[] = {OUTCOME_CERTIFICATE, OUTCOME_MALFORMED,
                                            OUTCOME_CLOSED,      OUTCOME_RESET,
                                            OUTCOME_TLS_ALERT,   OUTCOME_TIMEOUT_HANDSHAKE};
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_true(outcomes[expected[i]] > 0);
    assert_int_equal(outcomes[OUTCOME_LOCAL_ERROR], 0);
    assert_int_equal(outcomes[OUTCOME_REFUSED] + outcomes[OUTCOME_UNREACHABLE], 0);
}

static int start_server(void **state)
{
    const char *wanted = getenv("MUTATION_SEED");
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    seed = wanted != NULL ? strtoull(wanted, NULL, 10) : (uint64_t)time(NULL);
    server = mutating_server_start(seed);
    return server != NULL ? 0 : -1;
}

static int stop_server(void **state)
{
    (void)state;
    mutating_server_stop(server);
    return 0;
}

/* glibc's caches of each thread count as in use and take long to fill: this program again, without them. */
static void leave_caches_out(char **argv)
{
    if (getenv("GLIBC_TUNABLES") != NULL || __sanitizer_get_current_allocated_bytes != NULL)
        return;
    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
    execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    (void)argc;
    leave_caches_out(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_target_has_one_outcome_in_time_and_memory),
        cmocka_unit_test(it_was_worth_the_while),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
