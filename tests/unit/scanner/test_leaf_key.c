// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/leaf_key.h"
#include "tests/support/forge.h"

/* Asked over a copy that is exactly as long, so that a sanitizer sees a byte read too far. */
static enum key_family family_of(const uint8_t *der, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, der, len);
    enum key_family family = leaf_key_family(exact, len);
    free(exact);
    return family;
}

static enum key_family family_of_key(const char *kind, const char *signed_by)
{
    struct forged issuer = {0};
    struct forge_options options = {.common_name = "leaf.example", .key = kind};
    if (signed_by != NULL) {
        issuer = forge(&(struct forge_options){.common_name = "issuer.example", .key = signed_by});
        options.issuer = &issuer;
    }
    struct forged leaf = forge(&options);
    enum key_family family = family_of(leaf.der, leaf.der_len);
    forge_free(&leaf);
    if (signed_by != NULL)
        forge_free(&issuer);
    return family;
}

static void rsa_keys_are_one_family(void **state)
{
    (void)state;
    assert_int_equal(family_of_key("rsa:1024", NULL), KEY_FAMILY_RSA);
    assert_int_equal(family_of_key("rsa:2048", NULL), KEY_FAMILY_RSA);
    assert_int_equal(family_of_key("rsa-pss:2048", NULL), KEY_FAMILY_RSA);
}

static void all_others_are_the_other(void **state)
{
    static const char *const kinds[] = {
        "ec:P-256",      "ec:P-384", "ec:P-521", "ec:secp256k1", "ec:brainpoolP256r1",
        "ec:prime192v1", "ed25519",  "ed448",    "dsa:1024"};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (family_of_key(kinds[i], NULL) != KEY_FAMILY_OTHER)
            fail_msg("%s", kinds[i]);
    }
    assert_int_equal(family_of_key("X25519", "ec:P-256"), KEY_FAMILY_OTHER);
    assert_int_equal(family_of_key("SM2", "ec:P-256"), KEY_FAMILY_OTHER);
}

static void it_is_the_key_that_counts_and_not_who_signed_it(void **state)
{
    (void)state;
    assert_int_equal(family_of_key("ec:P-256", "rsa:2048"), KEY_FAMILY_OTHER);
    assert_int_equal(family_of_key("rsa:2048", "ec:P-256"), KEY_FAMILY_RSA);
    assert_int_equal(family_of_key("rsa:2048", "ed25519"), KEY_FAMILY_RSA);
}

/* The same certificate as version 1 had it: no [0] in front. */
static enum key_family family_as_version_1(const char *kind)
{
    struct forged leaf = forge(&(struct forge_options){.common_name = "old.example", .key = kind});
    uint8_t *der = NULL;
    while (X509_get_ext_count(leaf.x509) > 0)
        X509_EXTENSION_free(X509_delete_ext(leaf.x509, 0));
    assert_int_equal(X509_set_version(leaf.x509, X509_VERSION_1), 1);
    assert_true(X509_sign(leaf.x509, leaf.key, EVP_sha1()) > 0);
    int len = i2d_X509(leaf.x509, &der);
    assert_true(len > 0);
    enum key_family family = family_of(der, (size_t)len);
    OPENSSL_free(der);
    forge_free(&leaf);
    return family;
}

static void certificates_of_version_1_have_keys_too(void **state)
{
    (void)state;
    assert_int_equal(family_as_version_1("rsa:1024"), KEY_FAMILY_RSA);
    assert_int_equal(family_as_version_1("ec:P-256"), KEY_FAMILY_OTHER);
}

static void long_and_short_subjects_are_walked_over(void **state)
{
    char name[3000];
    (void)state;
    for (size_t len = 1; len < sizeof name; len = 2 * len + 30) { /* lengths of one, two and three bytes */
        memset(name, 'n', len);
        name[len] = '\0';
        struct forged leaf = forge(&(struct forge_options){
            .key = "rsa:1024",
            .subject = (const struct forge_name[]){{.type = "CN", .value = name}, {.type = NULL}}});
        assert_int_equal(family_of(leaf.der, leaf.der_len), KEY_FAMILY_RSA);
        forge_free(&leaf);
    }
}

static void what_follows_the_certificate_is_not_looked_at(void **state)
{
    struct forged leaf = forge(&(struct forge_options){.common_name = "leaf.example", .key = "rsa:1024"});
    uint8_t *longer = calloc(1, leaf.der_len + 100);
    (void)state;
    assert_non_null(longer);
    memcpy(longer, leaf.der, leaf.der_len);
    assert_int_equal(family_of(longer, leaf.der_len + 100), KEY_FAMILY_RSA);
    free(longer);
    forge_free(&leaf);
}

static void a_certificate_that_is_cut_off_has_no_family(void **state)
{
    struct forged leaf = forge(&(struct forge_options){.common_name = "leaf.example", .key = "rsa:1024"});
    (void)state;
    for (size_t len = 0; len < leaf.der_len; len++)
        assert_int_equal(family_of(leaf.der, len), KEY_FAMILY_ANY);
    forge_free(&leaf);
}

static void no_changed_byte_leads_astray(void **state)
{
    struct forged leaf = forge(&(struct forge_options){.common_name = "leaf.example", .key = "rsa:1024"});
    size_t lost = 0;
    (void)state;
    for (size_t i = 0; i < leaf.der_len; i++) {
        uint8_t before = leaf.der[i];
        for (unsigned value = 0; value < 256; value += 5) {
            leaf.der[i] = (uint8_t)value;
            lost += family_of(leaf.der, leaf.der_len) != KEY_FAMILY_RSA;
        }
        leaf.der[i] = before;
    }
    assert_in_range(lost, 100, 52 * leaf.der_len / 4); /* headers and the OID matter, contents do not */
    forge_free(&leaf);
}

static void what_is_no_certificate_has_no_family(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } others[] = {
        {"", 0},
        {"garbage", 7},
        {"\x30\x00", 2},
        {"\x30\x02\x30\x00", 4},
        {"\x30\x80\x30\x80\x00\x00\x00\x00", 8}, /* of indefinite length, which DER has not */
        {"\x30\x84\x00\x00\x00\x04\x30\x02\x02\x00", 10},
        {"\x30\xFF\xFF\xFF\xFF\xFF", 6},
        {"\x31\x02\x30\x00", 4}, /* a SET */
    };
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(family_of((const uint8_t *)others[i].bytes, others[i].len), KEY_FAMILY_ANY);
    assert_int_equal(leaf_key_family(NULL, 0), KEY_FAMILY_ANY);
}

/* The smallest thing the walk goes through, with `oid` as the key's algorithm. */
static enum key_family family_of_oid(const char *oid, size_t oid_len)
{
    uint8_t der[64];
    size_t len = 0;
    const uint8_t before[] = {0x02, 0, 0x30, 0, 0x30, 0, 0x30, 0, 0x30, 0}; /* serial ... subject */
    size_t inner = sizeof before + 6 + oid_len;
    const uint8_t headers[] = {0x30, (uint8_t)(inner + 2), 0x30, (uint8_t)inner};
    const uint8_t key[] = {0x30, (uint8_t)(oid_len + 4), 0x30, (uint8_t)(oid_len + 2),
                           0x06, (uint8_t)oid_len};
    memcpy(der, headers, sizeof headers);
    len += sizeof headers;
    memcpy(der + len, before, sizeof before);
    len += sizeof before;
    memcpy(der + len, key, sizeof key);
    len += sizeof key;
    memcpy(der + len, oid, oid_len);
    return family_of(der, len + oid_len);
}

/* That of RSA, in a SEQUENCE whose length is written as `length` has it. */
static enum key_family family_with_length(const char *length, size_t length_len)
{
    static const uint8_t inside[] = {0x30, 0x1B, 0x02, 0,    0x30, 0,    0x30, 0,    0x30, 0,
                                     0x30, 0,    0x30, 0x0F, 0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86,
                                     0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00};
    uint8_t der[64] = {0x30};
    memcpy(der + 1, length, length_len);
    memcpy(der + 1 + length_len, inside, sizeof inside);
    return family_of(der, 1 + length_len + sizeof inside);
}

static void lengths_have_up_to_three_bytes(void **state)
{
    (void)state;
    assert_int_equal(family_with_length("\x1d", 1), KEY_FAMILY_RSA);
    assert_int_equal(family_with_length("\x81\x1d", 2), KEY_FAMILY_RSA);
    assert_int_equal(family_with_length("\x82\x00\x1d", 3), KEY_FAMILY_RSA);
    assert_int_equal(family_with_length("\x83\x00\x00\x1d", 4), KEY_FAMILY_RSA);
    assert_int_equal(family_with_length("\x84\x00\x00\x00\x1d", 5), KEY_FAMILY_ANY);
    assert_int_equal(family_with_length("\x80", 1), KEY_FAMILY_ANY); /* indefinite */
    assert_int_equal(family_with_length("\x1e", 1), KEY_FAMILY_ANY);
    assert_int_equal(family_with_length("\x83\x00\x00\x1e", 4), KEY_FAMILY_ANY);
}

static void the_algorithm_is_known_by_its_whole_oid(void **state)
{
    (void)state;
    assert_int_equal(family_of_oid("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01", 9), KEY_FAMILY_RSA);
    assert_int_equal(family_of_oid("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A", 9), KEY_FAMILY_RSA); /* PSS */
    assert_int_equal(family_of_oid("\x2A\x86\x48\x86\xF7\x0D\x01\x01", 8), KEY_FAMILY_OTHER);
    assert_int_equal(family_of_oid("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x01", 10), KEY_FAMILY_OTHER);
    assert_int_equal(family_of_oid("\x2A\x86\x48\x86\xF7\x0D\x01\x03\x01", 9), KEY_FAMILY_OTHER);
    assert_int_equal(family_of_oid("", 0), KEY_FAMILY_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_keys_are_one_family),
        cmocka_unit_test(all_others_are_the_other),
        cmocka_unit_test(it_is_the_key_that_counts_and_not_who_signed_it),
        cmocka_unit_test(certificates_of_version_1_have_keys_too),
        cmocka_unit_test(long_and_short_subjects_are_walked_over),
        cmocka_unit_test(what_follows_the_certificate_is_not_looked_at),
        cmocka_unit_test(a_certificate_that_is_cut_off_has_no_family),
        cmocka_unit_test(no_changed_byte_leads_astray),
        cmocka_unit_test(what_is_no_certificate_has_no_family),
        cmocka_unit_test(lengths_have_up_to_three_bytes),
        cmocka_unit_test(the_algorithm_is_known_by_its_whole_oid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
