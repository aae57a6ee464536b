// SPDX-License-Identifier: Apache-2.0
#include "scanner/follow_ups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static struct follow_ups *ups;

static int begin(void **state)
{
    (void)state;
    return follow_ups_new(&ups, 4) == CS_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    follow_ups_free(ups);
    return 0;
}

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_int_equal(ip_parse(text, strlen(text), &ip), CS_OK);
    return ip;
}

/* `leaf` is the first byte of the certificate's hash; 0 = none was shown. */
static void met(const char *ip, uint16_t port, const char *name, uint8_t leaf)
{
    struct der der = {.sha256 = {leaf}};
    const struct observation seen = {
        .has_ip = true,
        .ip = ip_of(ip),
        .port = port,
        .server_name = name,
        .chains = {{.certs = &der, .cert_count = 1}},
        .chain_count = leaf != 0,
    };
    assert_int_equal(follow_ups_met(ups, &seen), CS_OK);
}

static void seen(const char *ip, const char *name)
{
    struct ip at = ip_of(ip);
    assert_int_equal(follow_ups_seen(ups, &at, name, NAME_SOURCE_SEEN), CS_OK);
}

static void points(const char *name, const char *ip)
{
    assert_int_equal(follow_ups_points(ups, name, ip_of(ip), NAME_SOURCE_PTR), CS_OK);
}

/* The next round, as "192.0.2.1:443#name ...". */
static void round_is(const char *expected)
{
    struct buf got = {0};
    struct follow_up up;
    char ip[IP_TEXT_SIZE];
    bool more = true;
    follow_ups_begin_round(ups);
    for (;;) {
        assert_int_equal(follow_ups_next(ups, &up, &more), CS_OK);
        if (!more)
            break;
        buf_printf(&got, "%s%s:%u#%s", got.len > 0 ? " " : "", ip_format(ip, up.ip), up.port, up.name);
    }
    assert_string_equal(buf_str(&got), expected);
    buf_dispose(&got);
}

static void unresolved_are(size_t max, const char *expected)
{
    struct text_list names = {0};
    struct buf got = {0};
    assert_int_equal(follow_ups_unresolved(ups, max, &names), CS_OK);
    for (size_t i = 0; i < names.count; i++)
        buf_printf(&got, "%s%s", i > 0 ? " " : "", names.items[i]);
    assert_string_equal(buf_str(&got), expected);
    text_list_dispose(&names);
    buf_dispose(&got);
}

static void only_addresses_that_have_shown_something_get_names(void **state)
{
    (void)state;
    met("192.0.2.1", 443, NULL, 1);
    points("a.example", "192.0.2.1");
    points("a.example", "192.0.2.2");
    round_is("192.0.2.1:443#a.example");
    round_is("");
}

static void every_port_of_an_address_is_asked_for_one_name_in_a_round(void **state)
{
    (void)state;
    met("192.0.2.1", 443, NULL, 1);
    met("192.0.2.1", 8443, NULL, 0); /* an alert for want of a name */
    points("a.example", "192.0.2.1");
    points("b.example", "192.0.2.1");
    points("a.example", "192.0.2.1");
    round_is("192.0.2.1:443#a.example 192.0.2.1:8443#a.example");
    round_is("192.0.2.1:443#b.example 192.0.2.1:8443#b.example");
    round_is("");
}

static void a_name_that_was_asked_for_already_is_not_asked_for_again(void **state)
{
    (void)state;
    met("192.0.2.1", 443, NULL, 1);
    met("192.0.2.1", 443, "given.example", 2);
    points("given.example", "192.0.2.1");
    points("GIVEN.example.", "192.0.2.1");
    round_is("");
}

static void three_in_a_row_that_bring_nothing_new_end_it(void **state)
{
    struct follow_ups_counts counts;
    (void)state;
    follow_ups_free(ups);
    assert_int_equal(follow_ups_new(&ups, 10), CS_OK);
    met("192.0.2.1", 443, NULL, 1);
    for (int i = 0; i < 8; i++) {
        char name[32];
        snprintf(name, sizeof name, "n%d.example", i);
        points(name, "192.0.2.1");
    }
    round_is("192.0.2.1:443#n0.example");
    met("192.0.2.1", 443, "n0.example", 1);
    met("192.0.2.1", 443, "n0.example", 1); /* the same result told again */
    met("192.0.2.1", 443, "n0.example", 1);
    round_is("192.0.2.1:443#n1.example");
    met("192.0.2.1", 443, "n1.example", 2); /* which begins the row anew */
    for (int i = 2; i < 5; i++) {
        char expected[64];
        char name[32];
        snprintf(name, sizeof name, "n%d.example", i);
        snprintf(expected, sizeof expected, "192.0.2.1:443#%s", name);
        round_is(expected);
        met("192.0.2.1", 443, name, 2);
    }
    round_is("");
    follow_ups_count(ups, &counts);
    assert_int_equal(counts.tried, 5);
    assert_int_equal(counts.in_a_row, 3);
}

static void a_name_that_brings_no_certificate_breaks_no_row_and_makes_none(void **state)
{
    (void)state;
    met("192.0.2.1", 443, NULL, 1);
    points("a.example", "192.0.2.1");
    points("b.example", "192.0.2.1");
    points("c.example", "192.0.2.1");
    points("d.example", "192.0.2.1");
    met("192.0.2.1", 443, "a.example", 0);
    met("192.0.2.1", 443, "b.example", 0);
    met("192.0.2.1", 443, "c.example", 0);
    round_is("192.0.2.1:443#d.example");
}

static void an_address_has_so_many_names_and_no_more(void **state)
{
    struct follow_ups_counts counts;
    (void)state;
    met("192.0.2.1", 443, NULL, 1);
    for (int i = 0; i < 6; i++) {
        char name[32];
        snprintf(name, sizeof name, "n%d.example", i);
        points(name, "192.0.2.1");
    }
    for (int i = 0; i < 4; i++) {
        follow_ups_begin_round(ups);
        struct follow_up up;
        bool more;
        assert_int_equal(follow_ups_next(ups, &up, &more), CS_OK);
        assert_true(more);
    }
    round_is("");
    follow_ups_count(ups, &counts);
    assert_int_equal(counts.beyond_limit, 2);
}

static void better_sources_come_first_and_push_out_worse_ones(void **state)
{
    struct follow_ups_counts counts;
    (void)state;
    follow_ups_free(ups);
    assert_int_equal(follow_ups_new(&ups, 2), CS_OK);
    met("192.0.2.1", 443, NULL, 1);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"seen1.example", "seen2.example", "seen3.example"};
        seen("192.0.2.1", names[i]);
    }
    assert_int_equal(follow_ups_resolved(ups, "seen3.example", ip_of("192.0.2.1")), CS_OK);
    assert_int_equal(follow_ups_resolved(ups, "seen2.example", ip_of("192.0.2.1")), CS_OK);
    assert_int_equal(follow_ups_resolved(ups, "seen1.example", ip_of("192.0.2.1")), CS_OK);
    points("ptr.example", "192.0.2.1");
    assert_int_equal(follow_ups_points(ups, "given.example", ip_of("192.0.2.1"), NAME_SOURCE_GIVEN), CS_OK);
    round_is("192.0.2.1:443#given.example"); /* which takes nobody's place */
    round_is("192.0.2.1:443#ptr.example");
    round_is("192.0.2.1:443#seen1.example");
    round_is("");
    follow_ups_count(ups, &counts);
    assert_int_equal(counts.beyond_limit, 2);
}

static void what_was_given_out_stays_before_what_comes_later(void **state)
{
    (void)state;
    met("192.0.2.1", 443, NULL, 1);
    seen("192.0.2.1", "seen.example");
    assert_int_equal(follow_ups_resolved(ups, "seen.example", ip_of("192.0.2.1")), CS_OK);
    round_is("192.0.2.1:443#seen.example");
    points("ptr.example", "192.0.2.1");
    round_is("192.0.2.1:443#ptr.example");
    round_is("");
}

static void names_of_targets_are_not_counted_in_a_row(void **state)
{
    (void)state;
    met("192.0.2.1", 443, NULL, 1);
    met("192.0.2.1", 443, "a.example", 1);
    met("192.0.2.1", 443, "b.example", 1);
    met("192.0.2.1", 443, "c.example", 1);
    points("d.example", "192.0.2.1");
    round_is("192.0.2.1:443#d.example");
}

static void what_cannot_be_sent_is_no_name(void **state)
{
    static const char *const bad[] = {"localhost", "*", "*.",         "*.*.example",      "a b.example",
                                      "192.0.2.1", "",  "a..example", "\x1b[31m.example", "x\xff.example"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        seen("192.0.2.1", bad[i]);
    char endless[400];
    memset(endless, 'a', sizeof endless);
    memcpy(endless + sizeof endless - 9, ".example", 9);
    seen("192.0.2.1", endless);
    unresolved_are(10, "");
}

static void names_are_told_once_and_wildcards_by_their_base(void **state)
{
    (void)state;
    seen("192.0.2.1", "*.Example.org");
    seen("192.0.2.1", "www.example.org.");
    seen("192.0.2.1", "WWW.example.org");
    unresolved_are(1, "example.org");
    unresolved_are(10, "www.example.org");
    unresolved_are(10, "");
    seen("192.0.2.1", "new.example.org");
    unresolved_are(10, "new.example.org");
}

static void new_addresses_are_told_once(void **state)
{
    size_t count;
    (void)state;
    met("192.0.2.1", 443, NULL, 1);
    met("192.0.2.1", 8443, NULL, 1);
    met("2001:db8::1", 443, NULL, 1);
    const struct ip *ips = follow_ups_new_addresses(ups, &count);
    assert_int_equal(count, 2);
    assert_true(ip_equals(ips[1], ip_of("2001:db8::1")));
    follow_ups_new_addresses(ups, &count);
    assert_int_equal(count, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, begin, end)

static void one_address_cannot_make_a_scan_ask_for_names_without_end(void **state)
{
    struct follow_ups_counts counts;
    struct text_list names = {0};
    char name[64];
    (void)state;
    met("192.0.2.1", 443, NULL, 1);
    met("192.0.2.2", 443, NULL, 1);
    for (int i = 0; i < FOLLOW_UPS_NAMES_AT + 5; i++) {
        snprintf(name, sizeof name, "n%d.example", i);
        for (int times = 0; times < 2; times++)
            seen("192.0.2.1", name);
    }
    seen("192.0.2.1", "n7.example");
    seen("192.0.2.2", "other.example");
    assert_int_equal(follow_ups_unresolved(ups, SIZE_MAX, &names), CS_OK);
    assert_int_equal(names.count, FOLLOW_UPS_NAMES_AT + 1);
    assert_string_equal(names.items[FOLLOW_UPS_NAMES_AT], "other.example");
    follow_ups_count(ups, &counts);
    assert_int_equal(counts.not_asked, 2 * 5);
    text_list_dispose(&names);
}

/* A hundred thousand addresses, each with a name of its own, and one name each in a round. */
static void many_addresses_have_many_names(void **state)
{
    enum { MANY = 100000 };
    struct der der = {.sha256 = {1}};
    struct observation seen = {.port = 443, .chains = {{.certs = &der, .cert_count = 1}}, .chain_count = 1};
    struct text_list names = {0};
    struct follow_up up;
    bool more = true;
    size_t count = 0;
    char name[64];
    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        seen.ip = ip_from_v4(0x0A000000 + i);
        snprintf(name, sizeof name, "h%u.example", i);
        assert_int_equal(follow_ups_met(ups, &seen), CS_OK);
        assert_int_equal(follow_ups_seen(ups, &seen.ip, name, NAME_SOURCE_SEEN), CS_OK);
        assert_int_equal(follow_ups_resolved(ups, name, seen.ip), CS_OK);
    }
    assert_int_equal(follow_ups_unresolved(ups, SIZE_MAX, &names), CS_OK);
    assert_int_equal(names.count, MANY);
    follow_ups_begin_round(ups);
    for (; more; count += more)
        assert_int_equal(follow_ups_next(ups, &up, &more), CS_OK);
    assert_int_equal(count, MANY);
    text_list_dispose(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(only_addresses_that_have_shown_something_get_names),
        STORY(every_port_of_an_address_is_asked_for_one_name_in_a_round),
        STORY(a_name_that_was_asked_for_already_is_not_asked_for_again),
        STORY(three_in_a_row_that_bring_nothing_new_end_it),
        STORY(a_name_that_brings_no_certificate_breaks_no_row_and_makes_none),
        STORY(an_address_has_so_many_names_and_no_more),
        STORY(better_sources_come_first_and_push_out_worse_ones),
        STORY(what_was_given_out_stays_before_what_comes_later),
        STORY(names_of_targets_are_not_counted_in_a_row),
        STORY(what_cannot_be_sent_is_no_name),
        STORY(names_are_told_once_and_wildcards_by_their_base),
        STORY(new_addresses_are_told_once),
        STORY(one_address_cannot_make_a_scan_ask_for_names_without_end),
        STORY(many_addresses_have_many_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
