// SPDX-License-Identifier: Apache-2.0
#include "scm/api_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_call_and_every_field_has_its_name(void **state)
{
    (void)state;
    for (enum api_call call = 0; call < CALL_COUNT; call++) {
        const struct api_call_info *info = api_call_info(call);
        assert_memory_equal(info->path, "/api/", 5);
        assert_true(strcmp(info->method, "GET") == 0 || strcmp(info->method, "POST") == 0);
        assert_true(info->max_body > 0 && info->needs[0] != '\0');
    }
    for (enum api_field field = 0; field < API_FIELD_COUNT; field++)
        assert_true(api_field(field) != NULL && api_field(field)[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_call_and_every_field_has_its_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
