// SPDX-License-Identifier: Apache-2.0
#include "report/scan_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define NOW_S 1800000000 /* 2027-01-15T08:00:00Z */

static struct json_value *line_as_json(const struct scan_line *line)
{
    struct buf out = {0};
    struct json_value *json = NULL;
    scan_line_append(&out, line);
    assert_int_equal(out.err, CS_OK);
    assert_int_equal(out.data[out.len - 1], '\n');
    assert_null(memchr(out.data, '\n', out.len - 1));
    assert_int_equal(json_parse(&json, buf_str(&out), out.len, NULL), CS_OK);
    buf_dispose(&out);
    return json;
}

static void assert_member(const struct json_value *json, const char *key, const char *expected)
{
    const char *text = json_to_string(json_get(json, key));
    assert_non_null(text);
    assert_string_equal(text, expected);
}

static struct observation seen_at(const char *ip)
{
    struct observation seen = {
        .target = 41,
        .has_ip = true,
        .port = 443,
        .seen_at_ms = (int64_t)NOW_S * 1000 + 999,
    };
    assert_int_equal(ip_parse(ip, strlen(ip), &seen.ip), CS_OK);
    return seen;
}

static void a_target_without_certificate_has_an_outcome_and_nothing_of_a_certificate(void **state)
{
    (void)state;
    struct observation seen = seen_at("2001:db8::1");
    seen.outcome = OUTCOME_TLS_ALERT;
    strcpy(seen.detail, "unrecognized_name");
    struct scan_line line = {.scan_id = 7, .network = "", .observation = &seen};
    struct json_value *json = line_as_json(&line);
    int64_t number;
    assert_true(json_to_int(json_get(json, "scan"), &number));
    assert_int_equal(number, 7);
    assert_true(json_to_int(json_get(json, "target"), &number));
    assert_int_equal(number, 41);
    assert_member(json, "ip", "2001:db8::1");
    assert_member(json, "protocol", "tls");
    assert_member(json, "outcome", "tls-alert");
    assert_member(json, "detail", "unrecognized_name");
    assert_member(json, "seen_at", "2027-01-15T08:00:00Z");
    assert_true(json_is_null(json_get(json, "server_name")));
    assert_null(json_get(json, "sha256"));
    json_free(json);
}

static void an_unresolved_name_has_no_address_and_an_unstored_scan_no_id(void **state)
{
    (void)state;
    struct observation seen = seen_at("192.0.2.1");
    seen.has_ip = false;
    seen.server_name = seen.host_name = "gone.example";
    seen.outcome = OUTCOME_UNRESOLVED;
    struct scan_line line = {.network = "site-b", .observation = &seen};
    struct json_value *json = line_as_json(&line);
    assert_non_null(json_get(json, "ip"));
    assert_true(json_is_null(json_get(json, "ip")));
    assert_true(json_is_null(json_get(json, "scan")));
    assert_true(json_is_null(json_get(json, "detail")));
    assert_member(json, "host_name", "gone.example");
    assert_member(json, "network", "site-b");
    json_free(json);
}

static struct chain one_certificate(struct der *leaf)
{
    memset(leaf->sha256, 0xAB, sizeof leaf->sha256);
    return (struct chain){.certs = leaf, .cert_count = 1, .tls_version = 0x0303, .lane = LANE_FULL};
}

static void a_certificate_brings_its_fields_owner_and_findings(void **state)
{
    (void)state;
    struct observation seen = seen_at("192.0.2.1");
    struct der der = {0};
    struct chain chain = one_certificate(&der);
    struct cert_record leaf = {
        .common_name = "www.science.university.example",
        .key_type = "ecdsa",
        .key_bits = 256,
        .not_before_s = NOW_S - 86400,
        .not_after_s = NOW_S - 1,
    };
    memset(leaf.sha256, 0xAB, sizeof leaf.sha256);
    assert_int_equal(text_list_add(&leaf.dns_names, "www.science.university.example"), CS_OK);
    struct scan_line line = {
        .scan_id = 1,
        .network = "",
        .observation = &seen,
        .chain = &chain,
        .leaf = &leaf,
        .owner_organization = "My organization",
        .owner_department = "my department",
        .rule = "certificates for my department",
        .facts = &(struct finding_facts){.now_s = NOW_S},
    };
    struct json_value *json = line_as_json(&line);
    assert_member(json, "outcome", "certificate");
    assert_member(json, "common_name", "www.science.university.example");
    assert_member(json, "not_after", "2027-01-15T07:59:59Z");
    assert_member(json, "tls_version", "TLSv1.2");
    assert_member(json, "lane", "full");
    assert_member(json, "owner_department", "my department");
    assert_member(json, "rule", "certificates for my department");
    assert_int_equal(strlen(json_to_string(json_get(json, "sha256"))), 64);
    assert_int_equal(json_array_len(json_get(json, "chain")), 1);
    assert_int_equal(json_array_len(json_get(json, "dns_names")), 1);
    assert_true(json_is_null(json_get(json, "organization")));
    assert_string_equal(json_to_string(json_array_first(json_get(json, "findings"))), "expired");
    json_free(json);
    text_list_dispose(&leaf.dns_names);
}

/* CN=A, as a CertificateRequest carries it: behind its length. */
static const uint8_t ca_names[] = {0x00, 0x0E, 0x30, 0x0C, 0x31, 0x0A, 0x30, 0x08,
                                   0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x01, 0x41};
static const uint8_t two_scts[] = {0x00, 0x07, 0x00, 0x01, 0xAA, 0x00, 0x02, 0xBB, 0xBB};

static struct json_value *line_of_chain(const struct chain *chain)
{
    struct observation seen = seen_at("192.0.2.1");
    struct cert_record leaf = {.malformed = true};
    struct scan_line line = {.network = "",
                             .observation = &seen,
                             .chain = chain,
                             .leaf = &leaf,
                             .facts = &(struct finding_facts){.now_s = NOW_S}};
    return line_as_json(&line);
}

static void what_the_server_said_beside_its_chain_is_there(void **state)
{
    (void)state;
    struct der der = {0};
    struct chain chain = one_certificate(&der);
    int64_t number;
    bool truth;
    chain.cipher_suite = 0xC02B;
    chain.group = 29;
    chain.client_certificate = REQUEST_SEEN;
    chain.ocsp_response = (struct raw){ca_names, 1};
    chain.sct_list = (struct raw){two_scts, sizeof two_scts};
    chain.ca_names = (struct raw){ca_names, sizeof ca_names};
    struct json_value *json = line_of_chain(&chain);
    assert_member(json, "cipher_suite", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    assert_member(json, "key_exchange_group", "x25519");
    assert_true(json_to_bool(json_get(json, "ocsp_stapled"), &truth) && truth);
    assert_true(json_to_bool(json_get(json, "client_certificate_requested"), &truth) && truth);
    assert_true(json_to_int(json_get(json, "sct_count"), &number));
    assert_int_equal(number, 2);
    assert_int_equal(json_array_len(json_get(json, "client_ca_names")), 1);
    assert_string_equal(json_to_string(json_array_first(json_get(json, "client_ca_names"))), "CN=A");
    json_free(json);
}

static void what_it_had_not_said_yet_is_null_and_what_it_left_out_is_false(void **state)
{
    static const char *const fields[] = {"cipher_suite", "key_exchange_group", "ocsp_stapled",
                                         "client_certificate_requested", "client_ca_names"};
    (void)state;
    struct der der = {0};
    struct chain chain = one_certificate(&der);
    bool truth;
    struct json_value *json = line_of_chain(&chain);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        assert_non_null(json_get(json, fields[i]));
        assert_true(json_is_null(json_get(json, fields[i])));
    }
    json_free(json);
    chain.client_certificate = REQUEST_ABSENT; /* which comes behind a staple */
    json = line_of_chain(&chain);
    assert_true(json_to_bool(json_get(json, "ocsp_stapled"), &truth) && !truth);
    assert_true(json_to_bool(json_get(json, "client_certificate_requested"), &truth) && !truth);
    assert_true(json_is_null(json_get(json, "client_ca_names")));
    json_free(json);
}

static void names_and_timestamps_that_lie_about_their_length_are_left_out(void **state)
{
    (void)state;
    struct der der = {0};
    struct chain chain = one_certificate(&der);
    int64_t number;
    chain.client_certificate = REQUEST_SEEN;
    chain.sct_list = (struct raw){two_scts, sizeof two_scts - 1};
    chain.ca_names = (struct raw){ca_names, sizeof ca_names - 1};
    struct json_value *json = line_of_chain(&chain);
    assert_true(json_to_int(json_get(json, "sct_count"), &number));
    assert_int_equal(number, 0);
    assert_int_equal(json_array_len(json_get(json, "client_ca_names")), 0);
    json_free(json);
}

static void a_certificate_that_cannot_be_decoded_has_null_fields_and_the_finding_malformed(void **state)
{
    (void)state;
    struct observation seen = seen_at("192.0.2.1");
    struct der der = {0};
    struct chain chain = one_certificate(&der);
    struct cert_record leaf = {.malformed = true};
    struct scan_line line = {.network = "",
                             .observation = &seen,
                             .chain = &chain,
                             .leaf = &leaf,
                             .facts = &(struct finding_facts){.now_s = NOW_S}};
    struct json_value *json = line_as_json(&line);
    static const char *const fields[] = {"common_name", "subject",  "issuer",   "serial",      "not_before",
                                         "not_after",   "key_type", "key_bits", "self_signed", "dns_names"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        assert_non_null(json_get(json, fields[i])); /* there ... */
        assert_true(json_is_null(json_get(json, fields[i])));
    }
    assert_string_equal(json_to_string(json_array_first(json_get(json, "findings"))), "malformed");
    assert_int_equal(json_array_len(json_get(json, "findings")), 1);
    json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_without_certificate_has_an_outcome_and_nothing_of_a_certificate),
        cmocka_unit_test(an_unresolved_name_has_no_address_and_an_unstored_scan_no_id),
        cmocka_unit_test(a_certificate_brings_its_fields_owner_and_findings),
        cmocka_unit_test(what_the_server_said_beside_its_chain_is_there),
        cmocka_unit_test(what_it_had_not_said_yet_is_null_and_what_it_left_out_is_false),
        cmocka_unit_test(names_and_timestamps_that_lie_about_their_length_are_left_out),
        cmocka_unit_test(a_certificate_that_cannot_be_decoded_has_null_fields_and_the_finding_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
