// SPDX-License-Identifier: Apache-2.0
#include "scm/task_reply.h"

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

static enum cs_err read_run(struct run_reply *run, const char *text)
{
    struct json_value *root = parse(text);
    enum cs_err err = reply_run(run, root);
    json_free(root);
    return err;
}

static enum cs_err read_result(struct result_reply *result, const char *text)
{
    struct json_value *root = parse(text);
    enum cs_err err = reply_result(result, root);
    json_free(root);
    return err;
}

static void only_a_completed_run_is_one(void **state)
{
    (void)state;
    struct run_reply run;
    assert_int_equal(
        read_run(&run, "{\"id\":\"a\",\"status\":\"Completed\",\"created\":\"2026-11-20T00:00:00.5Z\"}"),
        CS_OK);
    assert_true(run.completed);
    assert_int_equal(run.created_s, 1795132800);
    static const char *const others[] = {"in_progress", "failed", "cancelled", "expired"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char text[80] = "{\"id\":\"a\",\"status\":\"";
        strcat(strcat(text, others[i]), "\"}");
        assert_int_equal(read_run(&run, text), CS_OK);
        assert_false(run.completed);
    }
    assert_int_equal(read_run(&run, "{\"id\":7}"), CS_E_MALFORMED);
    assert_int_equal(read_run(&run, "[]"), CS_E_MALFORMED);
}

static void a_result_is_a_certificate_at_a_place(void **state)
{
    (void)state;
    struct result_reply result;
    assert_int_equal(
        read_result(&result,
                    "{\"certificate\":{\"hash\":\"AA:11223344556677889900112233445566778899aa\",\"metadata\":"
                    "{\"managedId\":\"ssl:130\"},\"details\":{\"sn\":\"0E12\"}},\"location\":{\"details\":"
                    "{\"ip\":\"192.0.2.1\",\"port\":\"8443\",\"hostName\":\"a.example\"}}}"),
        CS_OK);
    assert_int_equal(result.row.port, 8443);
    assert_string_equal(result.row.host, "a.example");
    assert_string_equal(result.row.serial, "0e12");
    assert_int_equal(result.row.managed_id, 130);
    assert_int_equal(result.row.seen_s, 0);
}

static void without_a_place_there_is_nothing_to_compare(void **state)
{
    (void)state;
    struct result_reply result;
    static const char *const texts[] = {"{}", "{\"location\":null}",
                                        "{\"location\":{\"details\":{\"ip\":\"192.0.2.1\"}}}",
                                        "{\"location\":{\"details\":{\"ip\":\"x\",\"port\":1}}}",
                                        "{\"location\":{\"details\":{\"ip\":\"192.0.2.1\",\"port\":65536}}}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(read_result(&result, texts[i]), CS_E_NOT_FOUND);
    assert_int_equal(read_result(&result, "7"), CS_E_MALFORMED);
}

static void other_kinds_of_managed_certificates_are_none_of_ours(void **state)
{
    (void)state;
    struct result_reply result;
    static const char *const ids[] = {"smime:130", "ssl:", "ssl:x", "ssl:99999999999", "130"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char text[200] = "{\"location\":{\"details\":{\"ip\":\"192.0.2.1\",\"port\":1}},\"certificate\":"
                         "{\"metadata\":{\"managedId\":\"";
        strcat(strcat(text, ids[i]), "\"}}}");
        assert_int_equal(read_result(&result, text), CS_OK);
        assert_int_equal(result.row.managed_id, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_completed_run_is_one),
        cmocka_unit_test(a_result_is_a_certificate_at_a_place),
        cmocka_unit_test(without_a_place_there_is_nothing_to_compare),
        cmocka_unit_test(other_kinds_of_managed_certificates_are_none_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
