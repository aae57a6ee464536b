// SPDX-License-Identifier: Apache-2.0
#include "scm/advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void each_error_of_scm_has_its_kind_and_a_way_out(void **state)
{
    static const struct {
        int status;
        int64_t code;
        enum auth_kind auth;
        enum refusal refusal;
        const char *part;
    } cases[] = {
        {401, -16, AUTH_PASSWORD, REFUSAL_LOGIN, "password was never changed"},
        {401, -16, AUTH_CERTIFICATE, REFUSAL_LOGIN, "client certificate"},
        {401, -16, AUTH_TOKEN, REFUSAL_LOGIN, "lacks the right"},
        {401, 0, AUTH_TOKEN, REFUSAL_LOGIN, "API key"},
        {400, -970, AUTH_PASSWORD, REFUSAL_LOGIN, "password"},
        {403, -37, AUTH_PASSWORD, REFUSAL_RIGHT, "lacks a right"},
        {400, -3, AUTH_PASSWORD, REFUSAL_RIGHT, "lacks a right"},
        {403, 0, AUTH_PASSWORD, REFUSAL_RIGHT, "other addresses"},
        {400, -1021, AUTH_PASSWORD, REFUSAL_RIGHT, "Enable Web/REST API"},
        {429, 0, AUTH_PASSWORD, REFUSAL_LATER, "requests_per_s"},
        {503, 0, AUTH_PASSWORD, REFUSAL_LATER, "try later"},
        {404, -727, AUTH_PASSWORD, REFUSAL_ABSENT, ""},
        {404, 0, AUTH_PASSWORD, REFUSAL_ABSENT, "base_url"},
        {302, 0, AUTH_PASSWORD, REFUSAL_OTHER, "base_url"},
        {407, 0, AUTH_PASSWORD, REFUSAL_OTHER, "proxy"},
        {400, -1601, AUTH_PASSWORD, REFUSAL_OTHER, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct advice advice = advice_for(cases[i].status, cases[i].code, cases[i].auth);
        if (advice.refusal != cases[i].refusal || strstr(advice.text, cases[i].part) == NULL)
            fail_msg("%d %d: %d \"%s\"", cases[i].status, (int)cases[i].code, (int)advice.refusal,
                     advice.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_error_of_scm_has_its_kind_and_a_way_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
