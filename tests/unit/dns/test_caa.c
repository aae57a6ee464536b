// SPDX-License-Identifier: Apache-2.0
#include "dns/caa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ANSWERS = 0x8180, REFERS = 0x8000, NO_SUCH_NAME = 3, REFUSED = 5, CUT = 0x0200, KNOWS = 0x8400 };

static struct buf message;
static struct caa_set set;
static struct diag diag;

static int start(void **state)
{
    (void)state;
    buf_reset(&message);
    diag = (struct diag){0};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    caa_set_dispose(&set);
    buf_dispose(&message);
    return 0;
}

static void put_u16(unsigned value)
{
    buf_append_char(&message, (char)(value >> 8));
    buf_append_char(&message, (char)value);
}

static void put_name(const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, ".");
        buf_append_char(&message, (char)len);
        buf_append(&message, name, len);
        name += len + (name[len] == '.');
    }
    buf_append_char(&message, 0);
}

static void begin(unsigned flags, unsigned row_count)
{
    put_u16(1);
    put_u16(flags);
    put_u16(1);
    put_u16(row_count);
    put_u16(0);
    put_u16(0);
    put_name("www.example.org");
    put_u16(CAA_TYPE);
    put_u16(1);
}

static void put_row(const char *owner, unsigned type, const void *data, size_t len)
{
    put_name(owner);
    put_u16(type);
    put_u16(1);
    put_u16(0);
    put_u16(60);
    put_u16((unsigned)len);
    buf_append(&message, data, len);
}

static void put_alias(const char *owner, const char *target)
{
    struct buf whole = message;
    message = (struct buf){0};
    put_name(target);
    struct buf data = message;
    message = whole;
    put_row(owner, 5, data.data, data.len);
    buf_dispose(&data);
}

static const char issue[] = "\0\5issueca.example";
#define ISSUE issue, sizeof issue - 1

static enum cs_err parse(void)
{
    caa_set_dispose(&set);
    enum cs_err err = caa_answer_parse(&set, "www.example.org", message.data, message.len, &diag);
    assert_true(err == CS_OK || (set.count == 0 && set.owner == NULL && set.records == NULL));
    return err;
}

static void an_answer_gives_its_records(void **state)
{
    (void)state;
    begin(ANSWERS, 2);
    put_row("WWW.example.org", CAA_TYPE, ISSUE);
    put_row("www.example.org", CAA_TYPE, "\x80\3tbsa\0b", 8);
    assert_int_equal(parse(), CS_OK);
    assert_string_equal(set.owner, "www.example.org");
    assert_int_equal(set.count, 2);
    assert_int_equal(set.records[0].flags, 0);
    assert_string_equal(set.records[0].tag, "issue");
    assert_string_equal(set.records[0].value, "ca.example");
    assert_int_equal(set.records[1].flags, CAA_CRITICAL);
    assert_int_equal(set.records[1].value_len, 3);
}

static void no_records_and_no_such_name_are_answers_too(void **state)
{
    (void)state;
    begin(ANSWERS, 0);
    assert_int_equal(parse(), CS_OK);
    assert_int_equal(set.count, 0);
    assert_string_equal(set.owner, "www.example.org");
    start(NULL);
    begin(ANSWERS | NO_SUCH_NAME, 0);
    assert_int_equal(parse(), CS_E_NOT_FOUND);
}

static void a_server_that_neither_knows_nor_asks_has_said_nothing(void **state)
{
    (void)state;
    begin(REFERS, 0);
    assert_int_equal(parse(), CS_E_MALFORMED);
    start(NULL);
    begin(KNOWS, 0);
    assert_int_equal(parse(), CS_OK);
}

static void failures_and_cut_answers_are_no_answers(void **state)
{
    static const unsigned flags[] = {ANSWERS | 1, ANSWERS | 2, ANSWERS | REFUSED, ANSWERS | CUT, 0x0180};
    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        start(NULL);
        begin(flags[i], 0);
        assert_int_equal(parse(), CS_E_MALFORMED);
        assert_true(diag.text[0] != '\0');
    }
}

static void aliases_lead_to_the_owner_of_the_records(void **state)
{
    (void)state;
    begin(ANSWERS, 3);
    put_row("host.example.net", CAA_TYPE, ISSUE);
    put_alias("middle.example", "host.example.net");
    put_alias("www.example.org", "middle.example");
    assert_int_equal(parse(), CS_OK);
    assert_int_equal(set.count, 1);
    assert_string_equal(set.owner, "host.example.net");
}

static void an_alias_without_records_names_its_end(void **state)
{
    (void)state;
    begin(ANSWERS, 1);
    put_alias("www.example.org", "host.example.net");
    assert_int_equal(parse(), CS_OK);
    assert_int_equal(set.count, 0);
    assert_string_equal(set.owner, "host.example.net");
}

static void aliases_that_go_round_end(void **state)
{
    (void)state;
    begin(ANSWERS, 2);
    put_alias("www.example.org", "b.example");
    put_alias("b.example", "www.example.org");
    assert_int_equal(parse(), CS_E_LIMIT);
}

static void records_of_other_names_and_types_are_passed_over(void **state)
{
    (void)state;
    begin(ANSWERS, 2);
    put_row("example.net", CAA_TYPE, ISSUE);
    put_row("www.example.org", 46, "anything", 8); /* RRSIG */
    assert_int_equal(parse(), CS_OK);
    assert_int_equal(set.count, 0);
}

static void records_that_break_their_format_spoil_the_answer(void **state)
{
    static const struct {
        const char *data;
        size_t len;
    } bad[] = {{"", 0},          {"\0", 1},          {"\0\0ca.example", 12},
               {"\0\6issue", 7}, {"\0\xFFissue", 7}, {"\0\5iss\0eca", 9}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        start(NULL);
        begin(ANSWERS, 2);
        put_row("www.example.org", CAA_TYPE, ISSUE);
        put_row("www.example.org", CAA_TYPE, bad[i].data, bad[i].len);
        assert_int_equal(parse(), CS_E_MALFORMED);
    }
    start(NULL);
    begin(ANSWERS, 1);
    put_row("www.example.org", CAA_TYPE, "\0\5issue", 7); /* an empty value is sound: nobody */
    assert_int_equal(parse(), CS_OK);
    assert_int_equal(set.records[0].value_len, 0);
}

static void an_answer_cut_anywhere_is_refused(void **state)
{
    (void)state;
    begin(ANSWERS, 2);
    put_alias("www.example.org", "host.example.net");
    put_row("host.example.net", CAA_TYPE, ISSUE);
    size_t whole = message.len;
    for (size_t len = 0; len < whole; len++) {
        message.len = len;
        assert_int_equal(parse(), CS_E_MALFORMED);
    }
    message.len = whole;
    assert_int_equal(parse(), CS_OK);
}

static void more_records_than_anybody_needs_are_refused(void **state)
{
    (void)state;
    begin(ANSWERS, CAA_MAX_ANSWER + 1);
    for (int i = 0; i <= CAA_MAX_ANSWER; i++)
        put_row("www.example.org", CAA_TYPE, ISSUE);
    assert_int_equal(parse(), CS_E_LIMIT);
}

static void expect_text(const struct caa_record *record, const char *text, const char *generic)
{
    struct buf out = {0};
    caa_append_text(&out, record);
    assert_string_equal(buf_str(&out), text);
    buf_reset(&out);
    caa_append_generic(&out, record);
    assert_string_equal(buf_str(&out), generic);
    buf_dispose(&out);
}

/* RFC 3597, section 5. */
static void records_are_written_in_both_syntaxes(void **state)
{
    char tag[] = "issue";
    char odd[] = "a b";
    char value[] = "ca.example";
    char evil[] = "a\"\\\n";
    (void)state;
    expect_text(&(struct caa_record){0, tag, value, 10}, "CAA 0 issue \"ca.example\"",
                "TYPE257 \\# 17 0005697373756563612e6578616d706c65");
    expect_text(&(struct caa_record){128, odd, evil, 4}, "CAA 128 \"a b\" \"a\\\"\\\\\\010\"",
                "TYPE257 \\# 9 800361206261225c0a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_answer_gives_its_records, start),
        cmocka_unit_test_setup(no_records_and_no_such_name_are_answers_too, start),
        cmocka_unit_test_setup(a_server_that_neither_knows_nor_asks_has_said_nothing, start),
        cmocka_unit_test_setup(failures_and_cut_answers_are_no_answers, start),
        cmocka_unit_test_setup(aliases_lead_to_the_owner_of_the_records, start),
        cmocka_unit_test_setup(an_alias_without_records_names_its_end, start),
        cmocka_unit_test_setup(aliases_that_go_round_end, start),
        cmocka_unit_test_setup(records_of_other_names_and_types_are_passed_over, start),
        cmocka_unit_test_setup(records_that_break_their_format_spoil_the_answer, start),
        cmocka_unit_test_setup(an_answer_cut_anywhere_is_refused, start),
        cmocka_unit_test_setup(more_records_than_anybody_needs_are_refused, start),
        cmocka_unit_test(records_are_written_in_both_syntaxes),
    };
    return cmocka_run_group_tests(tests, NULL, stop);
}
