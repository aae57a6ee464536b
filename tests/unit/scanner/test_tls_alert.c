// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/tls_alert.h"

static void alerts_have_the_names_of_the_rfcs(void **state)
{
    (void)state;
    assert_string_equal(tls_alert_name(0), "close_notify");
    assert_string_equal(tls_alert_name(40), "handshake_failure");
    assert_string_equal(tls_alert_name(70), "protocol_version");
    assert_string_equal(tls_alert_name(112), "unrecognized_name");
    assert_string_equal(tls_alert_name(116), "certificate_required");
    assert_string_equal(tls_alert_name(120), "no_application_protocol");
}

static void a_number_nobody_has_defined_still_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(tls_alert_name(1), "unknown_alert");
    assert_string_equal(tls_alert_name(121), "unknown_alert");
    assert_string_equal(tls_alert_name(255), "unknown_alert");
}

static void every_name_is_snake_case(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= 255; i++) {
        const char *name = tls_alert_name((uint8_t)i);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_have_the_names_of_the_rfcs),
        cmocka_unit_test(a_number_nobody_has_defined_still_has_a_name),
        cmocka_unit_test(every_name_is_snake_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
