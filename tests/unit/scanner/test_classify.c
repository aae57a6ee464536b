// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/classify.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static void looks_like(const char *expected, const uint8_t *bytes, size_t len)
{
    char detail[OBSERVATION_DETAIL];
    memset(detail, 'x', sizeof detail);
    assert_false(classify_is_tls(bytes, len));
    classify_describe(detail, bytes, len);
    assert_string_equal(detail, expected);
}

static void a_record_of_any_version_three_is_tls(void **state)
{
    (void)state;
    assert_true(classify_is_tls(BYTES("\x16\x03\x03\x00\x50")));
    assert_true(classify_is_tls(BYTES("\x16\x03\x00\x00\x50")));
    assert_true(classify_is_tls(BYTES("\x15\x03\x01\x00\x02\x02\x28")));
}

static void what_has_not_come_yet_is_given_the_benefit_of_the_doubt(void **state)
{
    (void)state;
    assert_true(classify_is_tls(BYTES("\x16")));
    assert_true(classify_is_tls(BYTES("\x16\x03")));
    assert_false(classify_is_tls(BYTES("\x16\x02")));
    assert_false(classify_is_tls(BYTES("H")));
}

static void other_content_types_are_not_tls(void **state)
{
    (void)state;
    assert_false(classify_is_tls(BYTES("\x13\x03\x03")));
    assert_false(classify_is_tls(BYTES("\x19\x03\x03")));
    assert_false(classify_is_tls(BYTES("\x80\x2e\x01\x03\x01"))); /* an SSLv2 hello */
}

static void greetings_are_named_and_quoted(void **state)
{
    (void)state;
    looks_like("SSH: SSH-2.0-OpenSSH_9.2", BYTES("SSH-2.0-OpenSSH_9.2\r\n"));
    looks_like("HTTP: HTTP/1.1 400 Bad Request", BYTES("HTTP/1.1 400 Bad Request\r\nServer: x\r\n"));
    looks_like("SMTP or FTP greeting: 220 mail.example ESMTP", BYTES("220 mail.example ESMTP\r\n"));
    looks_like("POP3 greeting: +OK ready", BYTES("+OK ready\r\n"));
    looks_like("IMAP greeting: * OK ready", BYTES("* OK ready\r\n"));
    looks_like("VNC: RFB 003.008", BYTES("RFB 003.008\n"));
    looks_like("Telnet", BYTES("\xff\xfd\x18\xff\xfb\x01"));
    looks_like("MySQL greeting", BYTES("\x4a\x00\x00\x00\x0a"
                                       "8.0.36"));
}

static void unknown_text_is_quoted_and_other_bytes_are_hex(void **state)
{
    (void)state;
    looks_like("text: who goes there?", BYTES("who goes there?\n"));
    looks_like("first bytes: 00010203", BYTES("\x00\x01\x02\x03"));
    looks_like("first bytes: 4100", BYTES("A\x00"));
    looks_like("first bytes: 000102030405060708090a0b0c0d0e0f",
               BYTES("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11"));
}

static void a_banner_cannot_smuggle_control_bytes_or_endless_text(void **state)
{
    char detail[OBSERVATION_DETAIL];
    char banner[5000];
    (void)state;
    looks_like("SSH: SSH-2.0-", BYTES("SSH-2.0-\x1b[2J\x1b[1;31mowned"));
    size_t len = (size_t)snprintf(banner, sizeof banner, "HTTP/%04900d", 1);
    classify_describe(detail, (const uint8_t *)banner, len);
    assert_in_range(strlen(detail), 20, OBSERVATION_DETAIL - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_of_any_version_three_is_tls),
        cmocka_unit_test(what_has_not_come_yet_is_given_the_benefit_of_the_doubt),
        cmocka_unit_test(other_content_types_are_not_tls),
        cmocka_unit_test(greetings_are_named_and_quoted),
        cmocka_unit_test(unknown_text_is_quoted_and_other_bytes_are_hex),
        cmocka_unit_test(a_banner_cannot_smuggle_control_bytes_or_endless_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
