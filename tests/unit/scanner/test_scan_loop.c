// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scanner/scan_world.h"

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

static struct buf flight;              /* what a server with a certificate says */
static struct hostile_server *answers; /* on all of 127.0.0.0/8, with a certificate after 5 ms */
static uint16_t port;                  /* its port */

/* ---- exclusions ---- */

static struct ip_set set_of(const char *range)
{
    struct ip_set set = {0};
    assert_int_equal(ip_set_add(&set, range_of(range)), CS_OK);
    assert_int_equal(ip_set_normalize(&set), CS_OK);
    return set;
}

static void what_is_excluded_at_the_start_is_never_touched(void **state)
{
    struct scan scan;
    struct ip_set excluded = set_of("127.0.1.0/25");
    struct hostile_script script = slow_certificate(&flight, 1);
    struct hostile_server *server = hostile_server_start("127.0.0.0/8", &script);
    (void)state;
    assert_non_null(server);
    scan_open(&scan, hostile_server_port(server));
    target(&scan.targets, "127.0.1.0/24");
    scan_build(&scan);
    scan.plan.excluded = &excluded;
    scan_start(&scan);
    ip_set_dispose(&excluded); /* it was copied */
    scan_finish(&scan);
    every_target_had_one_outcome(&scan);
    assert_int_equal(scan.counts[OUTCOME_CANCELLED], 128);
    assert_int_equal(scan.counts[OUTCOME_CERTIFICATE], 128);
    assert_int_equal(hostile_server_counts(server).accepted, 128);
    hostile_server_stop(server);
    scan_close(&scan);
}

static void a_new_exclusion_stops_probes_under_way_and_to_come(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 3; threads += 2) {
        struct scan scan;
        struct scan_progress progress = {0};
        struct ip_set excluded = set_of("127.0.0.0/8");
        struct hostile_server *silent =
            hostile_server_start("127.0.0.0/8", &(struct hostile_script){.end = HOSTILE_HOLDS});
        assert_non_null(silent);
        open_crowd(&scan, hostile_server_port(silent));
        scan.plan.limits.threads = threads;
        scan.plan.limits.per_host = 1; /* so that some are parked */
        scan_start(&scan);
        while (progress.in_flight < 24)
            scanner_progress(scan.scanner, &progress);
        double begun = now_s();
        assert_int_equal(scanner_exclude(scan.scanner, &excluded), CS_OK);
        scan_finish(&scan);
        assert_true(now_s() - begun < 5);
        every_target_had_one_outcome(&scan);
        assert_int_equal(scan.counts[OUTCOME_CANCELLED], target_count(&scan));
        assert_in_range(hostile_server_counts(silent).accepted, 1, 24);
        ip_set_dispose(&excluded);
        hostile_server_stop(silent);
        scan_close(&scan);
    }
}

/* ---- bounds ---- */

static void a_consumer_that_does_not_take_stops_the_drawing(void **state)
{
    struct scan scan;
    struct scan_progress progress = {0};
    struct ip_set excluded = set_of("127.0.0.0/8"); /* targets that cost nothing */
    uint64_t before;
    (void)state;
    scan_open(&scan, 1);
    target(&scan.targets, "127.0.0.0/13");
    scan_build(&scan);
    scan.plan.want_outcomes = false;
    scan.plan.excluded = &excluded;
    scan_start(&scan);
    do {
        before = progress.position;
        usleep(300000);
        scanner_progress(scan.scanner, &progress);
    } while (progress.position != before);
    assert_in_range(progress.position, 65536, 65536 + 10000);
    scan_finish(&scan);
    every_target_had_one_outcome(&scan);
    ip_set_dispose(&excluded);
    scan_close(&scan);
}

static void servers_that_hang_up_at_once_do_not_break_the_scan(void **state)
{
    struct scan scan;
    struct hostile_server *server =
        hostile_server_start("127.0.0.0/8", &(struct hostile_script){.end = HOSTILE_CLOSES_AND_RESETS});
    (void)state;
    assert_non_null(server);
    scan_open(&scan, hostile_server_port(server));
    target(&scan.targets, "127.0.0.0/20");
    scan_build(&scan);
    scan_run(&scan); /* with SIGPIPE as it is by default: it would end this program */
    every_target_had_one_outcome(&scan);
    assert_int_equal(scan.counts[OUTCOME_CLOSED] + scan.counts[OUTCOME_RESET], target_count(&scan));
    hostile_server_stop(server);
    scan_close(&scan);
}

/* Sockets of the whole machine that wait behind a close, at `server_port`. */
static unsigned time_waits(unsigned server_port)
{
    char line[512];
    unsigned count = 0;
    FILE *file = fopen("/proc/net/tcp", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned local;
        unsigned remote;
        unsigned socket_state;
        /* NOLINTNEXTLINE(cert-err34-c): the kernel's own table, of fixed form */
        if (sscanf(line, " %*u: %*8x:%4x %*8x:%4x %2x", &local, &remote, &socket_state) == 3)
            count += socket_state == 6 && (local == server_port || remote == server_port);
    }
    fclose(file);
    return count;
}

static void nothing_is_left_waiting_behind_closed_connections(void **state)
{
    struct scan scan;
    (void)state;
    scan_open(&scan, port);
    target(&scan.targets, "127.0.1.0-127.0.2.255");
    scan_build(&scan);
    scan_run(&scan);
    every_target_had_one_outcome(&scan);
    assert_int_equal(time_waits(port), 0);
    scan_close(&scan);
}

/* ---- shortage: in a process of its own, for a hard limit cannot be raised again ---- */

/* This program again, to play `story` with the server of this one; its exit status. */
static int in_child(const char *story)
{
    char port_text[8];
    int status = -1;
    pid_t pid;
    snprintf(port_text, sizeof port_text, "%u", port);
    char *const arguments[] = {"test_scan_loop", (char *)story, port_text, NULL};
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, arguments, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

static void allow_files(rlim_t soft, rlim_t hard)
{
    struct rlimit files = {soft, hard};
    MUST(setrlimit(RLIMIT_NOFILE, &files) == 0);
}

static void fits_into_300_files(void)
{
    struct scan scan;
    struct scan_progress progress;
    struct rlimit files;
    allow_files(100, 300);
    scan_open(&scan, port);
    target(&scan.targets, "127.0.1.0-127.0.3.255");
    scan_build(&scan);
    scan.plan.limits.max_inflight = 4000;
    scan_start(&scan);
    MUST(getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur == 300);
    scanner_progress(scan.scanner, &progress);
    MUST(progress.max_inflight == 236);
    MUST(strcmp(scan.diag.text, "connections at once are limited to 236 instead of 4000 by the limit of 300 "
                                "open files (ulimit -n)") == 0);
    scan_finish(&scan);
    scan_close(&scan);
}

static void the_file_limit_is_raised_and_in_flight_fitted_to_it(void **state)
{
    (void)state;
    assert_int_equal(in_child("fits"), 0);
}

static void runs_out_of_files(void)
{
    struct scan scan;
    struct scan_progress progress = {0};
    int hoard[300];
    int count = 0;
    allow_files(300, 300);
    scan_open(&scan, port);
    target(&scan.targets, "127.0.1.0-127.0.3.255");
    scan_build(&scan);
    scan.plan.limits.max_inflight = 200;
    scan_start(&scan);
    for (int fd; count < 300 && (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) /* somebody else's */
        hoard[count++] = fd;
    while (progress.slowed_down_count == 0 && !scan.ended) {
        scan_take(&scan);
        scanner_progress(scan.scanner, &progress);
    }
    MUST(progress.slowed_down_count > 0);
    while (count > 0)
        close(hoard[--count]);
    scan_finish(&scan);
    MUST(scan.complete && scan.attempts == target_count(&scan));
    MUST(scan.counts[OUTCOME_CERTIFICATE] == target_count(&scan));
    scan_close(&scan);
}

static void running_out_of_descriptors_loses_nothing(void **state)
{
    (void)state;
    assert_int_equal(in_child("runs-out"), 0);
}

/* ---- a host without IPv6: a network of its own where that is switched off ---- */

#define NOT_ALLOWED 77

static void has_no_ipv6(void)
{
    struct scan scan;
    int fd = unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0
                 ? open("/proc/sys/net/ipv6/conf/all/disable_ipv6", O_WRONLY | O_CLOEXEC)
                 : -1;
    if (fd < 0 || write(fd, "1", 1) != 1)
        _exit(NOT_ALLOWED);
    close(fd);
    alarm(20);
    scan_open(&scan, port);
    target(&scan.targets, "::1");
    scan_build(&scan);
    scan_run(&scan);
    MUST(scan.complete && scan.counts[OUTCOME_UNREACHABLE] == target_count(&scan));
    scan_close(&scan);
}

static void targets_of_a_family_that_this_host_has_not_are_unreachable(void **state)
{
    (void)state;
    int status = in_child("no-ipv6");
    if (status == NOT_ALLOWED)
        skip();
    assert_int_equal(status, 0);
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_excluded_at_the_start_is_never_touched),
        cmocka_unit_test(a_new_exclusion_stops_probes_under_way_and_to_come),
        cmocka_unit_test(a_consumer_that_does_not_take_stops_the_drawing),
        cmocka_unit_test(servers_that_hang_up_at_once_do_not_break_the_scan),
        cmocka_unit_test(nothing_is_left_waiting_behind_closed_connections),
        cmocka_unit_test(the_file_limit_is_raised_and_in_flight_fitted_to_it),
        cmocka_unit_test(running_out_of_descriptors_loses_nothing),
        cmocka_unit_test(targets_of_a_family_that_this_host_has_not_are_unreachable),
    };
    const struct {
        const char *name;
        void (*play)(void);
    } stories[] = {{"fits", fits_into_300_files}, {"runs-out", runs_out_of_files}, {"no-ipv6", has_no_ipv6}};
    uint64_t given;
    if (argc == 3 && text_to_u64(argv[2], strlen(argv[2]), UINT16_MAX, &given) == CS_OK) {
        port = (uint16_t)given;
        for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
            if (strcmp(argv[1], stories[i].name) == 0)
                stories[i].play();
        }
        return 0;
    }
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
