// SPDX-License-Identifier: Apache-2.0
/* The positive moduli were made for this test as section 2.1 of the paper says (see cert/roca.h): p and q of
 * the form k * M + (65537^a mod M), M the product of the first 39, 71 and 126 primes. */
#include "cert/roca.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "cert/record.h"
#include "tests/support/forge.h"

static const char *const weak[] = {
    "b4e762494b1a370ad001a1dc90e65ac7431d272351b43446a2f7f95e2e3fa515f715f79501acfb0ea819b9d7932bbd85db71340a"
    "0c33aa4561d079fd28aa40c3",
    "e5c7e669c6ac2a0143119d05cd8333f1645fbcb46e6b0c8dbdc78b9f8d5423a5623ea3b4414c95592a1fd97625cabe9dddb71a55"
    "fcb9f1cb383adbada2dcc71d7bdbefa0ffe89937b30f1120fabed4a1a031c02f3303650c86aae10b3e8cd4446074b977c6f9069d"
    "fd6880b4c61d7154564651e6d8b79c3432c6c53d5bc48901",
    "d04bea2a14c5a62dd48df6da489f91c041852469e989120a348c9ad70a4e60e177d21db9cff5168e56c759970e7d3d0539fa5c1f"
    "a5eb7b336f3afc0adba621fe60c8c5eff8cc18965ab22d03fca871163c976352a36aa479ca64ea7d9d48ddfd400861250271f6a8"
    "33f272a02de8d4339abe0e85426946d8ff7b9569242d4af5b474cc8b5aa77349583b41be8c3b8531f653aa793d780578f576f1b8"
    "34eb570b3121dbfc744ce54d988ad775c2804b9071d4cab88c6d1fc00e114caa3c7d35309980c00140e869b162148cddf1dc55c7"
    "80bf761f618f1eb85fd70832e7014f913403d7850db2b68791fc68bc5c9ddb4d493f6b6e46e0f972a79bfbcf0ada106d",
};

/* Modulo each prime a power of 65537, but not of one exponent for all: by chance there are such keys. */
static const char scattered[] =
    "75064044ceb8223b8e4f1b900b7b2e84f0b8a0e8000c6f19f454ec14045b3b65925e94fe7158ab90fe15792c998d92fa290a5930"
    "cffc18d66d22e1aefbb64ab003a3666ea1b1b681e49cc05a7def318f34c883151a6f9787379a9faa70f6696554df845c3d0b7fd7"
    "ed1cf87cd4100ff9d3889c6085a2aa86e9ea739092655311";

static bool is_found(const char *hex)
{
    uint8_t modulus[512];
    size_t len = strlen(hex) / 2;
    assert_true(hex_decode(modulus, len, hex, strlen(hex)));
    return roca_is_fingerprint(modulus, len);
}

static void keys_of_the_faulty_library_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++)
        assert_true(is_found(weak[i]));
}

static void one_digit_more_or_less_is_another_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        char changed[1100];
        strncpy(changed, weak[i], sizeof changed - 1);
        changed[0] = changed[0] == 'f' ? '7' : (char)(changed[0] + 1);
        assert_false(is_found(changed));
    }
}

static void powers_of_different_exponents_are_no_fingerprint(void **state)
{
    (void)state;
    assert_false(is_found(scattered));
}

static void ordinary_keys_are_not_found(void **state)
{
    (void)state;
    static const char *const kinds[] = {"rsa:1024", "rsa:2048"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct forged made = forge(&(struct forge_options){.common_name = "k", .key = kinds[i]});
        struct cert_record record;
        assert_int_equal(cert_record_parse(&record, made.der, made.der_len), CS_OK);
        assert_int_equal(record.flaws & CERT_FLAW_ROCA, 0);
        cert_record_dispose(&record);
        forge_free(&made);
    }
}

static void a_certificate_with_such_a_key_is_marked(void **state)
{
    (void)state;
    struct cert_record record;
    char key[1100] = "rsa-modulus:";
    strncat(key, weak[2], sizeof key - 20);
    struct forged issuer = forge(&(struct forge_options){.common_name = "Example CA", .is_ca = 1});
    struct forged made = forge(&(struct forge_options){.common_name = "k", .key = key, .issuer = &issuer});
    assert_int_equal(cert_record_parse(&record, made.der, made.der_len), CS_OK);
    assert_int_equal(record.flaws, CERT_FLAW_ROCA);
    cert_record_dispose(&record);
    forge_free(&made);
    forge_free(&issuer);
}

static void nothing_is_no_key(void **state)
{
    (void)state;
    assert_false(roca_is_fingerprint((const uint8_t *)"", 0));
    assert_false(is_found("00"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_the_faulty_library_are_found),
        cmocka_unit_test(one_digit_more_or_less_is_another_key),
        cmocka_unit_test(powers_of_different_exponents_are_no_fingerprint),
        cmocka_unit_test(ordinary_keys_are_not_found),
        cmocka_unit_test(a_certificate_with_such_a_key_is_marked),
        cmocka_unit_test(nothing_is_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
