// SPDX-License-Identifier: Apache-2.0
/* The largest scan that a test machine can stand: 65,536 addresses of loopback, 4000 at once, no other limit.
 * Client and server are processes of their own, so that memory and processor time are the client's alone. */
#include "tests/unit/scanner/scan_world.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE      4000
#define MAX_MEMORY_K (300 * 1024)

/* Sanitizers cost many times the memory and the time: there, an eighth of the addresses shows what they can
 * see. */
#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || HAS_FEATURE(address_sanitizer) ||       \
    HAS_FEATURE(thread_sanitizer)
#define IS_SANITIZED true
#define RANGE        "127.1.0.0/19"
#define ADDRESSES    8192
#else
#define IS_SANITIZED false
#define RANGE        "127.1.0.0/16"
#define ADDRESSES    65536
#endif

static uint16_t port;
static pid_t server_pid;
static int server_life; /* the server goes when this is closed */

static void raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static _Noreturn void be_server(int tell, int life)
{
    char byte;
    raise_file_limit();
    struct buf flight = certificate_flight();
    struct hostile_server *server = hostile_server_start(
        "127.0.0.0/8", &(struct hostile_script){.waits = true, .bytes = flight.data, .len = flight.len});
    uint16_t at = server != NULL ? hostile_server_port(server) : 0;
    if (write(tell, &at, sizeof at) == sizeof at)
        (void)!read(life, &byte, 1);
    hostile_server_stop(server);
    buf_dispose(&flight);
    _exit(0);
}

static int start_server(void **state)
{
    int tell[2];
    int life[2];
    (void)state;
    if (pipe(tell) != 0 || pipe(life) != 0)
        return -1;
    server_pid = fork();
    if (server_pid == 0) {
        close(life[1]);
        be_server(tell[1], life[0]);
    }
    server_life = life[1];
    close(life[0]);
    close(tell[1]);
    bool told = read(tell[0], &port, sizeof port) == sizeof port;
    close(tell[0]);
    return told && port != 0 ? 0 : -1;
}

static int stop_server(void **state)
{
    int status;
    (void)state;
    close(server_life);
    return waitpid(server_pid, &status, 0) == server_pid && status == 0 ? 0 : -1;
}

/* ---- what it costs ---- */

static double processor_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The most since forget_memory(). */
static long most_memory_k(void)
{
    char line[256];
    long most = -1;
    FILE *file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            most = strtol(line + 6, NULL, 10);
    }
    fclose(file);
    return most;
}

static void forget_memory(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    assert_non_null(file);
    malloc_trim(0); /* what an earlier sweep left behind is not this one's */
    fputs("5", file);
    fclose(file);
}

/* Sockets of the machine in TIME_WAIT. */
static long time_waits(void)
{
    char line[256];
    long count = -1;
    FILE *file = fopen("/proc/net/sockstat", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        const char *at = strstr(line, " tw ");
        if (strncmp(line, "TCP:", 4) == 0 && at != NULL)
            count = strtol(at + 4, NULL, 10);
    }
    fclose(file);
    return count;
}

static void sweep(uint32_t threads)
{
    struct scan scan;
    struct scan_progress progress;
    scan_open(&scan, port);
    target(&scan.targets, RANGE);
    scan_build(&scan);
    forget_memory();
    scan.plan.limits.max_inflight = AT_ONCE;
    scan.plan.limits.threads = threads;
    long waiting_before = time_waits();
    double begun_s = now_s();
    double used_s = processor_s();
    scan_start(&scan);
    while (!scan.ended)
        scan_take(&scan);
    scanner_progress(scan.scanner, &progress);
    scan_finish(&scan);
    every_target_had_one_outcome(&scan);
    for (int i = 1; i < OUTCOME_COUNT; i++) {
        if (scan.counts[i] > 0)
            print_message("%s: %llu\n", outcome_name((enum outcome)i), (unsigned long long)scan.counts[i]);
    }
    assert_int_equal(target_count(&scan), ADDRESSES);
    assert_int_equal(scan.counts[OUTCOME_CERTIFICATE], ADDRESSES);
    assert_int_equal(progress.certificates, ADDRESSES);
    assert_true(time_waits() - waiting_before < ADDRESSES / 100);
    if (!IS_SANITIZED)
        assert_in_range(most_memory_k(), 1, MAX_MEMORY_K);
    print_message("%u loops: %.1f s, %.0f us of processor time a certificate, %ld MiB\n", threads,
                  now_s() - begun_s, (processor_s() - used_s) / ADDRESSES * 1e6, most_memory_k() / 1024);
    scan_close(&scan);
}

static void every_address_yields_its_certificate_once(void **state)
{
    (void)state;
    sweep(1);
}

static void so_they_do_with_several_loops(void **state)
{
    (void)state;
    sweep(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_address_yields_its_certificate_once),
        cmocka_unit_test(so_they_do_with_several_loops),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
