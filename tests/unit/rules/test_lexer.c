// SPDX-License-Identifier: Apache-2.0
#include "rules/lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_token(struct lexer *lexer, enum token_kind kind, const char *text, unsigned column)
{
    struct diag diag = {0};
    if (lexer_next(lexer, &diag) != CS_OK)
        fail_msg("%s: %s", text, diag.text);
    assert_int_equal(lexer->kind, kind);
    assert_string_equal(buf_str(&lexer->text), text);
    assert_int_equal(lexer->token_column, column);
}

static void words_strings_and_signs_are_told_apart(void **state)
{
    (void)state;
    struct lexer lexer;
    lexer_init(&lexer, "port>=443 (\"a b\",x)");
    assert_token(&lexer, TOKEN_WORD, "port", 1);
    assert_token(&lexer, TOKEN_SYMBOL, ">=", 5);
    assert_token(&lexer, TOKEN_WORD, "443", 7);
    assert_token(&lexer, TOKEN_OPEN, "(", 11);
    assert_token(&lexer, TOKEN_STRING, "a b", 12);
    assert_token(&lexer, TOKEN_COMMA, ",", 17);
    assert_token(&lexer, TOKEN_WORD, "x", 18);
    assert_token(&lexer, TOKEN_CLOSE, ")", 19);
    assert_token(&lexer, TOKEN_END, "", 20);
    assert_token(&lexer, TOKEN_END, "", 20);
    lexer_dispose(&lexer);
}

static void a_bare_value_may_hold_operators_but_not_begin_with_one(void **state)
{
    (void)state;
    struct lexer lexer;
    lexer_init(&lexer, "CN=a!b<c) =x");
    assert_int_equal(lexer_next_value(&lexer, NULL), CS_OK);
    assert_int_equal(lexer.kind, TOKEN_WORD);
    assert_string_equal(buf_str(&lexer.text), "CN=a!b<c");
    assert_token(&lexer, TOKEN_CLOSE, ")", 9);
    assert_int_equal(lexer_next_value(&lexer, NULL), CS_OK);
    assert_int_equal(lexer.kind, TOKEN_SYMBOL);
    lexer_dispose(&lexer);
}

static void only_quotes_and_backslashes_are_escaped_in_strings(void **state)
{
    (void)state;
    struct lexer lexer;
    lexer_init(&lexer, "\"a\\\"b\\\\c\\.d\\n\"\"\"");
    assert_token(&lexer, TOKEN_STRING, "a\"b\\c\\.d\\n", 1);
    assert_token(&lexer, TOKEN_STRING, "", 15);
    assert_token(&lexer, TOKEN_END, "", 17);
    lexer_dispose(&lexer);
}

static void columns_count_characters_and_lines_begin_anew(void **state)
{
    (void)state;
    struct lexer lexer;
    lexer_init(&lexer, "caf\xC3\xA9 x\r\n\t\xE2\x82\xAC \"a\nb\" y");
    assert_token(&lexer, TOKEN_WORD, "caf\xC3\xA9", 1);
    assert_token(&lexer, TOKEN_WORD, "x", 6);
    assert_int_equal(lexer.token_line, 1);
    assert_token(&lexer, TOKEN_WORD, "\xE2\x82\xAC", 2);
    assert_int_equal(lexer.token_line, 2);
    assert_token(&lexer, TOKEN_STRING, "a\nb", 4);
    assert_token(&lexer, TOKEN_WORD, "y", 4);
    assert_int_equal(lexer.token_line, 3);
    lexer_dispose(&lexer);
}

static void assert_refused(const char *text, const char *message)
{
    struct lexer lexer;
    struct diag diag = {0};
    lexer_init(&lexer, text);
    enum cs_err err = CS_OK;
    while (err == CS_OK) {
        err = lexer_next(&lexer, &diag);
        assert_true(err != CS_OK || lexer.kind != TOKEN_END);
    }
    assert_int_equal(err, CS_E_INVALID);
    assert_string_equal(diag.text, message);
    lexer_dispose(&lexer);
}

static void what_is_no_word_is_refused_where_it_stands(void **state)
{
    (void)state;
    assert_refused("a = \"open", "line 1, column 5: this string has no closing quote");
    assert_refused("a = \"open\\\"", "line 1, column 5: this string has no closing quote");
    assert_refused("a\n ! b", "line 2, column 2: \"!\" alone; expected != or the word not");
    assert_refused("a = b\xFF"
                   "c",
                   "line 1, column 6: byte 0xff is not UTF-8");
    assert_refused("a = \"b\n\xC3\"", "line 2, column 1: byte 0xc3 is not UTF-8");
    assert_refused("\xED\xA0\x80", "line 1, column 1: byte 0xed is not UTF-8"); /* a surrogate */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_strings_and_signs_are_told_apart),
        cmocka_unit_test(a_bare_value_may_hold_operators_but_not_begin_with_one),
        cmocka_unit_test(only_quotes_and_backslashes_are_escaped_in_strings),
        cmocka_unit_test(columns_count_characters_and_lines_begin_anew),
        cmocka_unit_test(what_is_no_word_is_refused_where_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
