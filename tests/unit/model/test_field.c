// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_field_has_a_name_of_its_own_and_a_help(void **state)
{
    (void)state;
    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct field_info *info = field_info((enum field)i);
        enum field found;
        assert_non_null(info->name);
        assert_string_not_equal(info->help, "");
        assert_string_not_equal(field_type_name(info->type), "");
        assert_int_equal(field_by_name(info->name, strlen(info->name), &found), CS_OK);
        assert_int_equal(found, i);
    }
}

static void the_fields_promised_are_there(void **state)
{
    (void)state;
    static const char *const promised[] = {
        "common_name",
        "organization",
        "organization_unit",
        "city",
        "state",
        "country",
        "domain_component",
        "subject_alt_name",
        "name",
        "issuer",
        "serial",
        "ip",
        "port",
        "host_name",
        "server_name",
        "network",
        "protocol",
        "key_type",
        "key_bits",
        "signature_algorithm",
        "key_usage",
        "extended_key_usage",
        "template_name",
        "not_after",
        "not_before",
        "lifetime_days",
        "self_signed",
        "wildcard",
        "sha256",
        "finding",
        "status",
        "days_left",
        "owner_organization",
        "owner_department",
        "task",
        "first_seen",
        "last_seen",
    };
    enum field field;
    for (size_t i = 0; i < sizeof promised / sizeof promised[0]; i++) {
        if (field_by_name(promised[i], strlen(promised[i]), &field) != CS_OK)
            fail_msg("no field %s", promised[i]);
    }
}

static void names_are_found_in_any_case_and_only_whole(void **state)
{
    (void)state;
    enum field field = FIELD_COUNT;
    assert_int_equal(field_by_name("Common_NAME rest", 11, &field), CS_OK);
    assert_int_equal(field, FIELD_COMMON_NAME);
    assert_int_equal(field_by_name("common", 6, &field), CS_E_NOT_FOUND);
    assert_int_equal(field_by_name("common_names", 12, &field), CS_E_NOT_FOUND);
    assert_int_equal(field_by_name("", 0, &field), CS_E_NOT_FOUND);
}

static void what_depends_on_time_or_owners_assigns_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < FIELD_COUNT; i++)
        assert_int_equal(field_info((enum field)i)->assignable, i < FIELD_FINDING);
}

static void facts_tell_absent_from_present(void **state)
{
    (void)state;
    struct facts facts = {0};
    facts_set_text(&facts, FIELD_COMMON_NAME, "www.example.org");
    facts_set_text(&facts, FIELD_CITY, "");
    facts_set_text(&facts, FIELD_STATE, NULL);
    assert_int_equal(facts.fact[FIELD_COMMON_NAME].count, 1);
    assert_string_equal(facts.fact[FIELD_COMMON_NAME].texts[0], "www.example.org");
    assert_int_equal(facts.fact[FIELD_CITY].count, 0);
    assert_int_equal(facts.fact[FIELD_STATE].count, 0);
    static const char *const names[] = {"a", "b"};
    facts_set_texts(&facts, FIELD_NAME, names, 2);
    assert_string_equal(facts.fact[FIELD_NAME].texts[1], "b");
    assert_false(facts.fact[FIELD_PORT].present);
    facts_set_number(&facts, FIELD_PORT, 0);
    assert_true(facts.fact[FIELD_PORT].present);
    assert_false(facts.fact[FIELD_IP].present);
    facts_set_ip(&facts, ip_from_v4(1));
    assert_true(facts.fact[FIELD_IP].present);
    facts_set_text(&facts, FIELD_COMMON_NAME, NULL);
    assert_int_equal(facts.fact[FIELD_COMMON_NAME].count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_a_name_of_its_own_and_a_help),
        cmocka_unit_test(the_fields_promised_are_there),
        cmocka_unit_test(names_are_found_in_any_case_and_only_whole),
        cmocka_unit_test(what_depends_on_time_or_owners_assigns_nothing),
        cmocka_unit_test(facts_tell_absent_from_present),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
