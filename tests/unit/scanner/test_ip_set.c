// SPDX-License-Identifier: Apache-2.0
#include "scanner/ip_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/hash.h"

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_int_equal(ip_parse(text, strlen(text), &ip), CS_OK);
    return ip;
}

/* A set of ranges separated by spaces, normal. */
static struct ip_set set_of(const char *text)
{
    struct ip_set set = {0};
    for (const char *at = text; *at != '\0'; at += *at == ' ') {
        size_t len = strcspn(at, " ");
        struct ip_range range;
        assert_int_equal(ip_range_parse(at, len, &range, NULL), CS_OK);
        assert_int_equal(ip_set_add(&set, range), CS_OK);
        at += len;
    }
    assert_int_equal(ip_set_normalize(&set), CS_OK);
    return set;
}

/* Compares and disposes. */
static void is(struct ip_set *set, const char *expected)
{
    struct buf text = {0};
    char range[RANGE_TEXT_SIZE];
    for (size_t i = 0; i < set->count; i++)
        buf_printf(&text, i > 0 ? " %s" : "%s", ip_range_format(range, set->ranges[i]));
    assert_string_equal(buf_str(&text), expected);
    buf_dispose(&text);
    ip_set_dispose(set);
}

static void holds(const char *given, const char *expected)
{
    struct ip_set set = set_of(given);
    is(&set, expected);
}

static void without(const char *given, const char *minus_text, const char *expected)
{
    struct ip_set set = set_of(given);
    struct ip_set minus = set_of(minus_text);
    assert_int_equal(ip_set_subtract(&set, &minus), CS_OK);
    is(&set, expected);
    ip_set_dispose(&minus);
}

static void common(const char *given, const char *with_text, const char *expected)
{
    struct ip_set set = set_of(given);
    struct ip_set with = set_of(with_text);
    assert_int_equal(ip_set_intersect(&set, &with), CS_OK);
    is(&set, expected);
    ip_set_dispose(&with);
}

static void ranges_are_sorted_and_joined(void **state)
{
    (void)state;
    holds("", "");
    holds("192.0.2.9 192.0.2.1", "192.0.2.1 192.0.2.9");
    holds("192.0.2.0/25 192.0.2.128/25", "192.0.2.0/24");
    holds("192.0.2.0/24 192.0.2.7 192.0.2.0/28", "192.0.2.0/24");
    holds("192.0.2.1 192.0.2.1 192.0.2.1", "192.0.2.1");
    holds("0.0.0.0/0 255.255.255.255", "0.0.0.0/0");
    holds("2001:db8::2 2001:db8::1 192.0.2.1", "192.0.2.1 2001:db8::1-2001:db8::2");
}

static void families_are_not_joined(void **state)
{
    (void)state;
    holds("0.0.0.0 ::fffe:ffff:ffff", "::fffe:ffff:ffff 0.0.0.0");
    holds("255.255.255.255 ::1:0:0:0", "255.255.255.255 ::1:0:0:0");
}

static void a_range_over_all_of_ipv6_holds_no_ipv4(void **state)
{
    (void)state;
    holds("::/0", "::-::fffe:ffff:ffff ::1:0:0:0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    holds("::/80", "::-::fffe:ffff:ffff"); /* ends where IPv4 ends */
    holds("::/0 10.0.0.0/8",
          "::-::fffe:ffff:ffff 10.0.0.0/8 ::1:0:0:0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    without("192.0.2.0/24 2001:db8::/32", "::/0", "192.0.2.0/24");
    without("192.0.2.0/24 2001:db8::/32", "0.0.0.0/0", "2001:db8::/32");
}

static void taking_out_splits_trims_and_empties(void **state)
{
    (void)state;
    without("192.0.2.0/24", "192.0.2.7", "192.0.2.0-192.0.2.6 192.0.2.8-192.0.2.255");
    without("192.0.2.0/24", "192.0.2.0/25", "192.0.2.128/25");
    without("192.0.2.0/24", "192.0.2.128-198.51.100.0", "192.0.2.0/25");
    without("192.0.2.0/24", "192.0.0.0/16", "");
    without("192.0.2.0/24 198.51.100.0/24", "192.0.2.255-198.51.100.0",
            "192.0.2.0-192.0.2.254 198.51.100.1-198.51.100.255");
    without("192.0.2.0/24", "", "192.0.2.0/24");
    without("", "192.0.2.0/24", "");
    without("255.255.255.254/31", "255.255.255.255", "255.255.255.254");
    without("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe");
}

static void what_is_common_stays(void **state)
{
    (void)state;
    common("192.0.2.0/24", "192.0.2.7 192.0.2.9-192.0.3.5", "192.0.2.7 192.0.2.9-192.0.2.255");
    common("192.0.2.0/24", "198.51.100.0/24", "");
    common("192.0.2.0/24", "", "");
    common("192.0.2.1 192.0.2.3 192.0.2.5", "192.0.2.2-192.0.2.5", "192.0.2.3 192.0.2.5");
}

static void size_counts_addresses_of_any_family(void **state)
{
    (void)state;
    struct ip_set set = set_of("10.0.0.0/8 2001:db8::/64");
    assert_true(ip_set_size(&set) == ((u128)1 << 24) + ((u128)1 << 64));
    ip_set_dispose(&set);
    struct ip_set empty = {0};
    assert_true(ip_set_size(&empty) == 0);
}

static void the_ends_of_each_range_are_found_by_index(void **state)
{
    (void)state;
    struct ip_set set = set_of("192.0.2.10-192.0.2.19 198.51.100.7 2001:db8::/127");
    static const char *const expected[] = {
        "192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.13",   "192.0.2.14", "192.0.2.15", "192.0.2.16",
        "192.0.2.17", "192.0.2.18", "192.0.2.19", "198.51.100.7", "2001:db8::", "2001:db8::1"};
    assert_true(ip_set_size(&set) == sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_true(ip_equals(ip_set_at(&set, i), ip_of(expected[i])));
    ip_set_dispose(&set);
}

static void membership_ends_where_ranges_end(void **state)
{
    (void)state;
    struct ip_set set = set_of("192.0.2.10-192.0.2.19 198.51.100.7");
    assert_true(ip_set_has(&set, ip_of("192.0.2.10")));
    assert_true(ip_set_has(&set, ip_of("192.0.2.19")));
    assert_true(ip_set_has(&set, ip_of("198.51.100.7")));
    assert_false(ip_set_has(&set, ip_of("192.0.2.9")));
    assert_false(ip_set_has(&set, ip_of("192.0.2.20")));
    assert_false(ip_set_has(&set, ip_of("198.51.100.8")));
    assert_false(ip_set_has(&set, ip_of("2001:db8::1")));
    ip_set_dispose(&set);
    struct ip_set empty = {0};
    assert_false(ip_set_has(&empty, ip_of("192.0.2.1")));
}

#define MODEL_SIZE 256 /* 192.0.2.0/24 as booleans */

struct pair {
    struct ip_set set;
    bool model[MODEL_SIZE];
};

static void fill(struct pair *pair, uint64_t *random)
{
    *pair = (struct pair){0};
    unsigned ranges = (unsigned)(hash_next_random(random) % 12);
    for (unsigned i = 0; i < ranges; i++) {
        uint32_t first = (uint32_t)(hash_next_random(random) % MODEL_SIZE);
        uint32_t last = first + (uint32_t)(hash_next_random(random) % 40);
        last = last < MODEL_SIZE ? last : MODEL_SIZE - 1;
        struct ip_range range = {ip_from_v4(0xC0000200u + first), ip_from_v4(0xC0000200u + last)};
        assert_int_equal(ip_set_add(&pair->set, range), CS_OK);
        for (uint32_t at = first; at <= last; at++)
            pair->model[at] = true;
    }
    assert_int_equal(ip_set_normalize(&pair->set), CS_OK);
}

static void agrees_with_model(const struct pair *pair)
{
    u128 size = 0;
    for (uint32_t i = 0; i < MODEL_SIZE; i++) {
        struct ip ip = ip_from_v4(0xC0000200u + i);
        assert_int_equal(ip_set_has(&pair->set, ip), pair->model[i]);
        if (pair->model[i])
            assert_true(ip_equals(ip_set_at(&pair->set, size++), ip));
    }
    assert_true(ip_set_size(&pair->set) == size);
    for (size_t i = 1; i < pair->set.count; i++) /* disjoint and not adjacent */
        assert_true(ip_to_u128(pair->set.ranges[i].first) > ip_to_u128(pair->set.ranges[i - 1].last) + 1);
}

static void random_sets_agree_with_a_naive_model(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (int round = 0; round < 2000; round++) {
        struct pair left;
        struct pair right;
        bool minus = round % 2 == 0;
        fill(&left, &random);
        fill(&right, &random);
        for (size_t i = 0; i < MODEL_SIZE; i++)
            left.model[i] = left.model[i] && right.model[i] != minus;
        assert_int_equal(
            minus ? ip_set_subtract(&left.set, &right.set) : ip_set_intersect(&left.set, &right.set), CS_OK);
        agrees_with_model(&left);
        ip_set_dispose(&left.set);
        ip_set_dispose(&right.set);
    }
}

static void addresses_in_a_range_are_counted(void **state)
{
    static const struct {
        const char *range;
        unsigned count;
    } rows[] = {
        {"192.0.2.0/24", 21},          {"192.0.2.10", 1},      {"192.0.2.9", 0},       {"192.0.2.19", 1},
        {"192.0.2.15-192.0.2.35", 11}, {"0.0.0.0/0", 21},      {"198.51.100.0/24", 0}, {"::/0", 16},
        {"192.0.2.20-192.0.2.29", 0},  {"2001:db8::8/125", 8},
    };
    struct ip_set set = set_of("192.0.2.10-192.0.2.19 192.0.2.30-192.0.2.40 2001:db8::/124");
    struct ip_set none = {0};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ip_range range;
        assert_int_equal(ip_range_parse(rows[i].range, strlen(rows[i].range), &range, NULL), CS_OK);
        if (ip_set_count_in(&set, range) != rows[i].count)
            fail_msg("%s", rows[i].range);
        assert_true(ip_set_count_in(&none, range) == 0);
    }
    ip_set_dispose(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_sorted_and_joined),
        cmocka_unit_test(families_are_not_joined),
        cmocka_unit_test(a_range_over_all_of_ipv6_holds_no_ipv4),
        cmocka_unit_test(taking_out_splits_trims_and_empties),
        cmocka_unit_test(what_is_common_stays),
        cmocka_unit_test(size_counts_addresses_of_any_family),
        cmocka_unit_test(the_ends_of_each_range_are_found_by_index),
        cmocka_unit_test(membership_ends_where_ranges_end),
        cmocka_unit_test(addresses_in_a_range_are_counted),
        cmocka_unit_test(random_sets_agree_with_a_naive_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
