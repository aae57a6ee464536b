// SPDX-License-Identifier: Apache-2.0
#include "report/cert_show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/support/asset_world.h"

/* What is shown of a certificate; the caller frees it. NULL with `*err` set when nothing could be. */
static char *shown(struct asset_world *world, const char *sha256, enum cert_show_format format,
                   enum cs_err expected)
{
    char *text = NULL;
    size_t len = 0;
    uint8_t hash[SHA256_SIZE];
    FILE *file = open_memstream(&text, &len);
    assert_non_null(file);
    assert_true(hex_decode(hash, sizeof hash, sha256, strlen(sha256)));
    assert_int_equal(cert_show(file, world->store, hash, format, WORLD_NOW_S, NULL, &world->diag), expected);
    fclose(file);
    return text;
}

static void has_line(const char *text, const char *line)
{
    char needle[300];
    snprintf(needle, sizeof needle, "%s\n", line);
    if (strstr(text, needle) == NULL)
        fail_msg("no line \"%s\" in\n%s", line, text);
}

static void formats_have_names_and_others_are_refused_with_the_list(void **state)
{
    (void)state;
    enum cert_show_format format;
    struct diag diag = {0};
    assert_int_equal(cert_show_format_parse(&format, "pem", &diag), CS_OK);
    assert_int_equal(format, CERT_SHOW_PEM);
    assert_int_equal(cert_show_format_parse(&format, "csv", &diag), CS_E_INVALID);
    assert_string_equal(diag.text, "--format csv: allowed are table, json, pem, text");
}

static void a_table_tells_names_place_and_chain(void **state)
{
    struct asset_world *world = *state;
    struct forged issuer =
        forge(&(struct forge_options){.common_name = "Example CA", .is_ca = 1, .now_s = WORLD_NOW_S});
    struct forged leaf =
        forge(&(struct forge_options){.common_name = "www.example.org",
                                      .alt_names = "DNS:www.example.org,DNS:example.org,IP:192.0.2.1",
                                      .issuer = &issuer,
                                      .now_s = WORLD_NOW_S});
    asset_world_sees(world, "192.0.2.1:443", &leaf, &issuer, WORLD_NOW_S);
    asset_world_sees(world, "[2001:db8::1]:8443", &leaf, &issuer, WORLD_NOW_S);
    char *text = shown(world, leaf.sha256, CERT_SHOW_TABLE, CS_OK);
    has_line(text, "common name           www.example.org");
    has_line(text, "dns names             www.example.org\n                      example.org");
    has_line(text, "ip addresses          192.0.2.1");
    has_line(text, "issuer                CN=Example CA");
    has_line(text, "key                   ecdsa, 256 bits");
    has_line(text, "self signed           no");
    has_line(text, "served at             192.0.2.1:443 (live), 2027-01-15 to 2027-01-15, nobody's");
    has_line(text, "                      [2001:db8::1]:8443 (live), 2027-01-15 to 2027-01-15, nobody's");
    has_line(text, "chain                 CN=Example CA");
    free(text);
    forge_free(&leaf);
    forge_free(&issuer);
}

static void findings_are_judged_at_the_time_of_showing(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = forge(&(struct forge_options){
        .common_name = "old.example", .not_before_s = WORLD_NOW_S - 86400, .not_after_s = WORLD_NOW_S - 1});
    asset_world_sees(world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    char *text = shown(world, leaf.sha256, CERT_SHOW_TABLE, CS_OK);
    has_line(text, "days left             -1");
    has_line(text, "findings              expired\n                      self-signed");
    free(text);
    forge_free(&leaf);
}

static void the_certificates_served_before_are_named_with_their_days(void **state)
{
    struct asset_world *world = *state;
    struct forged before = asset_world_forge("before.example");
    struct forged now = asset_world_forge("now.example");
    char line[120];
    asset_world_sees(world, "192.0.2.1:443", &before, NULL, WORLD_NOW_S - 86400 * 10);
    asset_world_sees(world, "192.0.2.1:443", &before, NULL, WORLD_NOW_S - 86400 * 3);
    asset_world_sees(world, "192.0.2.1:443", &now, NULL, WORLD_NOW_S);
    char *text = shown(world, now.sha256, CERT_SHOW_TABLE, CS_OK);
    snprintf(line, sizeof line, "before: %.16s..., 2027-01-05 to 2027-01-12", before.sha256);
    assert_non_null(strstr(text, line));
    free(text);
    text = shown(world, before.sha256, CERT_SHOW_TABLE, CS_OK);
    assert_null(strstr(text, "served at")); /* no longer anywhere */
    free(text);
    forge_free(&before);
    forge_free(&now);
}

static void json_has_the_fields_the_assets_and_the_chain(void **state)
{
    struct asset_world *world = *state;
    struct forged issuer =
        forge(&(struct forge_options){.common_name = "Example CA", .is_ca = 1, .now_s = WORLD_NOW_S});
    struct forged leaf = forge(&(struct forge_options){.common_name = "www.example.org",
                                                       .alt_names = "DNS:www.example.org",
                                                       .issuer = &issuer,
                                                       .now_s = WORLD_NOW_S});
    struct json_value *json = NULL;
    asset_world_sees(world, "192.0.2.1:443", &leaf, &issuer, WORLD_NOW_S);
    char *text = shown(world, leaf.sha256, CERT_SHOW_JSON, CS_OK);
    assert_int_equal(json_parse(&json, text, strlen(text), NULL), CS_OK);
    assert_string_equal(json_to_string(json_get(json, "sha256")), leaf.sha256);
    assert_string_equal(json_to_string(json_get(json, "issuer_common_name")), "Example CA");
    assert_int_equal(json_array_len(json_get(json, "findings")), 0);
    const struct json_value *asset = json_array_first(json_get(json, "assets"));
    assert_string_equal(json_to_string(json_get(asset, "endpoint")), "192.0.2.1:443");
    assert_true(json_is_null(json_get(asset, "owner_organization")));
    assert_null(json_next(asset));
    const struct json_value *chain = json_array_first(json_get(json, "chain"));
    assert_string_equal(json_to_string(chain), leaf.sha256);
    assert_string_equal(json_to_string(json_next(chain)), issuer.sha256);
    json_free(json);
    free(text);
    forge_free(&leaf);
    forge_free(&issuer);
}

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static void pem_is_the_chain_as_it_was_sent_or_the_bare_leaf(void **state)
{
    struct asset_world *world = *state;
    struct forged issuer =
        forge(&(struct forge_options){.common_name = "Example CA", .is_ca = 1, .now_s = WORLD_NOW_S});
    struct forged leaf = forge(
        &(struct forge_options){.common_name = "www.example.org", .issuer = &issuer, .now_s = WORLD_NOW_S});
    asset_world_sees(world, "192.0.2.1:443", &leaf, &issuer, WORLD_NOW_S);
    char *text = shown(world, leaf.sha256, CERT_SHOW_PEM, CS_OK);
    assert_int_equal(occurrences(text, "-----BEGIN CERTIFICATE-----\n"), 2);
    free(text);
    text = shown(world, issuer.sha256, CERT_SHOW_PEM, CS_OK); /* a leaf of no asset */
    assert_int_equal(occurrences(text, "-----BEGIN CERTIFICATE-----\n"), 1);
    free(text);
    forge_free(&leaf);
    forge_free(&issuer);
}

static void text_from_a_certificate_is_harmless(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("\x1b[31mred");
    asset_world_sees(world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    static const enum cert_show_format formats[] = {CERT_SHOW_TABLE, CERT_SHOW_JSON, CERT_SHOW_TEXT};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        char *text = shown(world, leaf.sha256, formats[i], CS_OK);
        assert_non_null(strstr(text, "[31mred"));
        assert_null(strchr(text, '\x1b'));
        free(text);
    }
    forge_free(&leaf);
}

static void what_cannot_be_decoded_is_shown_by_its_hash_and_bytes(void **state)
{
    struct asset_world *world = *state;
    struct forged whole = asset_world_forge("cut.example");
    struct forged cut = {.der = whole.der, .der_len = whole.der_len - 1};
    struct cert_record record;
    assert_int_equal(cert_record_parse(&record, cut.der, cut.der_len), CS_OK);
    assert_true(record.malformed);
    hex_encode(cut.sha256, record.sha256, SHA256_SIZE);
    cert_record_dispose(&record);
    asset_world_sees(world, "192.0.2.1:443", &cut, NULL, WORLD_NOW_S);

    char *text = shown(world, cut.sha256, CERT_SHOW_TABLE, CS_OK);
    has_line(text, "findings              malformed");
    assert_null(strstr(text, "common name"));
    free(text);
    text = shown(world, cut.sha256, CERT_SHOW_PEM, CS_OK);
    assert_non_null(strstr(text, "-----BEGIN CERTIFICATE-----"));
    free(text);
    text = shown(world, cut.sha256, CERT_SHOW_TEXT, CS_E_MALFORMED);
    assert_string_equal(text, "");
    assert_string_equal(world->diag.text, "the certificate cannot be decoded; --format pem shows its bytes");
    free(text);
    forge_free(&whole);
}

static void one_that_is_not_stored_is_said_to_be_missing(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("absent.example");
    char *text = shown(world, leaf.sha256, CERT_SHOW_JSON, CS_E_NOT_FOUND);
    assert_string_equal(text, "");
    assert_non_null(strstr(world->diag.text, leaf.sha256));
    free(text);
    forge_free(&leaf);
}

static void a_full_disk_is_told(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example");
    struct der der = asset_world_der(&leaf);
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    asset_world_sees(world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    assert_int_equal(
        cert_show(full, world->store, der.sha256, CERT_SHOW_TABLE, WORLD_NOW_S, NULL, &world->diag), CS_E_IO);
    assert_string_equal(world->diag.text, "standard output: No space left on device");
    fclose(full);
    forge_free(&leaf);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, asset_world_make, asset_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_have_names_and_others_are_refused_with_the_list),
        WITH_STORE(a_table_tells_names_place_and_chain),
        WITH_STORE(findings_are_judged_at_the_time_of_showing),
        WITH_STORE(the_certificates_served_before_are_named_with_their_days),
        WITH_STORE(json_has_the_fields_the_assets_and_the_chain),
        WITH_STORE(pem_is_the_chain_as_it_was_sent_or_the_bare_leaf),
        WITH_STORE(text_from_a_certificate_is_harmless),
        WITH_STORE(what_cannot_be_decoded_is_shown_by_its_hash_and_bytes),
        WITH_STORE(one_that_is_not_stored_is_said_to_be_missing),
        WITH_STORE(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
