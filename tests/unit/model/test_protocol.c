// SPDX-License-Identifier: Apache-2.0
#include "model/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void names_read_back_in_any_case(void **state)
{
    (void)state;
    for (int i = 0; i < PROTOCOL_COUNT; i++) {
        const char *name = protocol_name((enum protocol)i);
        enum protocol found;
        assert_int_equal(protocol_parse(name, strlen(name), &found), CS_OK);
        assert_int_equal(found, i);
    }
    enum protocol found;
    assert_int_equal(protocol_parse("XMPP-Server", 11, &found), CS_OK);
    assert_int_equal(found, PROTOCOL_XMPP_SERVER);
    assert_int_equal(protocol_parse("xmpp-server", 4, &found), CS_OK); /* the length decides */
    assert_int_equal(found, PROTOCOL_XMPP);
}

static void unknown_names_are_refused(void **state)
{
    (void)state;
    enum protocol found = PROTOCOL_SMTP;
    assert_int_equal(protocol_parse("automatic", 9, &found), CS_E_INVALID);
    assert_int_equal(protocol_parse("", 0, &found), CS_E_INVALID);
    assert_int_equal(protocol_parse("smtps", 5, &found), CS_E_INVALID);
    assert_int_equal(found, PROTOCOL_SMTP);
    assert_string_equal(protocol_name(PROTOCOL_COUNT), "unknown");
}

/* Stores hold these numbers. */
static void numbers_do_not_change(void **state)
{
    (void)state;
    assert_int_equal(PROTOCOL_TLS, 0);
    assert_int_equal(PROTOCOL_SMTP, 1);
    assert_int_equal(PROTOCOL_LDAP, 10);
    assert_int_equal(PROTOCOL_RDP, 13);
    assert_int_equal(PROTOCOL_IRC, 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_read_back_in_any_case),
        cmocka_unit_test(unknown_names_are_refused),
        cmocka_unit_test(numbers_do_not_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
