// SPDX-License-Identifier: Apache-2.0
/* The examples of RFC 8659, sections 4.1.1 to 4.4, and what the grammar of section 4.2 lets through. */
#include "dns/caa_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_RECORDS 8

static struct caa_record records[MAX_RECORDS];
static struct caa_set set;
static const char *const cas[] = {"ca1.example.net", "other-name.example"};

static int start(void **state)
{
    (void)state;
    set = (struct caa_set){.records = records};
    return 0;
}

/* The text must live as long as the test: literals do. */
static void has(uint8_t flags, char *tag, char *value)
{
    assert_true(set.count < MAX_RECORDS);
    records[set.count++] = (struct caa_record){flags, tag, value, strlen(value)};
}

static struct caa_decision decide(bool wildcard)
{
    struct caa_decision decision;
    caa_decide(&set, wildcard, cas, 2, &decision);
    assert_non_null(decision.reason);
    return decision;
}

static void says(enum caa_verdict plain, enum caa_verdict wildcard)
{
    assert_int_equal(decide(false).verdict, plain);
    assert_int_equal(decide(true).verdict, wildcard);
}

static void without_records_any_ca_may_issue(void **state)
{
    struct caa_decision decision;
    (void)state;
    says(CAA_ALLOWED, CAA_ALLOWED);
    caa_decide(NULL, true, cas, 2, &decision);
    assert_int_equal(decision.verdict, CAA_ALLOWED);
    assert_null(decision.record);
}

static void records_that_restrict_nothing_let_any_ca_issue(void **state)
{
    (void)state;
    has(0, "iodef", "mailto:security@example.com");
    has(0, "issuemail", ";");
    says(CAA_ALLOWED, CAA_ALLOWED);
}

static void one_issue_record_decides_for_name_and_wildcard(void **state)
{
    (void)state;
    has(0, "issue", "ca1.example.net");
    says(CAA_ALLOWED, CAA_ALLOWED);
    assert_ptr_equal(decide(false).record, &records[0]);
    records[0].value = "ca2.example.org";
    says(CAA_DENIED, CAA_DENIED);
    assert_ptr_equal(decide(true).record, &records[0]);
    assert_string_equal(decide(true).missing_tag, "issue");
}

static void of_several_issue_records_one_suffices(void **state)
{
    (void)state;
    has(0, "issue", "ca2.example.org");
    has(0, "issue", ";");
    says(CAA_DENIED, CAA_DENIED);
    has(0, "issue", "ca1.example.net");
    says(CAA_ALLOWED, CAA_ALLOWED);
    assert_ptr_equal(decide(false).record, &records[2]);
}

static void a_ca_is_known_by_any_of_its_names(void **state)
{
    (void)state;
    has(0, "issue", "Other-Name.EXAMPLE");
    says(CAA_ALLOWED, CAA_ALLOWED);
}

/* RFC 8659, 4.3: the wildcard of the first set, and issuewild alone. */
static void issuewild_takes_the_place_of_issue_for_wildcards_alone(void **state)
{
    (void)state;
    has(0, "issue", "ca1.example.net");
    has(0, "issuewild", "ca2.example.org");
    says(CAA_ALLOWED, CAA_DENIED);
    assert_ptr_equal(decide(true).record, &records[1]);
    assert_string_equal(decide(true).missing_tag, "issuewild");
    set.count = 0;
    has(0, "issuewild", "ca1.example.net");
    has(0, "issue", ";");
    says(CAA_DENIED, CAA_ALLOWED);
    set.count = 1;
    records[0].value = ";";
    says(CAA_ALLOWED, CAA_DENIED);
}

static void tags_are_compared_without_case(void **state)
{
    (void)state;
    has(0, "ISSUE", "ca2.example.org");
    has(0, "IssueWild", "ca1.example.net");
    says(CAA_DENIED, CAA_ALLOWED);
}

static void nobody_may_issue_beside_a_critical_record_with_an_unknown_tag(void **state)
{
    (void)state;
    has(0, "issue", "ca1.example.net");
    has(0, "tbs", "Unknown");
    says(CAA_ALLOWED, CAA_ALLOWED);
    records[1].flags = 127; /* the other bits mean nothing */
    says(CAA_ALLOWED, CAA_ALLOWED);
    records[1].flags = CAA_CRITICAL;
    says(CAA_DENIED, CAA_DENIED);
    assert_ptr_equal(decide(false).record, &records[1]);
    assert_null(decide(false).missing_tag);
    records[1].tag = "iodef";
    says(CAA_ALLOWED, CAA_ALLOWED);
}

static void parameters_are_conditions_that_the_ca_has_to_judge(void **state)
{
    (void)state;
    has(0, "issue", "ca1.example.net; account=230123");
    says(CAA_RESTRICTED, CAA_RESTRICTED);
    assert_null(decide(false).missing_tag);
    has(0, "issue", "ca1.example.net");
    says(CAA_ALLOWED, CAA_ALLOWED);
    assert_ptr_equal(decide(false).record, &records[1]);
    records[1].value = "ca2.example.org; account=230123";
    says(CAA_RESTRICTED, CAA_RESTRICTED);
    assert_ptr_equal(decide(false).record, &records[0]);
}

static void malformed_values_name_nobody(void **state)
{
    (void)state;
    has(0, "issue", "%%%%%");
    says(CAA_DENIED, CAA_DENIED);
    assert_non_null(strstr(decide(false).reason, "malformed"));
    records[0].value = "ca1.example.net; policy";
    says(CAA_DENIED, CAA_DENIED);
}

static void values_are_read_by_the_grammar(void **state)
{
    static const struct {
        const char *value;
        const char *domain; /* NULL: breaks the grammar */
        bool has_parameters;
    } cases[] = {
        {"ca.example", "ca.example", false},
        {" \tca.example\t ", "ca.example", false},
        {"ca.example;", "ca.example", false},
        {"ca.example ; ", "ca.example", false},
        {"", "", false},
        {";", "", false},
        {" ; ", "", false},
        {"; a=b", "", true},
        {"ca.example; accounturi=https://ca.example/acct/1?x=%20", "ca.example", true},
        {"ca.example;a=b;c-d = e", "ca.example", true},
        {"ca.example; a=", "ca.example", true},
        {"ca--1.example", "ca--1.example", false},
        {"single", "single", false},
        {"ca.example.", NULL, false},
        {".ca.example", NULL, false},
        {"ca..example", NULL, false},
        {"-ca.example", NULL, false},
        {"ca-.example", NULL, false},
        {"ca_1.example", NULL, false},
        {"ca.example a=b", NULL, false},
        {"ca.example; a", NULL, false},
        {"ca.example; =b", NULL, false},
        {"ca.example; a=b;", NULL, false},
        {"ca.example; a=b c", NULL, false},
        {"ca.example; a=\xC3\xA9", NULL, false},
        {"\"ca.example\"", NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char domain[64];
        bool has_parameters;
        bool sound =
            caa_value_parse(cases[i].value, strlen(cases[i].value), domain, sizeof domain, &has_parameters);
        if (sound != (cases[i].domain != NULL))
            fail_msg("\"%s\" is %s", cases[i].value, sound ? "taken" : "refused");
        if (sound && (strcmp(domain, cases[i].domain) != 0 || has_parameters != cases[i].has_parameters))
            fail_msg("\"%s\" is read as \"%s\"", cases[i].value, domain);
    }
}

static void a_value_is_not_ended_by_a_nul(void **state)
{
    char domain[64];
    bool has_parameters;
    (void)state;
    assert_false(caa_value_parse("ca.example\0;", 12, domain, sizeof domain, &has_parameters));
    assert_true(caa_value_parse("ca.example", 10, domain, 11, &has_parameters));
    assert_false(caa_value_parse("ca.example", 10, domain, 10, &has_parameters));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_records_any_ca_may_issue, start),
        cmocka_unit_test_setup(records_that_restrict_nothing_let_any_ca_issue, start),
        cmocka_unit_test_setup(one_issue_record_decides_for_name_and_wildcard, start),
        cmocka_unit_test_setup(of_several_issue_records_one_suffices, start),
        cmocka_unit_test_setup(a_ca_is_known_by_any_of_its_names, start),
        cmocka_unit_test_setup(issuewild_takes_the_place_of_issue_for_wildcards_alone, start),
        cmocka_unit_test_setup(tags_are_compared_without_case, start),
        cmocka_unit_test_setup(nobody_may_issue_beside_a_critical_record_with_an_unknown_tag, start),
        cmocka_unit_test_setup(parameters_are_conditions_that_the_ca_has_to_judge, start),
        cmocka_unit_test_setup(malformed_values_name_nobody, start),
        cmocka_unit_test(values_are_read_by_the_grammar),
        cmocka_unit_test(a_value_is_not_ended_by_a_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
