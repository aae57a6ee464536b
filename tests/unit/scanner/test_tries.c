// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/tries.h"

/* ---- one target, told connection by connection ---- */

static struct tries_policy policy;
static struct tries tries;
static struct try now;
static bool over;

static void is_try(enum lane lane, enum hello_kind hello, enum key_family keys)
{
    assert_false(over);
    assert_string_equal(lane_name(now.lane), lane_name(lane));
    if (lane == LANE_DIRECT)
        assert_int_equal(now.hello, hello);
    assert_int_equal(now.keys, keys);
}

static void begin(enum lane_choice lane, bool both_keys)
{
    policy = (struct tries_policy){lane, both_keys};
    now = tries_first(&tries, &policy);
    over = false;
}

static void went(struct try_end end)
{
    assert_false(over);
    over = !tries_next(&tries, &policy, &end, &now);
}

static void ended(enum outcome outcome)
{
    went((struct try_end){.result = &(struct lane_result){.outcome = outcome}});
}

static void alerted(uint8_t alert)
{
    went((struct try_end){
        .result = &(struct lane_result){.outcome = OUTCOME_TLS_ALERT, .alerted = true, .alert = alert}});
}

static void was_unsupported(void)
{
    went(
        (struct try_end){.result = &(struct lane_result){.outcome = OUTCOME_TLS_ALERT}, .unsupported = true});
}

static void was_silent(bool on_tls_port)
{
    went((struct try_end){.result = &(struct lane_result){.outcome = OUTCOME_TIMEOUT_HANDSHAKE},
                          .silent_on_tls_port = on_tls_port});
}

static void showed(enum key_family leaf)
{
    went((struct try_end){.result = &(struct lane_result){.outcome = OUTCOME_CERTIFICATE}, .leaf = leaf});
}

static void was_all(unsigned connections)
{
    assert_true(over);
    assert_int_equal(tries.count, connections);
}

#define ANY   KEY_FAMILY_ANY
#define RSA   KEY_FAMILY_RSA
#define OTHER KEY_FAMILY_OTHER

/* ---- the first ---- */

static void the_modern_hello_comes_first(void **state)
{
    (void)state;
    begin(LANE_CHOICE_AUTO, false);
    is_try(LANE_DIRECT, HELLO_MODERN, ANY);
    begin(LANE_CHOICE_DIRECT, true);
    is_try(LANE_DIRECT, HELLO_MODERN, ANY);
}

static void libssl_comes_first_where_nothing_else_is_wanted(void **state)
{
    (void)state;
    begin(LANE_CHOICE_FULL, false);
    is_try(LANE_FULL, HELLO_MODERN, ANY);
}

/* ---- behind a certificate ---- */

static void a_certificate_is_all_that_is_wanted(void **state)
{
    const enum lane_choice choices[] = {LANE_CHOICE_AUTO, LANE_CHOICE_DIRECT, LANE_CHOICE_FULL};
    (void)state;
    for (int i = 0; i < 3; i++) {
        begin(choices[i], false);
        showed(RSA);
        was_all(1);
    }
}

static void with_both_keys_the_other_family_is_asked_for(void **state)
{
    (void)state;
    begin(LANE_CHOICE_AUTO, true);
    showed(RSA);
    is_try(LANE_DIRECT, HELLO_MODERN, OTHER);
    showed(OTHER);
    was_all(2);
    begin(LANE_CHOICE_AUTO, true);
    showed(OTHER);
    is_try(LANE_DIRECT, HELLO_MODERN, RSA);
    showed(RSA);
    was_all(2);
}

static void with_the_lane_and_the_hello_that_it_answered(void **state)
{
    (void)state;
    begin(LANE_CHOICE_AUTO, true);
    ended(OUTCOME_RESET);
    showed(RSA);
    is_try(LANE_DIRECT, HELLO_LEGACY, OTHER);
    begin(LANE_CHOICE_AUTO, true);
    was_unsupported();
    showed(OTHER);
    is_try(LANE_FULL, HELLO_MODERN, RSA);
    begin(LANE_CHOICE_FULL, true);
    showed(OTHER);
    is_try(LANE_FULL, HELLO_MODERN, RSA);
}

static void a_leaf_of_no_known_family_has_no_other(void **state)
{
    (void)state;
    begin(LANE_CHOICE_AUTO, true);
    showed(ANY);
    was_all(1);
}

static void however_the_question_for_other_keys_ends_it_was_the_last(void **state)
{
    (void)state;
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        begin(LANE_CHOICE_AUTO, true);
        showed(RSA);
        went((struct try_end){
            .result = &(struct lane_result){.outcome = (enum outcome)outcome, .alerted = true, .alert = 40},
            .silent_on_tls_port = true,
            .leaf = RSA}); /* even one that shows the same again */
        was_all(2);
    }
}

static void but_for_libssl_where_the_direct_lane_cannot(void **state)
{
    (void)state;
    begin(LANE_CHOICE_AUTO, true);
    showed(RSA);
    was_unsupported();
    is_try(LANE_FULL, HELLO_MODERN, OTHER);
    showed(OTHER);
    was_all(3);
    begin(LANE_CHOICE_DIRECT, true);
    showed(RSA);
    was_unsupported();
    was_all(2);
}

/* ---- without one ---- */

static void what_the_direct_lane_cannot_do_libssl_may(void **state)
{
    (void)state;
    begin(LANE_CHOICE_AUTO, false);
    was_unsupported();
    is_try(LANE_FULL, HELLO_MODERN, ANY);
    showed(RSA);
    was_all(2);
}

static void unless_libssl_is_not_wanted_or_was_asked_already(void **state)
{
    (void)state;
    begin(LANE_CHOICE_DIRECT, false);
    was_unsupported();
    was_all(1);
    begin(LANE_CHOICE_FULL, false);
    was_unsupported();
    was_all(1);
    begin(LANE_CHOICE_AUTO, false);
    was_unsupported();
    was_unsupported();
    was_all(2);
}

static void what_looks_broken_is_shown_to_libssl(void **state)
{
    (void)state;
    begin(LANE_CHOICE_AUTO, false);
    ended(OUTCOME_MALFORMED);
    is_try(LANE_FULL, HELLO_MODERN, ANY);
    ended(OUTCOME_MALFORMED);
    was_all(2);
    begin(LANE_CHOICE_DIRECT, false);
    ended(OUTCOME_MALFORMED);
    was_all(1);
    begin(LANE_CHOICE_FULL, false);
    ended(OUTCOME_MALFORMED);
    was_all(1);
}

static void a_server_that_chokes_gets_the_small_hello(void **state)
{
    const enum outcome choking[] = {OUTCOME_CLOSED, OUTCOME_RESET, OUTCOME_TLS_ALERT};
    const enum lane_choice choices[] = {LANE_CHOICE_AUTO, LANE_CHOICE_DIRECT};
    (void)state;
    for (int choice = 0; choice < 2; choice++) {
        for (int i = 0; i < 3; i++) {
            begin(choices[choice], false);
            ended(choking[i]);
            is_try(LANE_DIRECT, HELLO_LEGACY, ANY);
            ended(choking[i]);
            was_all(2);
        }
    }
}

static void one_that_is_not_there_or_speaks_otherwise_gets_nothing_more(void **state)
{
    const enum outcome final[] = {OUTCOME_REFUSED,          OUTCOME_UNREACHABLE, OUTCOME_TIMEOUT_CONNECT,
                                  OUTCOME_NOT_TLS,          OUTCOME_TOO_LARGE,   OUTCOME_TIMEOUT_HANDSHAKE,
                                  OUTCOME_STARTTLS_REFUSED, OUTCOME_UNRESOLVED,  OUTCOME_CANCELLED,
                                  OUTCOME_LOCAL_ERROR};
    (void)state;
    for (size_t i = 0; i < sizeof final / sizeof final[0]; i++) {
        begin(LANE_CHOICE_AUTO, true);
        ended(final[i]);
        was_all(1);
        begin(LANE_CHOICE_AUTO, true);
        ended(OUTCOME_RESET);
        ended(final[i]);
        was_all(2);
    }
}

static void silence_counts_as_choking_where_tls_is_usual(void **state)
{
    (void)state;
    begin(LANE_CHOICE_AUTO, false);
    was_silent(true);
    is_try(LANE_DIRECT, HELLO_LEGACY, ANY);
    was_silent(true);
    was_all(2);
    begin(LANE_CHOICE_AUTO, false);
    was_silent(false);
    was_all(1);
}

static void libssl_is_not_asked_again_whatever_the_end(void **state)
{
    (void)state;
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        begin(LANE_CHOICE_FULL, false);
        went((struct try_end){
            .result = &(struct lane_result){.outcome = (enum outcome)outcome, .alerted = true, .alert = 40},
            .silent_on_tls_port = true});
        was_all(1);
    }
}

/* ---- alerts ---- */

/* About what was offered: another hello may fare better. */
static bool is_about_the_offer(unsigned alert)
{
    const uint8_t about[] = {40, 47, 50, 70, 71, 109, 110};
    return memchr(about, (int)alert, sizeof about) != NULL;
}

static void an_alert_about_the_offer_is_worth_a_third_hello(void **state)
{
    (void)state;
    for (unsigned alert = 0; alert < 256; alert++) {
        begin(LANE_CHOICE_AUTO, false);
        alerted((uint8_t)alert);
        is_try(LANE_DIRECT, HELLO_LEGACY, ANY);
        alerted((uint8_t)alert);
        if (!is_about_the_offer(alert)) {
            was_all(2);
            continue;
        }
        is_try(LANE_FULL, HELLO_MODERN, ANY);
        alerted((uint8_t)alert);
        was_all(3);
    }
}

static void it_is_the_first_alert_that_counts(void **state)
{
    (void)state;
    begin(LANE_CHOICE_AUTO, false);
    alerted(40);
    ended(OUTCOME_CLOSED); /* the small hello fares otherwise */
    is_try(LANE_FULL, HELLO_MODERN, ANY);
    begin(LANE_CHOICE_AUTO, false);
    ended(OUTCOME_CLOSED); /* such as a server that trips over one of our extensions ... */
    alerted(70);           /* ... and has nothing as old as the small hello */
    is_try(LANE_FULL, HELLO_MODERN, ANY);
    begin(LANE_CHOICE_AUTO, false);
    ended(OUTCOME_CLOSED);
    alerted(112);
    was_all(2);
    begin(LANE_CHOICE_AUTO, false);
    alerted(112); /* unrecognized_name */
    alerted(40);
    was_all(2);
}

/* Such as a filter on the way that lets nothing as old as TLS 1.0 through. */
static void however_the_small_hello_fares_after_an_alert_about_the_offer(void **state)
{
    (void)state;
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        if (outcome == OUTCOME_CERTIFICATE)
            continue;
        begin(LANE_CHOICE_AUTO, false);
        alerted(40);
        ended((enum outcome)outcome);
        is_try(LANE_FULL, HELLO_MODERN, ANY);
    }
}

/* close_notify says no more than a close does. */
static void a_farewell_is_no_alert_about_anything(void **state)
{
    (void)state;
    begin(LANE_CHOICE_AUTO, false);
    went((struct try_end){.result =
                              &(struct lane_result){.outcome = OUTCOME_CLOSED, .alerted = true, .alert = 0}});
    is_try(LANE_DIRECT, HELLO_LEGACY, ANY);
    alerted(70);
    is_try(LANE_FULL, HELLO_MODERN, ANY);
}

static void no_third_hello_without_libssl(void **state)
{
    (void)state;
    begin(LANE_CHOICE_DIRECT, false);
    alerted(40);
    alerted(40);
    was_all(2);
}

static void the_longest_way_has_four_connections(void **state)
{
    (void)state;
    begin(LANE_CHOICE_AUTO, true);
    alerted(40);
    is_try(LANE_DIRECT, HELLO_LEGACY, ANY);
    alerted(70);
    is_try(LANE_FULL, HELLO_MODERN, ANY);
    showed(OTHER);
    is_try(LANE_FULL, HELLO_MODERN, RSA);
    showed(RSA);
    was_all(4);
}

/* ---- all ways ---- */

static size_t ways;

static bool same_try(const struct try *a, const struct try *b)
{
    return a->lane == b->lane && a->keys == b->keys && (a->lane == LANE_FULL || a->hello == b->hello);
}

static void check_try(const struct try *seen, unsigned count)
{
    assert_true(count >= 1 && count <= TRIES_MAX);
    for (unsigned i = 0; i + 1 < count; i++)
        assert_false(same_try(&seen[i], &seen[count - 1]));
    if (policy.lane == LANE_CHOICE_DIRECT)
        assert_int_equal(seen[count - 1].lane, LANE_DIRECT);
    if (policy.lane == LANE_CHOICE_FULL)
        assert_int_equal(seen[count - 1].lane, LANE_FULL);
    if (!policy.both_keys)
        assert_int_equal(seen[count - 1].keys, ANY);
}

static void walk_all_ways(struct tries from, struct try *seen, unsigned count)
{
    check_try(seen, count);
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        for (unsigned kind = 0; kind < 24; kind++) {
            if ((outcome != OUTCOME_CERTIFICATE && kind >= 8) ||
                (outcome != OUTCOME_TLS_ALERT && kind % 2 == 1))
                continue; /* leaves are for certificates, alerts for alerts */
            struct tries copy = from;
            struct lane_result result = {.outcome = (enum outcome)outcome,
                                         .alerted = (kind & 1) != 0,
                                         .alert = (kind & 2) != 0 ? 40 : 112};
            struct try_end end = {.result = &result,
                                  .unsupported = (kind & 4) != 0,
                                  .silent_on_tls_port = (kind & 2) != 0,
                                  .leaf = (enum key_family)(kind / 8)};
            ways++;
            if (tries_next(&copy, &policy, &end, &seen[count]))
                walk_all_ways(copy, seen, count + 1);
        }
    }
}

static void no_way_is_longer_and_none_asks_the_same_twice(void **state)
{
    (void)state;
    for (int lane = LANE_CHOICE_AUTO; lane <= LANE_CHOICE_FULL; lane++) {
        for (int both = 0; both <= 1; both++) {
            struct try seen[TRIES_MAX + 1];
            struct tries first;
            policy = (struct tries_policy){(enum lane_choice)lane, both != 0};
            seen[0] = tries_first(&first, &policy);
            walk_all_ways(first, seen, 1);
        }
    }
    assert_true(ways > 1000);
}

/* ---- which result is told ---- */

static void a_certificate_says_more_than_anything_else(void **state)
{
    (void)state;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        assert_int_equal(outcome_says_more(OUTCOME_CERTIFICATE, (enum outcome)i), i != OUTCOME_CERTIFICATE);
        assert_false(outcome_says_more((enum outcome)i, OUTCOME_CERTIFICATE));
    }
}

static void what_is_ours_says_least(void **state)
{
    const enum outcome ours[] = {OUTCOME_UNRESOLVED, OUTCOME_CANCELLED, OUTCOME_LOCAL_ERROR};
    (void)state;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        for (int other = 0; other < OUTCOME_COUNT; other++)
            assert_false(outcome_says_more(ours[i], (enum outcome)other));
        assert_true(outcome_says_more(OUTCOME_TIMEOUT_CONNECT, ours[i]));
    }
}

static void words_say_more_than_a_close_and_a_close_more_than_silence(void **state)
{
    const enum outcome falling[] = {OUTCOME_TLS_ALERT,      OUTCOME_MALFORMED,         OUTCOME_CLOSED,
                                    OUTCOME_RESET,          OUTCOME_TIMEOUT_HANDSHAKE, OUTCOME_REFUSED,
                                    OUTCOME_TIMEOUT_CONNECT};
    (void)state;
    for (size_t i = 0; i < sizeof falling / sizeof falling[0]; i++) {
        for (size_t k = 0; k < sizeof falling / sizeof falling[0]; k++)
            assert_int_equal(outcome_says_more(falling[i], falling[k]), i < k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_modern_hello_comes_first),
        cmocka_unit_test(libssl_comes_first_where_nothing_else_is_wanted),
        cmocka_unit_test(a_certificate_is_all_that_is_wanted),
        cmocka_unit_test(with_both_keys_the_other_family_is_asked_for),
        cmocka_unit_test(with_the_lane_and_the_hello_that_it_answered),
        cmocka_unit_test(a_leaf_of_no_known_family_has_no_other),
        cmocka_unit_test(however_the_question_for_other_keys_ends_it_was_the_last),
        cmocka_unit_test(but_for_libssl_where_the_direct_lane_cannot),
        cmocka_unit_test(what_the_direct_lane_cannot_do_libssl_may),
        cmocka_unit_test(unless_libssl_is_not_wanted_or_was_asked_already),
        cmocka_unit_test(what_looks_broken_is_shown_to_libssl),
        cmocka_unit_test(a_server_that_chokes_gets_the_small_hello),
        cmocka_unit_test(one_that_is_not_there_or_speaks_otherwise_gets_nothing_more),
        cmocka_unit_test(silence_counts_as_choking_where_tls_is_usual),
        cmocka_unit_test(libssl_is_not_asked_again_whatever_the_end),
        cmocka_unit_test(an_alert_about_the_offer_is_worth_a_third_hello),
        cmocka_unit_test(it_is_the_first_alert_that_counts),
        cmocka_unit_test(however_the_small_hello_fares_after_an_alert_about_the_offer),
        cmocka_unit_test(a_farewell_is_no_alert_about_anything),
        cmocka_unit_test(no_third_hello_without_libssl),
        cmocka_unit_test(the_longest_way_has_four_connections),
        cmocka_unit_test(no_way_is_longer_and_none_asks_the_same_twice),
        cmocka_unit_test(a_certificate_says_more_than_anything_else),
        cmocka_unit_test(what_is_ours_says_least),
        cmocka_unit_test(words_say_more_than_a_close_and_a_close_more_than_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
