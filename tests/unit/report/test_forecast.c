// SPDX-License-Identifier: Apache-2.0
#include "report/forecast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#define DAY_S 86400
#define NOW_S 1800000000 /* 2027-01-15T08:00:00Z */

static struct asset_row issued(unsigned char number, int64_t left_days, int64_t lifetime_days)
{
    struct asset_row row = {.owner_id = 1, .owner_organization = "One", .requested_via = "Enrollment Form"};
    row.cert.sha256[0] = number;
    row.cert.not_after_s = NOW_S + left_days * DAY_S;
    row.cert.not_before_s = row.cert.not_after_s - lifetime_days * DAY_S + 1;
    return row;
}

static struct forecast of(bool by_owner, const struct asset_row *rows, size_t count)
{
    struct forecast forecast;
    assert_int_equal(forecast_init(&forecast, by_owner, NOW_S), CS_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(forecast_add(&forecast, &rows[i]), CS_OK);
    return forecast;
}

static void months_are(const struct forecast *forecast, size_t count, const char *expected)
{
    struct buf text = {0};
    for (size_t i = 0; i < forecast->entries.count; i++) {
        const struct tally_entry *entry = &forecast->entries.entries[i];
        if (entry->counts[count] > 0)
            buf_printf(&text, "%s:%d ", entry->name, (int)entry->counts[count]);
    }
    assert_string_equal(buf_str(&text), expected);
    buf_dispose(&text);
}

static void a_certificate_is_renewed_when_it_ends_and_again(void **state)
{
    (void)state;
    const struct asset_row row = issued(1, 20, 365); /* until 2027-02-04 */
    struct forecast forecast = of(false, &row, 1);
    assert_int_equal(forecast.entries.count, FORECAST_MONTHS);
    assert_string_equal(forecast.entries.entries[0].name, "2027-01");
    assert_string_equal(forecast.entries.entries[11].name, "2027-12");
    months_are(&forecast, FORECAST_TODAY, "2027-02:1 ");
    months_are(&forecast, FORECAST_200, "2027-02:1 2027-08:1 ");
    months_are(&forecast, FORECAST_100, "2027-02:1 2027-05:1 2027-08:1 2027-12:1 ");
    months_are(&forecast, FORECAST_47,
               "2027-02:1 2027-03:1 2027-05:1 2027-06:1 2027-08:1 2027-09:1 2027-11:1 2027-12:1 ");
    months_are(&forecast, FORECAST_BY_HAND + FORECAST_200, "2027-02:1 2027-08:1 ");
    forecast_dispose(&forecast);
}

static void it_counts_once_wherever_it_is_served(void **state)
{
    (void)state;
    struct asset_row rows[] = {issued(1, 20, 365), issued(1, 20, 365), issued(2, 20, 365)};
    struct forecast forecast = of(false, rows, 3);
    months_are(&forecast, FORECAST_TODAY, "2027-02:2 ");
    forecast_dispose(&forecast);
    rows[1].owner_id = 2; /* but each owner has to install it */
    rows[1].owner_organization = "Two";
    forecast = of(true, rows, 3);
    assert_int_equal(tally_count(&forecast.entries, "One", FORECAST_TODAY), 2);
    assert_int_equal(tally_count(&forecast.entries, "Two", FORECAST_TODAY), 1);
    assert_int_equal(tally_count(&forecast.certificates, "One", 0), 2);
    forecast_dispose(&forecast);
}

static void what_has_ended_is_renewed_now(void **state)
{
    (void)state;
    const struct asset_row row = issued(1, -400, 365);
    struct forecast forecast = of(false, &row, 1);
    months_are(&forecast, FORECAST_TODAY, "2027-01:1 ");
    forecast_dispose(&forecast);
}

static void limits_bind_public_cas_alone(void **state)
{
    (void)state;
    struct asset_row rows[] = {issued(1, 20, 365), issued(2, 20, 365), issued(3, 20, 365),
                               issued(4, 20, 365)};
    rows[0].cert.self_signed = true;
    rows[1].verdict = (struct chain_verdict){.known = true};
    rows[2].verdict = (struct chain_verdict){.known = true, .flaws = CHAIN_PUBLIC};
    rows[3].verdict = (struct chain_verdict){.known = true, .flaws = CHAIN_INCOMPLETE};
    for (size_t i = 0; i < 4; i++) {
        struct forecast forecast = of(true, &rows[i], 1);
        assert_int_equal(tally_count(&forecast.entries, "One", FORECAST_200), i < 2 ? 1 : 2);
        forecast_dispose(&forecast);
    }
}

static void the_way_it_was_requested_says_whose_hands_it_takes(void **state)
{
    (void)state;
    static const struct {
        const char *via;
        int by_hand;
        int not_known;
    } ways[] = {{"ACME", 0, 0}, {"REST API", 0, 0}, {"rest", 0, 0},     {"Enrollment Form", 1, 0},
                {NULL, 0, 1},   {"Imported", 0, 1}, {"DISCOVERY", 0, 1}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct asset_row row = issued(1, 20, 365);
        row.requested_via = ways[i].via;
        struct forecast forecast = of(true, &row, 1);
        assert_int_equal(tally_count(&forecast.entries, "One", FORECAST_TODAY), 1);
        assert_int_equal(tally_count(&forecast.entries, "One", FORECAST_BY_HAND + FORECAST_TODAY),
                         ways[i].by_hand);
        assert_int_equal(tally_count(&forecast.entries, "One", FORECAST_NOT_KNOWN + FORECAST_TODAY),
                         ways[i].not_known);
        forecast_dispose(&forecast);
    }
}

static void an_owner_has_to_automate_before_hands_run_out(void **state)
{
    (void)state;
    struct tally_entry entry = {0};
    assert_int_equal(forecast_automate_by(&entry), 0);
    entry.counts[FORECAST_BY_HAND + FORECAST_47] = 30;
    entry.counts[FORECAST_NOT_KNOWN + FORECAST_47] = 18;
    assert_int_equal(forecast_automate_by(&entry), 0); /* four a month */
    entry.counts[FORECAST_NOT_KNOWN + FORECAST_47] = 19;
    assert_int_equal(forecast_automate_by(&entry), 1868227200);
    entry.counts[FORECAST_BY_HAND + FORECAST_100] = 49;
    assert_int_equal(forecast_automate_by(&entry), 1805068800);
}

static void broken_lifetimes_do_not_go_on_for_ever(void **state)
{
    (void)state;
    const struct asset_row row = issued(1, 0, -10);
    struct forecast forecast = of(true, &row, 1);
    assert_in_range(tally_count(&forecast.entries, "One", FORECAST_TODAY), 300, 366);
    forecast_dispose(&forecast);
    struct asset_row malformed = {.cert.malformed = true};
    forecast = of(true, &malformed, 1);
    assert_int_equal(forecast.entries.count, 0);
    forecast_dispose(&forecast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_is_renewed_when_it_ends_and_again),
        cmocka_unit_test(it_counts_once_wherever_it_is_served),
        cmocka_unit_test(what_has_ended_is_renewed_now),
        cmocka_unit_test(limits_bind_public_cas_alone),
        cmocka_unit_test(the_way_it_was_requested_says_whose_hands_it_takes),
        cmocka_unit_test(an_owner_has_to_automate_before_hands_run_out),
        cmocka_unit_test(broken_lifetimes_do_not_go_on_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
