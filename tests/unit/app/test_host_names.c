// SPDX-License-Identifier: Apache-2.0
/* Against a DNS server of the test's own. */
#include "app/host_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/dns_server.h"

static const struct dns_record zone[] = {
    {"1.2.0.192.in-addr.arpa", "PTR", "Host.Example"},
    {"2.2.0.192.in-addr.arpa", "silent", NULL},
    {"3.2.0.192.in-addr.arpa", "PTR", "localhost"},
};

static struct dns_server *server;
static struct host_names *names;

static int start(void **state)
{
    struct diag diag;
    (void)state;
    server = dns_server_start(zone, sizeof zone / sizeof zone[0]);
    if (server == NULL)
        return -1;
    const struct resolver_options options = {
        .server = dns_server_address(server), .timeout_ms = 300, .tries = 1};
    return host_names_new(&names, &options, &diag) == CS_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    host_names_free(names);
    dns_server_stop(server);
    return 0;
}

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_int_equal(ip_parse(text, strlen(text), &ip), CS_OK);
    return ip;
}

static void asks(const char *ip)
{
    assert_int_equal(host_names_ask(names, ip_of(ip)), CS_OK);
}

static void waits_for_all(void)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    for (int i = 0; i < 2000 && host_names_pending(names) > 0; i++) {
        nanosleep(&moment, NULL);
        assert_int_equal(host_names_update(names), CS_OK);
    }
    assert_int_equal(host_names_pending(names), 0);
}

static void late_is(const char *ip, const char *name)
{
    struct ip at;
    const char *late;
    assert_true(host_names_take_late(names, &at, &late));
    assert_true(ip_equals(at, ip_of(ip)));
    assert_string_equal(late, name);
}

static void no_more_is_late(void)
{
    struct ip at;
    const char *late;
    assert_false(host_names_take_late(names, &at, &late));
}

static void an_address_is_asked_about_once_and_its_name_kept(void **state)
{
    struct ip ip;
    (void)state;
    asks("192.0.2.1");
    asks("192.0.2.1");
    assert_int_equal(host_names_pending(names), 1);
    assert_true(host_names_is_pending(names, ip_of("192.0.2.1")));
    assert_null(host_names_of(names, ip_of("192.0.2.1")));
    waits_for_all();
    asks("192.0.2.1");
    assert_int_equal(host_names_pending(names), 0);
    assert_string_equal(host_names_of(names, ip_of("192.0.2.1")), "host.example");
    assert_true(host_names_find(names, "host.example", &ip));
    assert_true(ip_equals(ip, ip_of("192.0.2.1")));
    assert_true(host_names_have_answered(names));
    assert_int_equal(dns_server_questions(server, "1.2."), 1);
}

static void what_is_no_name_to_send_or_never_comes_is_none(void **state)
{
    struct ip ip;
    (void)state;
    asks("192.0.2.2");
    waits_for_all();
    assert_false(host_names_have_answered(names));
    asks("192.0.2.3");
    asks("192.0.2.4");
    waits_for_all();
    assert_true(host_names_have_answered(names));
    assert_null(host_names_of(names, ip_of("192.0.2.2")));
    assert_null(host_names_of(names, ip_of("192.0.2.3")));
    assert_null(host_names_of(names, ip_of("192.0.2.4")));
    assert_null(host_names_of(names, ip_of("192.0.2.5"))); /* nobody asked */
    assert_false(host_names_find(names, "localhost", &ip));
}

static void a_name_that_was_missed_is_told_once_when_it_comes(void **state)
{
    (void)state;
    asks("192.0.2.1");
    asks("192.0.2.2");
    host_names_miss(names, ip_of("192.0.2.1"));
    host_names_miss(names, ip_of("192.0.2.1"));
    host_names_miss(names, ip_of("192.0.2.2"));
    host_names_miss(names, ip_of("192.0.2.9")); /* nobody asked */
    no_more_is_late();
    waits_for_all();
    late_is("192.0.2.1", "host.example");
    no_more_is_late();
    host_names_miss(names, ip_of("192.0.2.1")); /* it is known by now */
    no_more_is_late();
}

static void after_a_stop_nothing_is_waited_for(void **state)
{
    (void)state;
    asks("192.0.2.2");
    host_names_stop(names);
    asks("192.0.2.1");
    waits_for_all();
    assert_null(host_names_of(names, ip_of("192.0.2.1")));
    assert_int_equal(dns_server_questions(server, "1.2."), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_address_is_asked_about_once_and_its_name_kept, start, stop),
        cmocka_unit_test_setup_teardown(what_is_no_name_to_send_or_never_comes_is_none, start, stop),
        cmocka_unit_test_setup_teardown(a_name_that_was_missed_is_told_once_when_it_comes, start, stop),
        cmocka_unit_test_setup_teardown(after_a_stop_nothing_is_waited_for, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
