// SPDX-License-Identifier: Apache-2.0
/* Against a DNS server of the test's own: nothing is asked of the system's. */
#include "dns/resolver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "tests/support/dns_server.h"

/* Full names: what the system's search list makes of short ones is the system's affair. */
static const struct dns_record zone[] = {
    {"www.example", "A", "192.0.2.1"},
    {"www.example", "A", "192.0.2.2"},
    {"www.example", "AAAA", "2001:db8::1"},
    {"v4.example", "A", "192.0.2.4"},
    {"v6.example", "AAAA", "2001:db8::6"},
    {"alias.example", "CNAME", "middle.example"},
    {"middle.example", "CNAME", "www.example"},
    {"dangling.example", "CNAME", "gone.example"},
    {"loop.example", "CNAME", "loop.example"},
    {"twice.example", "A", "192.0.2.7"},
    {"twice.example", "A", "192.0.2.7"},
    {"empty.example", "TXT", NULL},
    {"silent.example", "silent", NULL},
    {"servfail.example", "servfail", NULL},
    {"half.example", "servfail-a", NULL},
    {"half6.example", "servfail-a", NULL},
    {"half6.example", "AAAA", "2001:db8::66"},
    {"mute.example", "silent-a", NULL},
    {"1.2.0.192.in-addr.arpa", "PTR", "host.example"},
    {"2.2.0.192.in-addr.arpa", "silent", NULL},
    {"garbage.example", "garbage", NULL},
    {"garbage.example", "A", "192.0.2.66"},
    {"cut.example", "cut", NULL},
    {"cut.example", "A", "192.0.2.66"},
    {"localhost", "A", "192.0.2.66"},
    {"typo.example.campus.example", "A", "192.0.2.66"},
    {"www.campus.example", "A", "192.0.2.66"},
};

struct findings {
    struct text_list lines; /* "www.example: 192.0.2.1 192.0.2.2" or "gone.example: (reason)" */
    size_t answered;        /* names about which the DNS has said all */
    size_t fail_at;         /* the callback fails at its n-th call; 0 = never */
};

static struct dns_server *server;
static struct findings findings;
static struct text_list names;

static int start(void **state)
{
    (void)state;
    server = dns_server_start(zone, sizeof zone / sizeof zone[0]);
    findings = (struct findings){0};
    return server != NULL ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    dns_server_stop(server);
    text_list_dispose(&findings.lines);
    text_list_dispose(&names);
    return 0;
}

static int by_ip(const void *a, const void *b)
{
    return ip_compare(*(const struct ip *)a, *(const struct ip *)b);
}

static enum cs_err on_found(void *context, const char *name, const struct ip *ips, size_t count,
                            bool answered, const char *reason)
{
    struct buf line = {0};
    struct ip sorted[256];
    char text[IP_TEXT_SIZE];
    assert_ptr_equal(context, &findings);
    assert_true(count <= 256);
    assert_true((count == 0) == (reason != NULL));
    buf_printf(&line, "%s:", name);
    if (count == 0)
        buf_append_str(&line, " none");
    for (size_t i = 0; i < count; i++)
        sorted[i] = ips[i];
    if (count > 1)
        qsort(sorted, count, sizeof *sorted, by_ip);
    for (size_t i = 0; i < count; i++)
        buf_printf(&line, " %s", ip_format(text, sorted[i]));
    findings.answered += answered;
    enum cs_err err = text_list_take(&findings.lines, buf_take_str(&line));
    return findings.lines.count == findings.fail_at ? CS_E_FULL : err;
}

static void ask_for(const char *name)
{
    assert_int_equal(text_list_add(&names, name), CS_OK);
}

static enum cs_err resolve_with(struct resolver_options options)
{
    struct diag diag = {0};
    if (options.server == NULL)
        options.server = dns_server_address(server);
    if (options.timeout_ms == 0)
        options.timeout_ms = 150;
    return resolver_run(&names, &options, on_found, &findings, &diag);
}

static void resolve(void)
{
    assert_int_equal(resolve_with((struct resolver_options){0}), CS_OK);
}

static bool found(const char *line)
{
    for (size_t i = 0; i < findings.lines.count; i++) {
        if (strcmp(findings.lines.items[i], line) == 0)
            return true;
    }
    return false;
}

static void finds(const char *name, const char *line)
{
    ask_for(name);
    resolve();
    assert_int_equal(findings.lines.count, 1);
    assert_string_equal(findings.lines.items[0], line);
}

static void a_name_has_all_its_addresses_of_both_families(void **state)
{
    (void)state;
    finds("www.example", "www.example: 192.0.2.1 192.0.2.2 2001:db8::1");
}

static void one_family_is_enough(void **state)
{
    (void)state;
    ask_for("v4.example");
    ask_for("v6.example");
    resolve();
    assert_true(found("v4.example: 192.0.2.4"));
    assert_true(found("v6.example: 2001:db8::6"));
}

static void an_alias_is_followed_and_keeps_its_name(void **state)
{
    (void)state;
    finds("alias.example", "alias.example: 192.0.2.1 192.0.2.2 2001:db8::1");
}

static void an_address_given_twice_is_one(void **state)
{
    (void)state;
    finds("twice.example", "twice.example: 192.0.2.7");
}

static void a_name_that_does_not_exist_has_none(void **state)
{
    (void)state;
    finds("gone.example", "gone.example: none");
}

static void names_that_lead_nowhere_have_none(void **state)
{
    (void)state;
    ask_for("empty.example");
    ask_for("dangling.example");
    ask_for("loop.example");
    resolve();
    assert_int_equal(findings.lines.count, 3);
    assert_true(found("empty.example: none"));
    assert_true(found("dangling.example: none"));
    assert_true(found("loop.example: none"));
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_silent_server_is_given_up_in_bounded_time(void **state)
{
    (void)state;
    double begun = seconds_now();
    ask_for("silent.example");
    ask_for("v4.example");
    resolve();
    assert_true(found("silent.example: none"));
    assert_true(found("v4.example: 192.0.2.4"));                      /* the others do not suffer */
    assert_true(dns_server_questions(server, "silent.example") >= 3); /* A and AAAA, and again */
    assert_true(seconds_now() - begun < 10);
}

static void broken_answers_are_no_addresses(void **state)
{
    (void)state;
    ask_for("garbage.example");
    ask_for("cut.example");
    ask_for("servfail.example");
    ask_for("v4.example");
    resolve();
    assert_int_equal(findings.lines.count, 4);
    assert_true(found("garbage.example: none"));
    assert_true(found("cut.example: none"));
    assert_true(found("servfail.example: none"));
    assert_true(found("v4.example: 192.0.2.4"));
}

static void a_name_of_which_half_is_unknown_is_not_answered(void **state)
{
    (void)state;
    ask_for("half.example"); /* SERVFAIL for A, no AAAA: it may well have an address */
    ask_for("half6.example");
    ask_for("mute.example");
    resolve();
    assert_int_equal(findings.lines.count, 3);
    assert_true(found("half.example: none"));
    assert_true(found("half6.example: 2001:db8::66"));
    assert_true(found("mute.example: none"));
    assert_int_equal(findings.answered, 0);
    ask_for("v4.example");
    ask_for("gone.example");
    resolve();
    assert_int_equal(findings.answered, 2);
}

static void no_server_at_all_is_a_name_without_address(void **state)
{
    (void)state;
    char address[64];
    snprintf(address, sizeof address, "%s", dns_server_address(server));
    dns_server_stop(server);
    server = NULL; /* its port is closed now */
    ask_for("www.example");
    assert_int_equal(resolve_with((struct resolver_options){.server = address}), CS_OK);
    assert_true(found("www.example: none"));
}

static void many_names_are_each_found_once_with_few_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof name, "host%d.example", i);
        ask_for(i % 3 == 0 ? "v4.example" : name);
    }
    assert_int_equal(resolve_with((struct resolver_options){.max_at_once = 7, .timeout_ms = 2000}), CS_OK);
    assert_int_equal(findings.lines.count, 300);
    size_t with_address = 0;
    for (size_t i = 0; i < findings.lines.count; i++)
        with_address += strcmp(findings.lines.items[i], "v4.example: 192.0.2.4") == 0;
    assert_int_equal(with_address, 100);
}

static void at_most_so_many_are_asked_at_once(void **state)
{
    (void)state;
    findings.fail_at = 1; /* stop at the first answer */
    for (int i = 0; i < 50; i++)
        ask_for("silent.example");
    assert_int_equal(resolve_with((struct resolver_options){.max_at_once = 2, .tries = 1}), CS_E_FULL);
    assert_true(dns_server_questions(server, "silent.example") <= 4); /* 2 names, A and AAAA */
}

static void the_first_error_of_the_callback_ends_the_run(void **state)
{
    (void)state;
    findings.fail_at = 2;
    ask_for("v4.example");
    ask_for("v6.example");
    ask_for("www.example");
    assert_int_equal(resolve_with((struct resolver_options){.max_at_once = 1}), CS_E_FULL);
    assert_int_equal(findings.lines.count, 2);
}

static void localhost_needs_no_dns(void **state)
{
    (void)state;
    struct resolver_options options = {.timeout_ms = 150};
    struct diag diag = {0};
    ask_for("localhost");
    assert_int_equal(resolver_run(&names, &options, on_found, &findings, &diag), CS_OK);
    assert_int_equal(findings.lines.count, 1);
    assert_non_null(strstr(findings.lines.items[0], "127.0.0.1"));
}

static void a_name_never_becomes_another_one_by_the_search_list(void **state)
{
    (void)state;
    assert_int_equal(setenv("LOCALDOMAIN", "campus.example", 1), 0);
    ask_for("typo.example");
    ask_for("www");
    resolve();
    unsetenv("LOCALDOMAIN");
    assert_int_equal(findings.lines.count, 2);
    for (size_t i = 0; i < findings.lines.count; i++)
        assert_null(strstr(findings.lines.items[i], "192.0.2.66"));
    assert_int_equal(dns_server_questions(server, "typo.example.campus"), 0);
    assert_int_equal(dns_server_questions(server, "www.campus"), 0);
}

static void no_name_is_no_work(void **state)
{
    (void)state;
    resolve();
    assert_int_equal(findings.lines.count, 0);
    assert_int_equal(dns_server_questions(server, ""), 0);
}

static void a_server_that_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"dns.example",     "192.0.2.1:0", "192.0.2.1:70000", "192.0.2.1:", "",
                                      "[2001:db8::1]53", "[::1",        "192.0.2.1:53x"};
    ask_for("www.example");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct resolver_options options = {.server = bad[i]};
        struct diag diag = {0};
        char expected[128];
        snprintf(expected, sizeof expected, "DNS server \"%s\": expected ADDRESS or ADDRESS:PORT", bad[i]);
        if (resolver_run(&names, &options, on_found, &findings, &diag) != CS_E_INVALID)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_string_equal(diag.text, expected);
    }
    assert_int_equal(findings.lines.count, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_name_has_all_its_addresses_of_both_families),
        CASE(one_family_is_enough),
        CASE(an_alias_is_followed_and_keeps_its_name),
        CASE(an_address_given_twice_is_one),
        CASE(a_name_that_does_not_exist_has_none),
        CASE(names_that_lead_nowhere_have_none),
        CASE(a_silent_server_is_given_up_in_bounded_time),
        CASE(broken_answers_are_no_addresses),
        CASE(a_name_of_which_half_is_unknown_is_not_answered),
        CASE(no_server_at_all_is_a_name_without_address),
        CASE(many_names_are_each_found_once_with_few_at_once),
        CASE(at_most_so_many_are_asked_at_once),
        CASE(the_first_error_of_the_callback_ends_the_run),
        CASE(localhost_needs_no_dns),
        CASE(a_name_never_becomes_another_one_by_the_search_list),
        CASE(no_name_is_no_work),
        CASE(a_server_that_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
