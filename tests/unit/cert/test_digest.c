// SPDX-License-Identifier: Apache-2.0
#include "cert/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void sha1_is_the_one_of_rfc_3174(void **state)
{
    uint8_t digest[SHA1_SIZE];
    char hex[2 * SHA1_SIZE + 1];
    (void)state;
    assert_int_equal(cert_sha1(digest, (const uint8_t *)"abc", 3), CS_OK);
    hex_encode(hex, digest, sizeof digest);
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_int_equal(cert_sha1(digest, (const uint8_t *)"", 0), CS_OK);
    hex_encode(hex, digest, sizeof digest);
    assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sha1_is_the_one_of_rfc_3174)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
