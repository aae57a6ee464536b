// SPDX-License-Identifier: Apache-2.0
#include "scm/rule_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct json_value *parse(const char *text)
{
    struct json_value *root = NULL;
    assert_int_equal(json_parse(&root, text, strlen(text), NULL), CS_OK);
    return root;
}

static void assert_rule(const char *text, const char *match, const char *reason)
{
    struct rule_reply rule;
    struct json_value *root = parse(text);
    assert_int_equal(reply_rule(&rule, 7, root), CS_OK);
    assert_int_equal(rule.id, 7);
    if (match != NULL)
        assert_string_equal(rule.match, match);
    else
        assert_null(rule.match);
    if (reason != NULL)
        assert_non_null(strstr(rule.reason.text, reason));
    rule_reply_dispose(&rule);
    json_free(root);
}

static void a_rule_is_what_all_its_filters_ask(void **state)
{
    (void)state;
    assert_rule("{\"name\":\"a\",\"orgId\":1,\"filters\":[{\"filterType\":\"CITY\",\"matchType\":\"MATCHES\","
                "\"value\":\"x\"},{\"filterType\":\"PORT\",\"matchType\":\"MATCHES\",\"value\":\"1\"}]}",
                "city equals \"x\" and port equals \"1\"", NULL);
}

static void one_filter_that_cannot_be_told_leaves_all_out(void **state)
{
    (void)state;
    assert_rule("{\"name\":\"a\",\"filters\":[{\"filterType\":\"CITY\",\"matchType\":\"MATCHES\","
                "\"value\":\"x\"},{\"filterType\":\"COLOUR\",\"matchType\":\"MATCHES\",\"value\":\"1\"}]}",
                NULL, "unknown filterType");
    assert_rule("{\"name\":\"a\",\"filters\":[]}", NULL, "no filters");
    assert_rule("{\"name\":\"a\",\"filters\":\"x\"}", NULL, "no filters");
    assert_rule("{\"name\":\"a\",\"filters\":[null]}", NULL, "without filterType");
}

static void filters_are_shown_in_scm_s_words(void **state)
{
    (void)state;
    struct rule_reply rule;
    struct json_value *root =
        parse("{\"name\":\"a\",\"certType\":\"SMIME\",\"filters\":[{\"filterType\":\"CITY\","
              "\"matchType\":\"UNLIKE\",\"value\":\"a\\nb\"},{}]}");
    assert_int_equal(reply_rule(&rule, 7, root), CS_OK);
    assert_string_equal(rule.filters, "CITY UNLIKE \"a\\x0ab\"\n? ? \"\"\n");
    assert_false(rule_reply_is_ssl(&rule));
    rule_reply_dispose(&rule);
    json_free(root);
}

static void a_rule_without_name_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", "[]", "7", "{\"name\":7}", "{\"name\":\"\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct rule_reply rule;
        struct json_value *root = parse(texts[i]);
        assert_int_equal(reply_rule(&rule, 7, root), CS_E_MALFORMED);
        rule_reply_dispose(&rule);
        json_free(root);
    }
}

static enum cs_err read_bucket(struct bucket_reply *bucket, const char *text)
{
    struct json_value *root = parse(text);
    enum cs_err err = reply_bucket(bucket, root);
    json_free(root);
    return err;
}

static void a_bucket_keeps_the_order_of_its_rules_and_each_once(void **state)
{
    (void)state;
    struct bucket_reply bucket;
    assert_int_equal(read_bucket(&bucket, "{\"id\":\"u\",\"name\":\"b\",\"assignmentRules\":[3,1,3],"
                                          "\"authenticationEnabled\":false}"),
                     CS_OK);
    assert_int_equal(bucket.rule_count, 2);
    assert_int_equal(bucket.rules[0], 3);
    assert_int_equal(bucket.rules[1], 1);
    assert_int_equal(bucket.authentication, TOLD_NO);
    bucket_reply_dispose(&bucket);
    assert_int_equal(read_bucket(&bucket, "{\"id\":\"u\",\"name\":\"b\",\"assignmentRules\":null}"), CS_OK);
    assert_int_equal(bucket.authentication, TOLD_NOTHING);
    bucket_reply_dispose(&bucket);
}

static void a_bucket_that_cannot_be_meant_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"id\":\"u\"}",
        "{\"name\":\"b\"}",
        "{\"id\":7,\"name\":\"b\"}",
        "{\"id\":\"0123456789012345678901234567890123456789012345678901234567890123\",\"name\":\"b\"}",
        "{\"id\":\"u\",\"name\":\"b\",\"assignmentRules\":[1,\"x\"]}",
        "{\"id\":\"u\",\"name\":\"b\",\"assignmentRules\":[-1]}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct bucket_reply bucket;
        assert_int_equal(read_bucket(&bucket, texts[i]), CS_E_MALFORMED);
        bucket_reply_dispose(&bucket);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_is_what_all_its_filters_ask),
        cmocka_unit_test(one_filter_that_cannot_be_told_leaves_all_out),
        cmocka_unit_test(filters_are_shown_in_scm_s_words),
        cmocka_unit_test(a_rule_without_name_is_none),
        cmocka_unit_test(a_bucket_keeps_the_order_of_its_rules_and_each_once),
        cmocka_unit_test(a_bucket_that_cannot_be_meant_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
