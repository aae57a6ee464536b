// SPDX-License-Identifier: Apache-2.0
#include "model/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "model/observation.h"

static void every_outcome_has_the_promised_name(void **state)
{
    (void)state;
    static const char *const names[] = {
        "certificate", "refused",   "unreachable", "timeout-connect", "timeout-handshake",
        "reset",       "closed",    "not-tls",     "tls-alert",       "starttls-refused",
        "malformed",   "too-large", "unresolved",  "cancelled",       "local-error",
    };
    assert_int_equal(sizeof names / sizeof names[0], OUTCOME_COUNT);
    for (int i = 0; i < OUTCOME_COUNT; i++)
        assert_string_equal(outcome_name((enum outcome)i), names[i]);
    assert_string_equal(outcome_name(OUTCOME_COUNT), "unknown");
}

static void only_what_met_the_endpoint_is_conclusive(void **state)
{
    (void)state;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        bool silent = i == OUTCOME_UNREACHABLE || i == OUTCOME_UNRESOLVED || i == OUTCOME_CANCELLED ||
                      i == OUTCOME_LOCAL_ERROR;
        assert_int_equal(outcome_is_conclusive((enum outcome)i), !silent);
    }
    assert_false(outcome_is_conclusive(OUTCOME_COUNT));
}

static void versions_and_lanes_have_names(void **state)
{
    (void)state;
    assert_string_equal(tls_version_name(0x0300), "SSLv3");
    assert_string_equal(tls_version_name(0x0301), "TLSv1");
    assert_string_equal(tls_version_name(0x0303), "TLSv1.2");
    assert_string_equal(tls_version_name(0x0304), "TLSv1.3");
    assert_null(tls_version_name(0x0305));
    assert_null(tls_version_name(0));
    assert_string_equal(lane_name(LANE_DIRECT), "direct");
    assert_string_equal(lane_name(LANE_FULL), "full");
    observation_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_has_the_promised_name),
        cmocka_unit_test(only_what_met_the_endpoint_is_conclusive),
        cmocka_unit_test(versions_and_lanes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
