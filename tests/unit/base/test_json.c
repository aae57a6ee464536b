// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct json_value *parsed(const char *text)
{
    struct json_value *root = NULL;
    struct diag diag = {0};
    if (json_parse(&root, text, strlen(text), &diag) != CS_OK)
        fail_msg("%s: %s", text, diag.text);
    return root;
}

static void values_are_found_by_name_and_order(void **state)
{
    (void)state;
    struct json_value *root =
        parsed(" {\"name\":\"caf\\u00e9\",\"ids\":[3,-4],\"on\":true,\"off\":false,\"none\":null} ");
    int64_t number;
    bool flag;
    assert_true(json_is_object(root));
    assert_string_equal(json_to_string(json_get(root, "name")), "caf\xC3\xA9");
    const struct json_value *ids = json_get(root, "ids");
    assert_true(json_is_array(ids));
    assert_int_equal(json_array_len(ids), 2);
    assert_true(json_to_int(json_next(json_array_first(ids)), &number));
    assert_int_equal(number, -4);
    assert_null(json_next(json_next(json_array_first(ids))));
    assert_true(json_to_bool(json_get(root, "on"), &flag) && flag);
    assert_true(json_to_bool(json_get(root, "off"), &flag) && !flag);
    assert_true(json_is_null(json_get(root, "none")));
    assert_string_equal(json_name(json_array_first(root)), "name");
    json_free(root);
}

static void names_are_case_sensitive(void **state)
{
    (void)state;
    struct json_value *root = parsed("{\"Name\":1}");
    assert_null(json_get(root, "name"));
    assert_non_null(json_get(root, "Name"));
    json_free(root);
}

static void absent_and_of_another_type_are_the_same(void **state)
{
    (void)state;
    struct json_value *root = parsed("{\"text\":\"7\",\"number\":7}");
    int64_t number = 99;
    bool flag;
    assert_null(json_to_string(json_get(root, "number")));
    assert_false(json_to_int(json_get(root, "text"), &number));
    assert_false(json_to_bool(json_get(root, "number"), &flag));
    assert_int_equal(number, 99);
    assert_null(json_get(json_get(root, "text"), "deeper"));
    assert_null(json_get(NULL, "x"));
    assert_null(json_to_string(NULL));
    assert_false(json_to_int(NULL, &number));
    assert_false(json_to_bool(NULL, &flag));
    assert_null(json_array_first(NULL));
    assert_null(json_array_first(json_get(root, "text")));
    assert_int_equal(json_array_len(NULL), 0);
    assert_null(json_next(NULL));
    assert_null(json_name(NULL));
    assert_true(json_is_null(NULL));
    assert_false(json_is_object(NULL) || json_is_array(NULL));
    json_free(root);
    json_free(NULL);
}

static void only_exact_whole_numbers_are_integers(void **state)
{
    (void)state;
    struct json_value *root = parsed("[9007199254740992, -9007199254740992, 1e3, 1.5, 1e300, 1e999]");
    static const struct {
        bool whole;
        int64_t value;
    } expected[] = {{true, 9007199254740992},
                    {true, -9007199254740992},
                    {true, 1000},
                    {false, 0},
                    {false, 0},
                    {false, 0}};
    const struct json_value *item = json_array_first(root);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++, item = json_next(item)) {
        int64_t number = 0;
        assert_int_equal(json_to_int(item, &number), expected[i].whole);
        assert_int_equal(number, expected[i].value);
    }
    json_free(root);
}

static void assert_refused(const char *text, size_t len, const char *message)
{
    struct json_value *root = (struct json_value *)&root;
    struct diag diag = {0};
    assert_int_equal(json_parse(&root, text, len, &diag), CS_E_MALFORMED);
    assert_null(root);
    assert_string_equal(diag.text, message);
}

static void mistakes_are_told_with_line_and_column(void **state)
{
    (void)state;
    assert_refused("{\n  \"a\": nope\n}", 16, "not valid JSON at line 2, column 8");
    assert_refused("[1] x", 5, "not valid JSON at line 1, column 5");
    assert_refused("", 0, "not valid JSON at line 1, column 1");
    assert_int_equal(json_parse(&(struct json_value *){NULL}, "[", 1, NULL), CS_E_MALFORMED);
}

static void the_length_given_is_the_end(void **state)
{
    (void)state;
    struct json_value *root;
    const char text[] = {'[', '1', ']', '2'};
    assert_int_equal(json_parse(&root, text, 3, NULL), CS_OK);
    json_free(root);
    assert_int_equal(json_parse(&root, text, 2, NULL), CS_E_MALFORMED);
}

static void deep_nesting_is_refused_not_followed(void **state)
{
    (void)state;
    char deep[100000];
    struct json_value *root;
    memset(deep, '[', sizeof deep);
    assert_int_equal(json_parse(&root, deep, sizeof deep, NULL), CS_E_MALFORMED);
    assert_null(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_by_name_and_order),
        cmocka_unit_test(names_are_case_sensitive),
        cmocka_unit_test(absent_and_of_another_type_are_the_same),
        cmocka_unit_test(only_exact_whole_numbers_are_integers),
        cmocka_unit_test(mistakes_are_told_with_line_and_column),
        cmocka_unit_test(the_length_given_is_the_end),
        cmocka_unit_test(deep_nesting_is_refused_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
