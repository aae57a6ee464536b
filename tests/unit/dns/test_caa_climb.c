// SPDX-License-Identifier: Apache-2.0
/* A DNS in memory: which names are asked about, and where climbs end (RFC 8659, section 3). */
#include "dns/caa_climb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

struct fact {
    const char *name;
    const char *value; /* of an issue record; NULL = none */
    const char *alias; /* an answer that ends there; NULL = the name itself */
    const char *unknown;
};

static struct caa_climb *climb;
static struct text_list asked;

static int start(void **state)
{
    (void)state;
    return caa_climb_new(&climb) == CS_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    caa_climb_free(climb);
    text_list_dispose(&asked);
    return 0;
}

static void answer(size_t number, const struct fact *fact)
{
    struct caa_set set = {.owner = text_copy(fact->alias != NULL ? fact->alias : fact->name)};
    if (fact->unknown != NULL) {
        caa_set_dispose(&set);
        assert_int_equal(caa_climb_unknown(climb, number, fact->unknown), CS_OK);
        return;
    }
    if (fact->value != NULL) {
        set.records = calloc(1, sizeof *set.records);
        set.count = 1;
        set.records[0] =
            (struct caa_record){0, text_copy("issue"), text_copy(fact->value), strlen(fact->value)};
    }
    caa_climb_answer(climb, number, &set);
}

static void ask_all(const struct fact *facts, size_t count)
{
    size_t first;
    size_t end;
    for (;;) {
        assert_int_equal(caa_climb_advance(climb, &first, &end), CS_OK);
        if (first == end)
            return;
        for (size_t n = first; n < end; n++) {
            const char *name = caa_climb_question(climb, n);
            struct fact none = {.name = name};
            const struct fact *fact = &none;
            assert_int_equal(text_list_add(&asked, name), CS_OK);
            for (size_t i = 0; i < count; i++) {
                if (strcmp(facts[i].name, name) == 0)
                    fact = &facts[i];
            }
            answer(n, fact);
        }
    }
}

static void climb_from(const char *name)
{
    assert_int_equal(caa_climb_add(climb, name), CS_OK);
}

static size_t times_asked(const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < asked.count; i++)
        count += strcmp(asked.items[i], name) == 0;
    return count;
}

static struct caa_found found(size_t number)
{
    struct caa_found out;
    caa_climb_get(climb, number, &out);
    return out;
}

static void the_nearest_set_counts(void **state)
{
    static const struct fact facts[] = {{"example.org", "far.example", NULL, NULL},
                                        {"b.example.org", "near.example", NULL, NULL}};
    (void)state;
    climb_from("a.b.example.org");
    ask_all(facts, 2);
    assert_string_equal(found(0).set->records[0].value, "near.example");
    assert_string_equal(found(0).at, "b.example.org");
    assert_int_equal(times_asked("example.org"), 0);
}

static void without_any_set_the_climb_ends_below_the_root(void **state)
{
    (void)state;
    climb_from("a.b.example.org");
    ask_all(NULL, 0);
    assert_null(found(0).set);
    assert_null(found(0).reason);
    assert_int_equal(asked.count, 4);
    assert_int_equal(times_asked("org"), 1);
    assert_int_equal(times_asked(""), 0);
}

static void what_many_names_share_is_asked_once(void **state)
{
    static const struct fact facts[] = {{"example.org", "ca.example", NULL, NULL}};
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char name[40];
        snprintf(name, sizeof name, "w%d.example.org", i);
        climb_from(name);
    }
    climb_from("W7.Example.ORG");
    ask_all(facts, 1);
    assert_int_equal(asked.count, 1001);
    assert_int_equal(times_asked("example.org"), 1);
    for (size_t i = 0; i < 1001; i++)
        assert_string_equal(found(i).set->owner, "example.org");
}

static void an_alias_is_asked_on_but_not_climbed_from(void **state)
{
    static const struct fact facts[] = {{"www.example.org", NULL, "host.cdn.example", NULL},
                                        {"cdn.example", "wrong.example", NULL, NULL},
                                        {"example.org", "right.example", NULL, NULL}};
    (void)state;
    climb_from("www.example.org");
    ask_all(facts, 3);
    assert_int_equal(times_asked("host.cdn.example"), 1);
    assert_int_equal(times_asked("cdn.example"), 0);
    assert_string_equal(found(0).set->records[0].value, "right.example");
}

static void the_records_of_an_alias_target_count(void **state)
{
    static const struct fact facts[] = {{"www.example.org", NULL, "host.cdn.example", NULL},
                                        {"host.cdn.example", "ca.example", NULL, NULL}};
    (void)state;
    climb_from("www.example.org");
    ask_all(facts, 2);
    assert_string_equal(found(0).set->owner, "host.cdn.example");
    assert_string_equal(found(0).at, "www.example.org");
}

static void aliases_that_go_round_leave_the_answer_unknown(void **state)
{
    static const struct fact facts[] = {{"a.example", NULL, "b.example", NULL},
                                        {"b.example", NULL, "a.example", NULL}};
    (void)state;
    climb_from("a.example");
    ask_all(facts, 2);
    assert_null(found(0).set);
    assert_non_null(found(0).reason);
    assert_int_equal(asked.count, 2);
}

static void what_nobody_knows_is_not_climbed_over(void **state)
{
    static const struct fact facts[] = {{"b.example.org", NULL, NULL, "no answer"},
                                        {"example.org", "ca.example", NULL, NULL}};
    (void)state;
    climb_from("a.b.example.org");
    climb_from("c.example.org");
    ask_all(facts, 2);
    assert_null(found(0).set);
    assert_string_equal(found(0).reason, "no answer");
    assert_string_equal(found(0).at, "b.example.org");
    assert_null(found(1).reason);
    assert_string_equal(found(1).set->owner, "example.org");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_nearest_set_counts, start, stop),
        cmocka_unit_test_setup_teardown(without_any_set_the_climb_ends_below_the_root, start, stop),
        cmocka_unit_test_setup_teardown(what_many_names_share_is_asked_once, start, stop),
        cmocka_unit_test_setup_teardown(an_alias_is_asked_on_but_not_climbed_from, start, stop),
        cmocka_unit_test_setup_teardown(the_records_of_an_alias_target_count, start, stop),
        cmocka_unit_test_setup_teardown(aliases_that_go_round_leave_the_answer_unknown, start, stop),
        cmocka_unit_test_setup_teardown(what_nobody_knows_is_not_climbed_over, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
