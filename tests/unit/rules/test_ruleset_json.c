// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum cs_err org_seven(void *context, int64_t org_id, struct owner_name *out, struct diag *diag)
{
    (void)context;
    if (org_id != 7)
        return diag_fail(diag, CS_E_NOT_FOUND, "organization %d is not known", (int)org_id);
    return owner_parse(out, "University/Library", diag);
}

/* One SCM filter becomes `expected`; NULL: its rule is skipped, and `reason` is said. */
static void assert_filter(const char *type, const char *match, const char *value, const char *expected,
                          const char *reason)
{
    char json[400];
    struct ruleset set = {0};
    struct buf skipped = {0};
    struct diag diag = {0};
    snprintf(json, sizeof json,
             "{\"name\":\"one\",\"orgId\":7,\"filters\":[{\"filterType\":\"%s\",\"matchType\":\"%s\","
             "\"value\":\"%s\"}]}",
             type, match, value);
    if (ruleset_from_json(&set, json, strlen(json), org_seven, NULL, &skipped, &diag) != CS_OK)
        fail_msg("%s: %s", json, diag.text);
    assert_int_equal(set.count, expected != NULL);
    if (expected != NULL)
        assert_string_equal(set.rules[0].match, expected);
    else if (strncmp(buf_str(&skipped), "one: ", 5) != 0 || strstr(buf_str(&skipped), reason) == NULL)
        fail_msg("%s: said \"%s\"", json, buf_str(&skipped));
    buf_dispose(&skipped);
    ruleset_dispose(&set);
}

static void every_filter_type_of_scm_has_its_field(void **state)
{
    (void)state;
    static const char *const types[][2] = {
        {"COMMON_NAME", "common_name"},
        {"ORGANIZATION", "organization"},
        {"ORGANIZATION_UNIT", "organization_unit"},
        {"CITY", "city"},
        {"STATE", "state"},
        {"COUNTRY", "country"},
        {"SUBJECT_ALT_NAME", "subject_alt_name"},
        {"ISSUER", "issuer"},
        {"DOMAIN_COMPONENT", "domain_component"},
        {"TEMPLATE_NAME", "template_name"},
        {"KU", "key_usage"},
        {"EKU", "extended_key_usage"},
        {"HOST_NAME", "host_name"},
        {"HOSTNAME", "host_name"},
        {"common_name", "common_name"},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char expected[80];
        snprintf(expected, sizeof expected, "%s contains \"x\"", types[i][1]);
        assert_filter(types[i][0], "CONTAINS", "x", expected, NULL);
    }
    assert_filter("COLOUR", "CONTAINS", "x", NULL, "unknown filterType \"COLOUR\"");
}

static void every_match_type_of_scm_has_its_operator(void **state)
{
    (void)state;
    assert_filter("CITY", "MATCHES", "x", "city equals \"x\"", NULL);
    assert_filter("CITY", "STARTS_WITH", "x", "city starts_with \"x\"", NULL);
    assert_filter("CITY", "ENDS_WITH", "x", "city ends_with \"x\"", NULL);
    assert_filter("CITY", "CONTAINS", "x", "city contains \"x\"", NULL);
    assert_filter("CITY", "MATCH_REGEX", "x.y", "city matches_regex \"x.y\"", NULL);
    assert_filter("CITY", "SOUNDS_LIKE", "x", NULL, "unknown matchType \"SOUNDS_LIKE\"");
    assert_filter("CITY", "MATCH_REGEX", "x(", NULL, "no regular expression");
}

static void ports_and_addresses_are_numbers_here(void **state)
{
    (void)state;
    assert_filter("PORT", "MATCHES", "443", "port equals \"443\"", NULL);
    assert_filter("PORT", "MATCHES", "https", NULL, "is no value for port");
    assert_filter("PORT", "ENDS_WITH", "443", NULL, "use MATCHES");
    assert_filter("IP", "MATCHES", "192.0.2.1", "ip equals \"192.0.2.1\"", NULL);
    assert_filter("IP", "STARTS_WITH", "10.", "ip in 10.0.0.0/8", NULL);
    assert_filter("IP", "STARTS_WITH", "172.16.", "ip in 172.16.0.0/16", NULL);
    assert_filter("IP", "STARTS_WITH", "192.0.2.", "ip in 192.0.2.0/24", NULL);
    assert_filter("IP", "STARTS_WITH", "192.0.2.1", NULL, "use MATCHES"); /* .1, .10, .100 and more */
    assert_filter("IP", "STARTS_WITH", "300.", NULL, "use MATCHES");
    assert_filter("IP", "STARTS_WITH", "1...", NULL, "use MATCHES");
    assert_filter("IP", "STARTS_WITH", "...", NULL, "use MATCHES");
    assert_filter("IP", "STARTS_WITH", "", NULL, "use MATCHES");
    assert_filter("IP", "ENDS_WITH", ".1", NULL, "use MATCHES");
}

static void what_depends_on_the_present_time_is_skipped(void **state)
{
    (void)state;
    assert_filter("EXPIRATION", "GREATER_THAN", "30", NULL, "depends on the present time");
}

static void values_are_quoted_so_that_they_mean_themselves(void **state)
{
    (void)state;
    assert_filter("CITY", "MATCHES", "a\\\" or port = 1 or city = \\\"b",
                  "city equals \"a\\\" or port = 1 or city = \\\"b\"", NULL);
    assert_filter("CITY", "MATCH_REGEX", "\\\\d", "city matches_regex \"\\\\d\"", NULL);
}

static void all_filters_of_a_rule_must_hold(void **state)
{
    (void)state;
    static const char json[] =
        "{\"rules\":[{\"name\":\"both\",\"orgId\":7,\"certType\":\"SSL\",\"filters\":["
        "{\"filterType\":\"IP\",\"matchType\":\"STARTS_WITH\",\"value\":\"10.1.\"},"
        "{\"filterType\":\"PORT\",\"matchType\":\"MATCHES\",\"value\":\"443\"}]},"
        "{\"name\":\"half\",\"orgId\":7,\"filters\":["
        "{\"filterType\":\"CITY\",\"matchType\":\"MATCHES\",\"value\":\"Ghent\"},{\"filterType\":\"CITY\"}]},"
        "{\"name\":\"none\",\"orgId\":7,\"filters\":[]}]}";
    struct ruleset set = {0};
    struct buf skipped = {0};
    assert_int_equal(ruleset_from_json(&set, json, strlen(json), org_seven, NULL, &skipped, NULL), CS_OK);
    assert_int_equal(set.count, 1);
    assert_string_equal(set.rules[0].match, "ip in 10.1.0.0/16 and port equals \"443\"");
    assert_string_equal(set.rules[0].owner.organization, "University");
    assert_string_equal(set.rules[0].owner.department, "Library");
    assert_string_equal(buf_str(&skipped), "half: a filter without filterType, matchType or value\n"
                                           "none: it has no filters\n");
    buf_dispose(&skipped);
    ruleset_dispose(&set);
}

static void assert_refused(const char *json, ruleset_scm_owner scm_owner, const char *message)
{
    struct ruleset set = {0};
    struct diag diag = {0};
    assert_int_not_equal(ruleset_from_json(&set, json, strlen(json), scm_owner, NULL, NULL, &diag), CS_OK);
    if (strstr(diag.text, message) == NULL)
        fail_msg("%s: said \"%s\"", json, diag.text);
    assert_int_equal(set.count, 0);
    assert_null(set.rules);
}

#define FILTER "\"filters\":[{\"filterType\":\"CITY\",\"matchType\":\"MATCHES\",\"value\":\"x\"}]"

static void an_owner_comes_from_assign_or_from_an_orgid_that_is_known(void **state)
{
    (void)state;
    static const char by_name[] = "[{\"name\":\"a\",\"orgId\":9,\"assign\":\"Org\"," FILTER "}]";
    struct ruleset set = {0};
    assert_int_equal(ruleset_from_json(&set, by_name, strlen(by_name), NULL, NULL, NULL, NULL), CS_OK);
    assert_string_equal(set.rules[0].owner.organization, "Org");
    ruleset_dispose(&set);
    assert_refused("[{\"name\":\"a\",\"orgId\":9," FILTER "}]", NULL,
                   "rule 1 (\"a\"): its orgId 9 is not known here");
    assert_refused("[{\"name\":\"a\",\"orgId\":9," FILTER "}]", org_seven,
                   "rule 1 (\"a\"): organization 9 is not known");
    assert_refused("[{\"name\":\"a\"," FILTER "}]", org_seven, "neither \"assign\" nor orgId");
    assert_refused("[{\"name\":\"a\",\"match\":\"port = 1\"}]", org_seven, "rule 1 (\"a\"): no \"assign\"");
}

static void mistakes_name_the_rule_and_keep_nothing(void **state)
{
    (void)state;
    assert_refused("[{\"name\":\"a\",\"match\":\"port = 1\",\"assign\":\"A\"},"
                   "{\"name\":\"b\\u001b\",\"match\":\"port = x\",\"assign\":\"A\"}]",
                   NULL, "rule 2 (\"b\\x1b\"): a rule's name has");
    assert_refused("[{\"name\":\"a\",\"match\":\"port = 1\",\"assign\":\"A\"},"
                   "{\"name\":\"b\",\"match\":\"port = x\",\"assign\":\"A\"}]",
                   NULL, "rule 2 (\"b\"): line 1, column 8: \"x\" is no value for port");
    assert_refused("[{\"match\":\"port = 1\",\"assign\":\"A\"}]", NULL, "rule 1 has no name");
    assert_refused("[{\"name\":\"a\",\"assign\":\"A\"}]", NULL, "neither \"match\" nor \"filters\"");
    assert_refused("[7]", NULL, "rule 1 has no name");
    assert_refused("{}", NULL, "expected an array of rules");
    assert_refused("[{]", NULL, "not valid JSON at line 1");
}

static void the_number_of_rules_is_bounded(void **state)
{
    (void)state;
    struct buf json = {0};
    struct ruleset set = {0};
    struct diag diag = {0};
    buf_append_str(&json, "[");
    for (int i = 0; i <= 10000; i++)
        buf_printf(&json, "%s{\"name\":\"r\",\"match\":\"port = 1\",\"assign\":\"A\"}", i > 0 ? "," : "");
    buf_append_str(&json, "]");
    assert_int_equal(ruleset_from_json(&set, buf_str(&json), json.len, NULL, NULL, NULL, &diag), CS_E_LIMIT);
    assert_string_equal(diag.text, "more than 10000 rules");
    assert_int_equal(set.count, 0);
    buf_dispose(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_filter_type_of_scm_has_its_field),
        cmocka_unit_test(every_match_type_of_scm_has_its_operator),
        cmocka_unit_test(ports_and_addresses_are_numbers_here),
        cmocka_unit_test(what_depends_on_the_present_time_is_skipped),
        cmocka_unit_test(values_are_quoted_so_that_they_mean_themselves),
        cmocka_unit_test(all_filters_of_a_rule_must_hold),
        cmocka_unit_test(an_owner_comes_from_assign_or_from_an_orgid_that_is_known),
        cmocka_unit_test(mistakes_name_the_rule_and_keep_nothing),
        cmocka_unit_test(the_number_of_rules_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
