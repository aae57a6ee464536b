// SPDX-License-Identifier: Apache-2.0
#include "schedule/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/timefmt.h"
#include "tests/support/zone_file.h"

static struct zone *zone_of(const char *rule)
{
    uint8_t bytes[200];
    struct diag diag = {0};
    struct zone *zone;
    enum cs_err err = zone_parse(&zone, bytes, zone_file_make(bytes, rule), &diag);
    assert_string_equal(diag.text, "");
    assert_int_equal(err, CS_OK);
    return zone;
}

static int64_t at(const char *text)
{
    int64_t time_s;
    assert_int_equal(timefmt_parse(text, &time_s), CS_OK);
    return time_s;
}

static void assert_local(const struct zone *zone, const char *utc, const char *local)
{
    char out[TIMEFMT_SIZE];
    assert_string_equal(timefmt_rfc3339(out, zone_local(zone, at(utc))), local);
}

static void assert_utc(const struct zone *zone, const char *local, const char *utc)
{
    char out[TIMEFMT_SIZE];
    assert_string_equal(timefmt_rfc3339(out, zone_utc(zone, at(local))), utc);
}

static void no_zone_is_utc(void **state)
{
    (void)state;
    assert_local(NULL, "2027-03-28T02:30:00Z", "2027-03-28T02:30:00Z");
    assert_utc(NULL, "2027-03-28T02:30:00Z", "2027-03-28T02:30:00Z");
}

static void the_clock_changes_in_the_north(void **state)
{
    (void)state;
    struct zone *zone = zone_of("EET-2EEST,M3.5.0/3,M10.5.0/4");
    assert_local(zone, "2027-03-28T00:59:59Z", "2027-03-28T02:59:59Z");
    assert_local(zone, "2027-03-28T01:00:00Z", "2027-03-28T04:00:00Z");
    assert_local(zone, "2027-10-31T00:59:59Z", "2027-10-31T03:59:59Z");
    assert_local(zone, "2027-10-31T01:00:00Z", "2027-10-31T03:00:00Z");
    assert_local(zone, "2028-01-01T00:00:00Z", "2028-01-01T02:00:00Z");
    zone_free(zone);
}

static void the_clock_changes_in_the_south_where_summer_is_over_new_year(void **state)
{
    (void)state;
    struct zone *zone = zone_of("AEST-10AEDT,M10.1.0,M4.1.0/3");
    assert_local(zone, "2027-01-01T00:00:00Z", "2027-01-01T11:00:00Z");
    assert_local(zone, "2027-04-03T16:00:00Z", "2027-04-04T02:00:00Z");
    assert_local(zone, "2027-07-01T00:00:00Z", "2027-07-01T10:00:00Z");
    assert_local(zone, "2027-10-02T16:00:00Z", "2027-10-03T03:00:00Z");
    zone_free(zone);
}

static void a_time_that_is_jumped_over_is_the_moment_of_the_jump(void **state)
{
    (void)state;
    struct zone *zone = zone_of("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_utc(zone, "2027-03-28T01:59:00Z", "2027-03-28T00:59:00Z");
    assert_utc(zone, "2027-03-28T02:30:00Z", "2027-03-28T01:00:00Z");
    assert_utc(zone, "2027-03-28T03:00:00Z", "2027-03-28T01:00:00Z");
    assert_utc(zone, "2027-03-28T03:30:00Z", "2027-03-28T01:30:00Z");
    zone_free(zone);
}

static void of_a_time_that_comes_twice_the_first_counts(void **state)
{
    (void)state;
    struct zone *zone = zone_of("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_utc(zone, "2027-10-31T02:30:00Z", "2027-10-31T00:30:00Z");
    assert_utc(zone, "2027-10-31T03:00:00Z", "2027-10-31T02:00:00Z");
    zone_free(zone);
}

static void rules_have_the_forms_of_the_standard(void **state)
{
    (void)state;
    struct zone *zone = zone_of("<+0330>-3:30");
    assert_local(zone, "2027-07-01T00:00:00Z", "2027-07-01T03:30:00Z");
    zone_free(zone);
    zone = zone_of("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"); /* Nuuk: the evening before */
    assert_local(zone, "2027-03-28T00:59:59Z", "2027-03-27T22:59:59Z");
    assert_local(zone, "2027-03-28T01:00:00Z", "2027-03-28T00:00:00Z");
    zone_free(zone);
    zone = zone_of("AAA0BBB,J60/0,364/0"); /* J60 is 1 March, also in a leap year */
    assert_local(zone, "2028-02-29T23:59:59Z", "2028-02-29T23:59:59Z");
    assert_local(zone, "2028-03-01T00:00:00Z", "2028-03-01T01:00:00Z");
    zone_free(zone);
}

static void assert_refused(const uint8_t *bytes, size_t len, const char *reason)
{
    struct diag diag = {0};
    struct zone *zone;
    assert_int_equal(zone_parse(&zone, bytes, len, &diag), CS_E_MALFORMED);
    assert_null(zone);
    assert_string_equal(diag.text, reason);
}

static void what_is_no_zone_is_refused(void **state)
{
    (void)state;
    static const char *const rules[] = {"X0",
                                        "EET",
                                        "EET-25",
                                        "EET-2EEST",
                                        "EET-2EEST,M13.1.0,M10.5.0",
                                        "EET-2EEST,M3.5.0/3,M10.5.0/168",
                                        "EET-2x",
                                        "<EET-2"};
    uint8_t bytes[200];
    struct diag diag = {0};
    struct zone *zone;
    assert_refused((const uint8_t *)"", 0, "it is no TZif file");
    size_t len = zone_file_make(bytes, "UTC0");
    for (size_t cut = 5; cut < len; cut++)
        assert_int_equal(zone_parse(&zone, bytes, cut, &diag), CS_E_MALFORMED);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        assert_refused(bytes, zone_file_make(bytes, rules[i]), "its rule for the future is damaged");
    len = zone_file_make(bytes, "UTC0");
    bytes[32] = 0xFF; /* more transitions than can be */
    assert_refused(bytes, len, "it is cut off");
    uint8_t *big = calloc(1, ZONE_MAX_BYTES + 1);
    assert_int_equal(zone_parse(&zone, big, ZONE_MAX_BYTES + 1, &diag), CS_E_LIMIT);
    free(big);
}

/* Version 1: three transitions in 32 bits, and nothing is known of the time behind them. */
static void a_file_of_version_1_is_read_by_its_transitions(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        'T', 'Z', 'i',  'f',  0, 0, 0, 0, 0,    0,    0, 0, 0,   0, 0, 0, 0, 0, 0, 0, 0, 0,
        0,   0,   0,    0,    0, 0, 0, 0, 0,    0,    0, 0, 0,   2, 0, 0, 0, 2, 0, 0, 0, 2, /* counts */
        0,   0,   0,    100,  0, 0, 1, 0, 1,    0,                   /* at 100 to type 1, at 256 to type 0 */
        0,   0,   0x0E, 0x10, 0, 0, 0, 0, 0x1C, 0x20, 1, 0, 'A', 0}; /* one hour, two hours */
    struct zone *zone;
    struct diag diag;
    assert_int_equal(zone_parse(&zone, bytes, sizeof bytes, &diag), CS_OK);
    assert_int_equal(zone_local(zone, 99), 99 + 3600);
    assert_int_equal(zone_local(zone, 100), 100 + 7200);
    assert_int_equal(zone_local(zone, 255), 255 + 7200);
    assert_int_equal(zone_local(zone, 256), 256 + 3600);
    zone_free(zone);
    uint8_t spoilt[sizeof bytes];
    memcpy(spoilt, bytes, sizeof bytes);
    spoilt[52] = 2; /* a type that is not there */
    assert_refused(spoilt, sizeof spoilt, "its transitions are damaged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_zone_is_utc),
        cmocka_unit_test(the_clock_changes_in_the_north),
        cmocka_unit_test(the_clock_changes_in_the_south_where_summer_is_over_new_year),
        cmocka_unit_test(a_time_that_is_jumped_over_is_the_moment_of_the_jump),
        cmocka_unit_test(of_a_time_that_comes_twice_the_first_counts),
        cmocka_unit_test(rules_have_the_forms_of_the_standard),
        cmocka_unit_test(what_is_no_zone_is_refused),
        cmocka_unit_test(a_file_of_version_1_is_read_by_its_transitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
