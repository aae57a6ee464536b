// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static void commas_and_colons_come_by_themselves(void **state)
{
    (void)state;
    struct buf out = {0};
    struct json_writer json;
    json_writer_init(&json, &out);
    json_begin_object(&json);
    json_member_string(&json, "name", "web");
    json_key(&json, "ports");
    json_begin_array(&json);
    json_int(&json, -1);
    json_uint(&json, UINT64_MAX);
    json_begin_object(&json);
    json_end_object(&json);
    json_null(&json);
    json_end_array(&json);
    json_member_bool(&json, "live", true);
    json_member_int(&json, "n", 3);
    json_key(&json, "t");
    json_time(&json, 0);
    json_key(&json, "h");
    json_hex(&json, (const uint8_t *)"\x00\xab", 2);
    json_end_object(&json);
    assert_string_equal(buf_str(&out),
                        "{\"name\":\"web\",\"ports\":[-1,18446744073709551615,{},null],"
                        "\"live\":true,\"n\":3,\"t\":\"1970-01-01T00:00:00Z\",\"h\":\"00ab\"}");
    buf_dispose(&out);
}

static void assert_string(const char *text, size_t len, const char *expected)
{
    struct buf out = {0};
    struct json_writer json;
    json_writer_init(&json, &out);
    json_string_n(&json, text, len);
    assert_string_equal(buf_str(&out), expected);
    buf_dispose(&out);
}

static void strings_are_always_valid_json_and_utf8(void **state)
{
    (void)state;
    assert_string("", 0, "\"\"");
    assert_string("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
    assert_string("\n\r\t\x01\x7f", 5, "\"\\n\\r\\t\\u0001\\u007f\"");
    assert_string("a\0b", 3, "\"a\\u0000b\"");
    assert_string("caf\xC3\xA9", 5, "\"caf\xC3\xA9\"");
    assert_string("\xFFz\xC3", 3, "\"\xEF\xBF\xBDz\xEF\xBF\xBD\"");
    assert_string("\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void every_byte_reads_back(void **state)
{
    (void)state;
    struct buf out = {0};
    struct json_writer json;
    struct json_value *root;
    char text[128];
    for (int i = 1; i < 128; i++)
        text[i - 1] = (char)i;
    text[127] = '\0';
    json_writer_init(&json, &out);
    json_string(&json, text);
    assert_int_equal(json_parse(&root, buf_str(&out), out.len, NULL), CS_OK);
    assert_string_equal(json_to_string(root), text);
    json_free(root);
    buf_dispose(&out);
}

static void an_absent_text_is_null(void **state)
{
    (void)state;
    struct buf out = {0};
    struct json_writer json;
    json_writer_init(&json, &out);
    json_string(&json, NULL);
    assert_string_equal(buf_str(&out), "null");
    buf_dispose(&out);
}

static void levels_nest_to_the_limit(void **state)
{
    (void)state;
    struct buf out = {0};
    struct json_writer json;
    json_writer_init(&json, &out);
    for (int i = 0; i < JSON_WRITER_LEVELS; i++) {
        json_begin_array(&json);
        json_int(&json, i);
    }
    for (int i = 0; i < JSON_WRITER_LEVELS; i++)
        json_end_array(&json);
    assert_string_equal(buf_str(&out), "[0,[1,[2,[3,[4,[5,[6,[7,[8,[9,[10,[11,[12,[13,[14]]]]]]]]]]]]]]]");
    buf_dispose(&out);
}

static void a_full_buffer_is_told_by_the_buffer(void **state)
{
    (void)state;
    struct buf out;
    struct json_writer json;
    buf_init(&out, 4);
    json_writer_init(&json, &out);
    json_string(&json, "too long");
    json_hex(&json, (const uint8_t *)"abc", 3);
    assert_int_equal(out.err, CS_E_LIMIT);
    buf_dispose(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_colons_come_by_themselves),
        cmocka_unit_test(strings_are_always_valid_json_and_utf8),
        cmocka_unit_test(every_byte_reads_back),
        cmocka_unit_test(an_absent_text_is_null),
        cmocka_unit_test(levels_nest_to_the_limit),
        cmocka_unit_test(a_full_buffer_is_told_by_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
