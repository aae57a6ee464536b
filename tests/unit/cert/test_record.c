// SPDX-License-Identifier: Apache-2.0
#include "cert/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "cert/finding.h"
#include "tests/support/forge.h"

static void decode(struct cert_record *record, const struct forge_options *options)
{
    struct forged made = forge(options);
    char hex[65];
    assert_int_equal(cert_record_parse(record, made.der, made.der_len), CS_OK);
    assert_false(record->malformed);
    hex_encode(hex, record->sha256, SHA256_SIZE);
    assert_string_equal(hex, made.sha256);
    forge_free(&made);
}

static void every_field_is_read(void **state)
{
    (void)state;
    static const uint8_t serial[] = {0x01, 0x23, 0xAB};
    const struct forge_name subject[] = {
        {.type = "C", .value = "BE"},
        {.type = "ST", .value = "Flanders"},
        {.type = "L", .value = "Ghent"},
        {.type = "O", .value = "My, \"organization\""},
        {.type = "OU", .value = "one"},
        {.type = "OU", .value = "two"},
        {.type = "DC", .value = "example"},
        {.type = "CN", .value = "www.example.org"},
        {.type = NULL},
    };
    struct cert_record record;
    decode(&record, &(struct forge_options){
                        .subject = subject,
                        .alt_names = "DNS:WWW.example.org,DNS:*.example.org,IP:192.0.2.1,IP:2001:db8::1,"
                                     "email:a@example.org,URI:https://x.example",
                        .serial = serial,
                        .serial_len = sizeof serial,
                        .key_usage = "digitalSignature,keyEncipherment",
                        .extended_key_usage = "serverAuth,1.2.3.4",
                        .template_name = "WebServer",
                        .not_before_s = 1700000000,
                        .not_after_s = 1700000000 + 90 * 86400,
                    });
    assert_string_equal(record.common_name, "www.example.org");
    assert_string_equal(
        record.subject,
        "CN=www.example.org,DC=example,OU=two,OU=one,O=My\\, \\\"organization\\\",L=Ghent,ST=Flanders,C=BE");
    assert_string_equal(record.issuer, record.subject);
    assert_string_equal(record.city, "Ghent");
    assert_string_equal(record.serial, "0123ab");
    assert_string_equal(record.key_type, "ecdsa");
    assert_int_equal(record.key_bits, 256);
    assert_string_equal(record.signature_algorithm, "ecdsa-with-SHA256");
    assert_string_equal(record.template_name, "WebServer");
    assert_int_equal(record.organization_units.count, 2);
    assert_int_equal(record.dns_names.count, 2);
    assert_string_equal(record.dns_names.items[0], "www.example.org");
    assert_string_equal(record.ip_addresses.items[1], "2001:db8::1");
    assert_string_equal(record.other_names.items[0], "email:a@example.org");
    assert_string_equal(record.key_usages.items[1], "keyEncipherment");
    assert_string_equal(record.extended_key_usages.items[1], "1.2.3.4");
    assert_int_equal(record.not_after_s, 1700000000 + 90 * 86400);
    assert_int_equal(cert_record_lifetime_days(&record), 90);
    assert_true(record.self_signed);
    assert_true(record.wildcard);
    assert_false(record.is_ca);
    cert_record_dispose(&record);
    cert_record_dispose(&record); /* idempotent */
}

static void keys_of_every_family_find_their_slot(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *type;
        const char *slot;
        unsigned bits;
    } keys[] = {{"rsa:1024", "rsa", "rsa", 1024},
                {"ec:P-384", "ecdsa", "ecdsa", 384},
                {"ed25519", "ed25519", "eddsa", 256},
                {"ed448", "ed448", "eddsa", 456}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct cert_record record;
        decode(&record, &(struct forge_options){.common_name = "k", .key = keys[i].key});
        assert_string_equal(record.key_type, keys[i].type);
        assert_string_equal(cert_record_slot(&record), keys[i].slot);
        assert_int_equal(record.key_bits, keys[i].bits);
        assert_true(record.self_signed);
        cert_record_dispose(&record);
    }
}

static void self_signed_is_proven_and_not_believed(void **state)
{
    (void)state;
    struct cert_record record;
    struct forged authority =
        forge(&(struct forge_options){.common_name = "same", .is_ca = 1, .key = "rsa:2048"});
    decode(&record, &(struct forge_options){.common_name = "same",
                                            .issuer = &authority}); /* equal names, another key */
    assert_false(record.self_signed);
    cert_record_dispose(&record);
    decode(&record, &(struct forge_options){.common_name = "old", .key = "rsa:1024", .digest = "MD5"});
    assert_true(record.self_signed);
    assert_string_equal(record.signature_algorithm, "md5WithRSAEncryption");
    cert_record_dispose(&record);
    forge_free(&authority);
}

static void strange_strings_become_clean_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int len;
        int type;
        const char *expected;
    } strings[] = {
        {"a\0b.example", 11, V_ASN1_UTF8STRING,
         "a\xEF\xBF\xBD"
         "b.example"},
        {"\x00K\x00\xF6\x00l\x00n", 8, V_ASN1_BMPSTRING, "K\xC3\xB6ln"},
        {"K\xF6ln", 4, V_ASN1_T61STRING, "K\xC3\xB6ln"},
        {"\xFF\xFEx", 3, V_ASN1_PRINTABLESTRING, "\xEF\xBF\xBD\xEF\xBF\xBDx"},
        {"\x1B[2J", 4, V_ASN1_UTF8STRING, "\x1B[2J"},
    };
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        const struct forge_name subject[] = {{.type = "CN",
                                              .value = strings[i].bytes,
                                              .value_len = strings[i].len,
                                              .string_type = strings[i].type},
                                             {.type = NULL}};
        struct cert_record record;
        decode(&record, &(struct forge_options){.subject = subject});
        assert_string_equal(record.common_name, strings[i].expected);
        cert_record_dispose(&record);
    }
}

/* A certificate whose common name is replaced, bytes for bytes, by what OpenSSL would not encode. */
static void decode_patched(struct cert_record *record, int string_type, const char *bytes)
{
    const struct forge_name subject[] = {{.type = "CN", .value = "PATCHEDX", .string_type = string_type},
                                         {.type = NULL}};
    struct forged made = forge(&(struct forge_options){.subject = subject});
    uint8_t *at = made.der;
    size_t patched = 0;
    for (; (at = memmem(at, made.der_len - (size_t)(at - made.der), "PATCHEDX", 8)) != NULL; patched++)
        memcpy(at, bytes, 8);
    assert_int_equal(patched, 2); /* issuer and subject */
    assert_int_equal(cert_record_parse(record, made.der, made.der_len), CS_OK);
    forge_free(&made);
}

/* d2i puts every name into a canonical form, and gives up where a string breaks its own encoding. */
static void a_name_that_is_no_text_is_malformed_and_never_dirty_utf8(void **state)
{
    (void)state;
    struct cert_record record;
    decode_patched(&record, V_ASN1_UTF8STRING, "\xFF\xFE\x80xyz..");
    assert_true(record.malformed);
    cert_record_dispose(&record);
    decode_patched(&record, V_ASN1_BMPSTRING, "\xD8\x3D\xDE\x00\0a\0b");
    assert_true(record.malformed);
    cert_record_dispose(&record);
    decode_patched(&record, V_ASN1_UTF8STRING, "a\0b.test");
    assert_false(record.malformed);
    assert_string_equal(record.common_name, "a\xEF\xBF\xBD"
                                            "b.test");
    cert_record_dispose(&record);
}

static void odd_serials_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[24];
        size_t len;
        int negative;
        const char *expected;
    } serials[] = {
        {{0}, 0, 0, "00"},
        {{0}, 1, 0, "00"},
        {{5}, 1, 1, "-05"},
        {{0x0E, 0x01}, 2, 0, "0e01"},
        {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24},
         24,
         0,
         "0102030405060708090a0b0c0d0e0f101112131415161718"},
    };
    for (size_t i = 0; i < sizeof serials / sizeof serials[0]; i++) {
        struct cert_record record;
        decode(&record, &(struct forge_options){.common_name = "s",
                                                .serial = serials[i].bytes,
                                                .serial_len = serials[i].len,
                                                .serial_negative = serials[i].negative});
        assert_string_equal(record.serial, serials[i].expected);
        cert_record_dispose(&record);
    }
}

static void years_from_1950_to_9999_are_read(void **state)
{
    (void)state;
    int64_t from_s;
    int64_t to_s;
    struct cert_record record;
    assert_int_equal(timefmt_parse("1950-01-01", &from_s), CS_OK);
    assert_int_equal(timefmt_parse("9999-12-31T23:59:59Z", &to_s), CS_OK);
    decode(&record, &(struct forge_options){.common_name = "t", .not_before_s = from_s, .not_after_s = to_s});
    assert_int_equal(record.not_before_s, from_s);
    assert_int_equal(record.not_after_s, to_s);
    cert_record_dispose(&record);
}

static void five_thousand_names_are_kept(void **state)
{
    (void)state;
    char *names = malloc(256 * 1024);
    size_t len = 0;
    struct cert_record record;
    for (int i = 0; i < 5000; i++)
        len += (size_t)sprintf(names + len, "%sDNS:n%d.quite-long-label.example.org", i > 0 ? "," : "", i);
    decode(&record, &(struct forge_options){.common_name = "many", .alt_names = names});
    assert_int_equal(record.dns_names.count, 5000);
    assert_string_equal(record.dns_names.items[4999], "n4999.quite-long-label.example.org");
    cert_record_dispose(&record);
    free(names);
}

static void what_cannot_be_decoded_is_malformed_and_still_has_its_hash(void **state)
{
    (void)state;
    struct forged made = forge(&(struct forge_options){.common_name = "x"});
    uint8_t *longer = malloc(made.der_len + 1);
    const char *names[FINDING_MAX];
    memcpy(longer, made.der, made.der_len);
    longer[made.der_len] = 0;
    const struct {
        const uint8_t *der;
        size_t len;
    } broken[] = {{(const uint8_t *)"garbage", 7},
                  {(const uint8_t *)"", 0},
                  {made.der, made.der_len - 1},
                  {longer, made.der_len + 1}};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct cert_record record;
        uint8_t zero[SHA256_SIZE] = {0};
        assert_int_equal(cert_record_parse(&record, broken[i].der, broken[i].len), CS_OK);
        assert_true(record.malformed);
        assert_null(record.subject);
        assert_memory_not_equal(record.sha256, zero, sizeof zero);
        assert_string_equal(cert_record_slot(&record), "other");
        assert_int_equal(findings_of(&record, &(struct finding_facts){.now_s = 0}, names), 1);
        assert_string_equal(names[0], "malformed");
        cert_record_dispose(&record);
    }
    free(longer);
    forge_free(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_read),
        cmocka_unit_test(keys_of_every_family_find_their_slot),
        cmocka_unit_test(self_signed_is_proven_and_not_believed),
        cmocka_unit_test(strange_strings_become_clean_utf8),
        cmocka_unit_test(a_name_that_is_no_text_is_malformed_and_never_dirty_utf8),
        cmocka_unit_test(odd_serials_are_told_apart),
        cmocka_unit_test(years_from_1950_to_9999_are_read),
        cmocka_unit_test(five_thousand_names_are_kept),
        cmocka_unit_test(what_cannot_be_decoded_is_malformed_and_still_has_its_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
