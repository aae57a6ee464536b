// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void names_compare_without_regard_to_ascii_case(void **state)
{
    (void)state;
    assert_true(text_equals("WWW.Example.org", "www.eXample.ORG"));
    assert_false(text_equals("www.example.org", "www.example.or"));
    assert_false(text_equals("\xC3\x84", "\xC3\xA4")); /* only ASCII folds */
    assert_true(text_starts_with("Mail.example", "mail"));
    assert_false(text_starts_with("ma", "mail"));
    assert_true(text_ends_with("a.MyDomain.be", "mydomain.be"));
    assert_false(text_ends_with("be", "mydomain.be"));
    assert_true(text_contains("xxABCyy", "abc"));
    assert_true(text_contains("ab", ""));
    assert_false(text_contains("ab", "abc"));
    assert_false(text_contains("", "a"));
}

static void sorting_folds_case_and_puts_prefixes_first(void **state)
{
    (void)state;
    assert_int_equal(text_compare("abc", "ABC"), 0);
    assert_true(text_compare("ab", "abc") < 0);
    assert_true(text_compare("b", "Abc") > 0);
    assert_true(text_compare("\xC3\xA9", "z") > 0); /* bytes above ASCII are not negative */
}

static void a_domain_holds_whole_labels_only(void **state)
{
    (void)state;
    assert_true(text_in_domain("mydomain.be", "mydomain.be"));
    assert_true(text_in_domain("a.b.MYDOMAIN.be", "mydomain.be"));
    assert_true(text_in_domain("*.mydomain.be", ".mydomain.be"));
    assert_false(text_in_domain("notmydomain.be", "mydomain.be"));
    assert_false(text_in_domain("mydomain.be.example", "mydomain.be"));
    assert_false(text_in_domain("be", "mydomain.be"));
    assert_false(text_in_domain("mydomain.be", ""));
    assert_false(text_in_domain("mydomain.be", "."));
}

static void copies_are_separate_and_null_stays_null(void **state)
{
    (void)state;
    char *copy = text_copy_n("abcdef", 3);
    assert_string_equal(copy, "abc");
    free(copy);
    assert_null(text_copy(NULL));
}

static void whole_numbers_are_read_and_nothing_else(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_int_equal(text_to_u64("65535", 5, 65535, &value), CS_OK);
    assert_int_equal(value, 65535);
    assert_int_equal(text_to_u64("18446744073709551615", 20, UINT64_MAX, &value), CS_OK);
    assert_true(value == UINT64_MAX);
    value = 7;
    assert_int_equal(text_to_u64("18446744073709551616", 20, UINT64_MAX, &value), CS_E_INVALID);
    static const char *const wrong[] = {"", "65536", "-1", "+1", " 1", "1 ", "0x1", "1.0"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(text_to_u64(wrong[i], strlen(wrong[i]), 65535, &value), CS_E_INVALID);
    assert_int_equal(value, 7);
}

static size_t length_of(const char *bytes)
{
    return utf8_length((const uint8_t *)bytes, strlen(bytes));
}

static void well_formed_utf8_is_told_from_the_rest(void **state)
{
    (void)state;
    assert_int_equal(length_of("a"), 1);
    assert_int_equal(length_of("\xC3\xA9"), 2);
    assert_int_equal(length_of("\xE2\x82\xAC"), 3);
    assert_int_equal(length_of("\xF0\x9F\x92\xA9"), 4);
    assert_int_equal(length_of("\xF4\x8F\xBF\xBF"), 4); /* U+10FFFF */
    assert_int_equal(utf8_length((const uint8_t *)"", 0), 0);
    static const char *const wrong[] = {
        "\x80",             /* a continuation byte alone */
        "\xC3",             /* cut */
        "\xC3(",            /* broken off */
        "\xC0\x80",         /* NUL, overlong */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xED\xA0\x80",     /* a surrogate */
        "\xF4\x90\x80\x80", /* beyond U+10FFFF */
        "\xFF",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(length_of(wrong[i]), 0);
}

static void assert_printable(const char *text, size_t len, const char *expected)
{
    struct buf out = {0};
    text_append_printable(&out, text, len);
    assert_string_equal(buf_str(&out), expected);
    buf_dispose(&out);
}

static void what_could_move_a_terminal_is_escaped(void **state)
{
    (void)state;
    assert_printable("plain \xC3\xA9", 8, "plain \xC3\xA9");
    assert_printable("\x1b[2J\n\x7f", 6, "\\x1b[2J\\x0a\\x7f");
    assert_printable("a\0b", 3, "a\\x00b");
    assert_printable("\xC2\x9B", 2, "\\xc2\\x9b"); /* CSI as C1 */
    assert_printable("\xE2\x80\xAE"
                     "x",
                     4, "\\xe2\\x80\\xaex");             /* right-to-left override */
    assert_printable("\xE2\x80\x94", 3, "\xE2\x80\x94"); /* a dash is harmless */
    assert_printable("a\xFF", 2, "a\\xff");
}

static void fixed_arrays_are_cut_between_characters(void **state)
{
    (void)state;
    char out[8];
    assert_string_equal(text_printable(out, sizeof out, "1234567"), "1234567");
    assert_string_equal(text_printable(out, sizeof out, "12345678"), "1234...");
    assert_string_equal(text_printable(out, sizeof out,
                                       "123\xC3\xA9"
                                       "45678"),
                        "123...");
    assert_string_equal(text_printable(out, sizeof out, ""), "");
    char tiny[2];
    assert_string_equal(text_printable(tiny, sizeof tiny, "long"), "");
}

static void cleaning_replaces_each_bad_byte(void **state)
{
    (void)state;
    struct buf out = {0};
    utf8_append_clean(&out, "a\xFF\xC3\xA9\xC3\0z", 7);
    assert_int_equal(out.len, 1 + 3 + 2 + 3 + 1 + 1);
    assert_memory_equal(out.data, "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\0z", out.len);
    buf_dispose(&out);
}

static void columns_count_characters(void **state)
{
    (void)state;
    assert_int_equal(utf8_columns(""), 0);
    assert_int_equal(utf8_columns("caf\xC3\xA9"), 4);
}

static void hex_goes_both_ways(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x1A, 0xFF};
    char text[7];
    uint8_t back[3];
    hex_encode(text, bytes, sizeof bytes);
    assert_string_equal(text, "001aff");
    assert_true(hex_decode(back, sizeof back, "001AFf", 6));
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_false(hex_decode(back, sizeof back, "001af", 5));
    assert_false(hex_decode(back, sizeof back, "001aff00", 8));
    assert_false(hex_decode(back, sizeof back, "001afg", 6));
}

static void assert_shell_word(const char *text, const char *expected)
{
    struct buf out = {0};
    text_append_shell_word(&out, text);
    assert_string_equal(buf_str(&out), expected);
    buf_dispose(&out);
}

static void a_shell_reads_a_quoted_word_as_it_was(void **state)
{
    (void)state;
    assert_shell_word("University/Library", "University/Library");
    assert_shell_word("Faculty of Science", "'Faculty of Science'");
    assert_shell_word("a$(b)`c`;d", "'a$(b)`c`;d'");
    assert_shell_word("it's", "'it'\\''s'");
    assert_shell_word("R\\/D", "'R\\/D'");
    assert_shell_word("", "''");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_compare_without_regard_to_ascii_case),
        cmocka_unit_test(sorting_folds_case_and_puts_prefixes_first),
        cmocka_unit_test(a_domain_holds_whole_labels_only),
        cmocka_unit_test(copies_are_separate_and_null_stays_null),
        cmocka_unit_test(whole_numbers_are_read_and_nothing_else),
        cmocka_unit_test(well_formed_utf8_is_told_from_the_rest),
        cmocka_unit_test(what_could_move_a_terminal_is_escaped),
        cmocka_unit_test(fixed_arrays_are_cut_between_characters),
        cmocka_unit_test(cleaning_replaces_each_bad_byte),
        cmocka_unit_test(columns_count_characters),
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(a_shell_reads_a_quoted_word_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
