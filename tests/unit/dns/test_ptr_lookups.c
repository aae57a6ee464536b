// SPDX-License-Identifier: Apache-2.0
/* Against a DNS server of the test's own. */
#include "dns/ptr_lookups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/dns_server.h"

static const struct dns_record zone[] = {
    {"1.2.0.192.in-addr.arpa", "PTR", "host.example"},
    {"2.2.0.192.in-addr.arpa", "silent", NULL},
    {"5.2.0.192.in-addr.arpa", "PTR", "b.example"},
    {"5.2.0.192.in-addr.arpa", "PTR", "a.example"},
    {"6.2.0.192.in-addr.arpa", "CNAME", "6.0-7.2.0.192.in-addr.arpa"}, /* RFC 2317 */
    {"6.0-7.2.0.192.in-addr.arpa", "PTR", "delegated.example"},
    {"e.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "PTR", "six.example"},
    {"3.2.0.192.in-addr.arpa", "servfail", NULL},
};

static struct dns_server *server;
static struct ptr_lookups *lookups;

static int start(void **state)
{
    struct diag diag;
    (void)state;
    server = dns_server_start(zone, sizeof zone / sizeof zone[0]);
    if (server == NULL)
        return -1;
    const struct resolver_options options = {.server = dns_server_address(server),
                                             .timeout_ms = 1000,
                                             .tries = 1,
                                             .give_up_after = 8,
                                             .lost_after = 150};
    return ptr_lookups_start(&lookups, &options, &diag) == CS_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    ptr_lookups_free(lookups);
    dns_server_stop(server);
    return 0;
}

static void ask(const char *ip)
{
    struct ip address;
    assert_int_equal(ip_parse(ip, strlen(ip), &address), CS_OK);
    assert_int_equal(ptr_lookups_ask(lookups, address), CS_OK);
}

static struct ptr_answer wait_for_answer(void)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    struct ptr_answer answer = {0};
    bool got = false;
    for (int i = 0; i < 2000 && !got; i++) {
        assert_int_equal(ptr_lookups_take(lookups, &answer, &got), CS_OK);
        if (!got)
            nanosleep(&moment, NULL);
    }
    assert_true(got);
    return answer;
}

static void answer_is(const char *ip, const char *name, bool answered)
{
    char text[IP_TEXT_SIZE];
    struct ptr_answer answer = wait_for_answer();
    assert_string_equal(ip_format(text, answer.ip), ip);
    assert_int_equal(answer.answered, answered);
    if (name == NULL)
        assert_null(answer.name);
    else
        assert_string_equal(answer.name, name);
    free(answer.name);
}

static void an_address_is_answered_once_whatever_the_dns_does(void **state)
{
    struct ptr_answer answer;
    bool got;
    (void)state;
    ask("192.0.2.1");
    answer_is("192.0.2.1", "host.example", true);
    ask("192.0.2.2");
    answer_is("192.0.2.2", NULL, false);
    ask("192.0.2.3");
    answer_is("192.0.2.3", NULL, false);
    ask("192.0.2.4");
    answer_is("192.0.2.4", NULL, true);
    assert_int_equal(ptr_lookups_take(lookups, &answer, &got), CS_OK);
    assert_false(got);
}

static void names_are_found_for_both_families_behind_aliases_and_among_several(void **state)
{
    (void)state;
    ask("2001:db8::fe");
    answer_is("2001:db8::fe", "six.example", true);
    ask("192.0.2.6");
    answer_is("192.0.2.6", "delegated.example", true);
    ask("192.0.2.5");
    answer_is("192.0.2.5", "a.example", true);
}

static void quick_answers_do_not_wait_for_slow_ones(void **state)
{
    (void)state;
    ask("192.0.2.2");
    ask("192.0.2.1");
    answer_is("192.0.2.1", "host.example", true);
    answer_is("192.0.2.2", NULL, false);
}

static void after_a_stop_nobody_is_asked_and_all_is_answered(void **state)
{
    (void)state;
    ask("192.0.2.2");
    ptr_lookups_stop(lookups);
    answer_is("192.0.2.2", NULL, false);
    ask("192.0.2.1");
    answer_is("192.0.2.1", NULL, false);
    assert_int_equal(dns_server_questions(server, "1.2."), 0);
}

static void a_dns_that_stops_answering_is_left_alone_too(void **state)
{
    (void)state;
    for (int silent = 0; silent < 200; silent += 100) { /* as many as are below the limit end nothing */
        for (int i = 0; i < silent; i++)
            ask("192.0.2.2");
        for (int i = 0; i < silent; i++)
            answer_is("192.0.2.2", NULL, false);
        ask("192.0.2.1");
        answer_is("192.0.2.1", "host.example", true);
    }
    for (int i = 0; i < 200; i++)
        ask("192.0.2.2");
    for (int i = 0; i < 200; i++)
        answer_is("192.0.2.2", NULL, false);
    ask("192.0.2.1");
    answer_is("192.0.2.1", NULL, false);
}

static void a_dns_that_never_answers_is_left_alone(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        ask("192.0.2.2");
    for (int i = 0; i < 100; i++)
        answer_is("192.0.2.2", NULL, false);
    ask("192.0.2.1");
    answer_is("192.0.2.1", NULL, false);
    assert_int_equal(dns_server_questions(server, "1.2."), 0);
}

static void what_is_under_way_at_the_end_leaks_nothing(void **state)
{
    (void)state;
    ask("192.0.2.1");
    ask("192.0.2.2");
}

static void a_server_that_is_no_address_is_refused(void **state)
{
    struct ptr_lookups *none;
    struct diag diag;
    const struct resolver_options options = {.server = "dns.example"};
    (void)state;
    assert_int_equal(ptr_lookups_start(&none, &options, &diag), CS_E_INVALID);
    assert_null(none);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_address_is_answered_once_whatever_the_dns_does),
        CASE(names_are_found_for_both_families_behind_aliases_and_among_several),
        CASE(quick_answers_do_not_wait_for_slow_ones),
        CASE(after_a_stop_nobody_is_asked_and_all_is_answered),
        CASE(a_dns_that_stops_answering_is_left_alone_too),
        CASE(a_dns_that_never_answers_is_left_alone),
        CASE(what_is_under_way_at_the_end_leaks_nothing),
        CASE(a_server_that_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
