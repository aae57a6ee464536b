// SPDX-License-Identifier: Apache-2.0
#include "model/cipher_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

static bool has(const char *name, const char *word)
{
    return strstr(name, word) != NULL;
}

static void every_suite_is_found_by_its_number(void **state)
{
    (void)state;
    assert_true(cipher_suite_count > 100);
    for (size_t i = 0; i < cipher_suite_count; i++)
        assert_ptr_equal(cipher_suite_find(cipher_suites[i].number), &cipher_suites[i]); /* so: only once */
}

static void a_number_of_no_suite_is_not_found(void **state)
{
    (void)state;
    assert_null(cipher_suite_find(0));
    assert_null(cipher_suite_find(0x00FF)); /* the signal of RFC 5746 */
    assert_null(cipher_suite_find(0x5600)); /* and of RFC 7507 */
    assert_null(cipher_suite_find(0x0018)); /* an anonymous one */
    assert_null(cipher_suite_find(0x0A0A)); /* of RFC 8701 */
    assert_null(cipher_suite_find(0xFFFF));
}

static void no_name_is_there_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < cipher_suite_count; i++) {
        assert_memory_equal(cipher_suites[i].name, "TLS_", 4);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(cipher_suites[i].name, cipher_suites[k].name);
    }
}

/* The name says which key the certificate has: RFC 5246, A.5; RFC 8422, 2; static ECDH goes by the key, not
 * by who signed it. */
static enum suite_keys keys_by_name(const char *name)
{
    if (!has(name, "_WITH_"))
        return SUITE_KEYS_ANY;
    if (has(name, "_ECDSA_") || has(name, "_DSS_") || has(name, "TLS_ECDH_"))
        return SUITE_KEYS_OTHER;
    return SUITE_KEYS_RSA;
}

static void keys_and_key_exchange_are_those_in_the_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < cipher_suite_count; i++) {
        const struct cipher_suite *it = &cipher_suites[i];
        if (it->keys != keys_by_name(it->name) || it->ecdhe != has(it->name, "_ECDHE_"))
            fail_msg("%s", it->name);
        assert_false(has(it->name, "_anon_") || has(it->name, "_PSK_") || has(it->name, "_SRP_"));
    }
}

/* GCM, CCM, and CBC with SHA-2 came with TLS 1.2. */
static bool needs_tls12(const char *name)
{
    return has(name, "_GCM_") || has(name, "_CCM") || has(name, "SHA256") || has(name, "SHA384") ||
           has(name, "POLY1305");
}

static void the_small_hello_has_only_what_old_servers_know(void **state)
{
    size_t count = 0;
    (void)state;
    for (size_t i = 0; i < cipher_suite_count; i++) {
        if (!cipher_suites[i].in_legacy)
            continue;
        count++;
        if (needs_tls12(cipher_suites[i].name))
            fail_msg("%s", cipher_suites[i].name);
    }
    assert_true(count > 20);
}

static void every_suite_is_offered_in_a_hello_that_fits_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < cipher_suite_count; i++) {
        const struct cipher_suite *it = &cipher_suites[i];
        if (!it->in_modern && (!it->in_legacy || needs_tls12(it->name)))
            fail_msg("%s", it->name);
    }
}

static void what_nobody_should_choose_comes_last(void **state)
{
    bool broken = false;
    (void)state;
    for (size_t i = 0; i < cipher_suite_count; i++) {
        const char *name = cipher_suites[i].name;
        bool is_broken = has(name, "_RC4_") || has(name, "_DES_") || has(name, "_EXPORT_") ||
                         has(name, "_NULL_") || has(name, "DES40") || has(name, "_MD5");
        if (broken && !is_broken)
            fail_msg("%s behind a broken one", name);
        broken |= is_broken;
    }
    assert_true(broken);
}

/* Libssl's list of what goes with a certificate; calls `check` for each. */
static void for_each_of_libssl(void (*check)(uint16_t number, const char *name))
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    assert_non_null(ctx);
    assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:!aNULL:!PSK:!SRP:@SECLEVEL=0"), 1);
    assert_int_equal(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                                   "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"
                                                   "TLS_AES_128_CCM_8_SHA256"),
                     1);
    STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(ctx);
    assert_true(sk_SSL_CIPHER_num(all) > 50);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
        const SSL_CIPHER *one = sk_SSL_CIPHER_value(all, i);
        check(SSL_CIPHER_get_protocol_id(one), SSL_CIPHER_standard_name(one));
    }
    SSL_CTX_free(ctx);
}

static void has_it_under_that_name(uint16_t number, const char *name)
{
    const struct cipher_suite *found = cipher_suite_find(number);
    if (found == NULL)
        fail_msg("%s is missing", name);
    else
        assert_string_equal(found->name, name);
}

static void whatever_libssl_can_choose_is_in_the_table(void **state)
{
    (void)state;
    for_each_of_libssl(has_it_under_that_name);
}

static void groups_have_the_names_of_the_registry(void **state)
{
    (void)state;
    assert_string_equal(tls_group_name(23), "secp256r1");
    assert_string_equal(tls_group_name(24), "secp384r1");
    assert_string_equal(tls_group_name(25), "secp521r1");
    assert_string_equal(tls_group_name(29), "x25519");
    assert_string_equal(tls_group_name(30), "x448");
    assert_string_equal(tls_group_name(256), "ffdhe2048");
    assert_string_equal(tls_group_name(0x11EC), "X25519MLKEM768");
}

static void a_group_of_no_name_has_none(void **state)
{
    (void)state;
    assert_null(tls_group_name(0));
    assert_null(tls_group_name(0x0A0A));
    assert_null(tls_group_name(UINT16_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite_is_found_by_its_number),
        cmocka_unit_test(a_number_of_no_suite_is_not_found),
        cmocka_unit_test(no_name_is_there_twice),
        cmocka_unit_test(keys_and_key_exchange_are_those_in_the_name),
        cmocka_unit_test(the_small_hello_has_only_what_old_servers_know),
        cmocka_unit_test(every_suite_is_offered_in_a_hello_that_fits_it),
        cmocka_unit_test(what_nobody_should_choose_comes_last),
        cmocka_unit_test(whatever_libssl_can_choose_is_in_the_table),
        cmocka_unit_test(groups_have_the_names_of_the_registry),
        cmocka_unit_test(a_group_of_no_name_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
