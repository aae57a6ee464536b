// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct owner_name owner(const char *text)
{
    struct owner_name name;
    assert_int_equal(owner_parse(&name, text, NULL), CS_OK);
    return name;
}

static void the_first_rule_that_matches_decides(void **state)
{
    (void)state;
    struct ruleset set = {0};
    struct owner_name a = owner("A");
    struct owner_name b = owner("B/dept");
    struct facts facts = {0};
    assert_int_equal(ruleset_add(&set, 1, "mine", "common_name ends_with mydomain.be", &a, 1, NULL), CS_OK);
    assert_int_equal(ruleset_add(&set, 2, "rest", "common_name is not empty", &b, 2, NULL), CS_OK);
    facts_set_text(&facts, FIELD_COMMON_NAME, "x.mydomain.be");
    assert_int_equal(ruleset_match(&set, &facts), 0);
    facts_set_text(&facts, FIELD_COMMON_NAME, "x.example");
    assert_int_equal(ruleset_match(&set, &facts), 1);
    facts_set_text(&facts, FIELD_COMMON_NAME, NULL);
    assert_true(ruleset_match(&set, &facts) == RULESET_NO_MATCH);
    ruleset_dispose(&set);
}

static void names_and_conditions_are_checked(void **state)
{
    (void)state;
    struct ruleset set = {0};
    struct owner_name a = owner("A");
    assert_int_equal(ruleset_add(&set, 0, "", "port = 1", &a, 0, NULL), CS_E_INVALID);
    assert_int_equal(ruleset_add(&set, 0, "\x1b", "port = 1", &a, 0, NULL), CS_E_INVALID);
    assert_int_equal(ruleset_add(&set, 0, "x", "port =", &a, 0, NULL), CS_E_INVALID);
    assert_int_equal(set.count, 0);
    ruleset_dispose(&set);
}

static void an_export_reads_back_as_the_same_rules(void **state)
{
    (void)state;
    struct ruleset set = {0};
    struct ruleset again = {0};
    struct owner_name b = owner("A\\/B/dept");
    struct buf once = {0};
    struct buf twice = {0};
    assert_int_equal(ruleset_add(&set, 0, "one \"quoted\"", "name matches_regex \"a\\\\d\"", &b, 0, NULL),
                     CS_OK);
    ruleset_to_json(&set, &once);
    assert_int_equal(ruleset_from_json(&again, buf_str(&once), once.len, NULL, NULL, NULL, NULL), CS_OK);
    ruleset_to_json(&again, &twice);
    assert_string_equal(buf_str(&once), buf_str(&twice));
    assert_string_equal(again.rules[0].owner.organization, "A/B");
    buf_dispose(&once);
    buf_dispose(&twice);
    ruleset_dispose(&set);
    ruleset_dispose(&again);
}

static enum cs_err org_seven(void *context, int64_t org_id, struct owner_name *out, struct diag *diag)
{
    (void)context;
    if (org_id != 7)
        return diag_fail(diag, CS_E_NOT_FOUND, "organization %lld is not known", (long long)org_id);
    *out = owner("My organization/my department");
    return CS_OK;
}

static void scm_rules_become_ours_and_what_cannot_is_skipped_with_a_reason(void **state)
{
    (void)state;
    static const char text[] =
        "[{\"name\":\"mine\",\"orgId\":7,\"certType\":\"SSL\",\"filters\":["
        "{\"filterType\":\"COMMON_NAME\",\"matchType\":\"ENDS_WITH\",\"value\":\"mydomain.be\"},"
        "{\"filterType\":\"HOST_NAME\",\"matchType\":\"CONTAINS\",\"value\":\"a\\\"b\"}]},"
        "{\"name\":\"people\",\"orgId\":7,\"certType\":\"SMIME\",\"filters\":[]},"
        "{\"name\":\"young\",\"orgId\":7,\"filters\":[{\"filterType\":\"EXPIRATION\",\"matchType\":\"GREATER_"
        "THAN\",\"value\":\"0\"}]},"
        "{\"name\":\"net\",\"orgId\":7,\"filters\":[{\"filterType\":\"IP\",\"matchType\":\"STARTS_WITH\","
        "\"value\":\"10.\"}]},"
        "{\"name\":\"ports\",\"orgId\":7,\"filters\":[{\"filterType\":\"PORT\",\"matchType\":\"CONTAINS\","
        "\"value\":\"4\"}]},"
        "{\"name\":\"flavour\",\"orgId\":7,\"filters\":[{\"filterType\":\"STATE\",\"matchType\":\"MATCH_"
        "REGEX\","
        "\"value\":\"a(\"}]}]";
    struct ruleset set = {0};
    struct buf skipped = {0};
    assert_int_equal(ruleset_from_json(&set, text, strlen(text), org_seven, NULL, &skipped, NULL), CS_OK);
    assert_int_equal(set.count, 2);
    assert_string_equal(set.rules[1].match, "ip in 10.0.0.0/8");
    assert_string_equal(set.rules[0].match,
                        "common_name ends_with \"mydomain.be\" and host_name contains \"a\\\"b\"");
    assert_string_equal(set.rules[0].owner.department, "my department");
    assert_non_null(strstr(buf_str(&skipped), "people: it is for another certificate type"));
    assert_non_null(strstr(buf_str(&skipped), "young: EXPIRATION"));
    assert_non_null(strstr(buf_str(&skipped), "ports: addresses and ports are compared as such"));
    assert_non_null(strstr(buf_str(&skipped), "flavour: line 1, column 21: no regular expression"));
    buf_dispose(&skipped);
    ruleset_dispose(&set);
}

static void wrong_json_leaves_nothing_behind(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "nothing",
        "{\"rules\":3}",
        "[{\"match\":\"port = 1\"}]",
        "[{\"name\":\"x\",\"match\":\"port = 1\",\"assign\":\"\"}]",
        "[{\"name\":\"x\",\"match\":\"port = "
        "1\",\"assign\":\"A\"},{\"name\":\"y\",\"match\":\"porto\",\"assign\":\"A\"}]",
        "[{\"name\":\"x\",\"orgId\":8,\"filters\":[{\"filterType\":\"PORT\",\"matchType\":\"MATCHES\","
        "\"value\":\"1\"}]}]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct ruleset set = {0};
        struct diag diag = {0};
        assert_int_not_equal(
            ruleset_from_json(&set, texts[i], strlen(texts[i]), org_seven, NULL, NULL, &diag), CS_OK);
        assert_int_equal(set.count, 0);
        assert_string_not_equal(diag.text, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_matches_decides),
        cmocka_unit_test(names_and_conditions_are_checked),
        cmocka_unit_test(an_export_reads_back_as_the_same_rules),
        cmocka_unit_test(scm_rules_become_ours_and_what_cannot_is_skipped_with_a_reason),
        cmocka_unit_test(wrong_json_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
