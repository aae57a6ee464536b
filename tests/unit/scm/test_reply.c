// SPDX-License-Identifier: Apache-2.0
#include "scm/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/timefmt.h"

static struct json_value *parse(const char *text)
{
    struct json_value *root;
    assert_int_equal(json_parse(&root, text, strlen(text), NULL), CS_OK);
    return root;
}

static void every_form_of_date_is_the_same_day(void **state)
{
    static const char *const forms[] = {"01/15/2027",
                                        "2027-01-15",
                                        "2027-01-15 00:00:00",
                                        "2027-01-15T00:00:00",
                                        "2027-01-15T00:00:00Z",
                                        "2027-01-15T00:00:00.000Z",
                                        "2027-01-15T01:00:00+01:00"};
    char shown[TIMEFMT_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        assert_string_equal(timefmt_rfc3339(shown, reply_date(forms[i])), "2027-01-15T00:00:00Z");
    assert_int_equal(reply_date("2027-01-15 08:00:00"), 1800000000);
}

static void what_is_no_date_is_none(void **state)
{
    static const char *const wrong[] = {"",           "soon",       "13/15/2027", "01/32/2027",
                                        "15.01.2027", "1/5/2027",   "2027-13-01", "/",
                                        "01/15/",     "1800000000", "02/30/2027"};
    (void)state;
    assert_int_equal(reply_date(NULL), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (reply_date(wrong[i]) != 0)
            fail_msg("%s was taken", wrong[i]);
    }
}

static void serial_numbers_compare_without_colons_case_and_leading_zeros(void **state)
{
    static const char *const same[] = {"0E:12:34",       "e1234",   "0e1234", "0x0E1234",
                                       "00:00:0E:12:34", "E 12 34", "E1234"};
    char serial[264];
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_true(reply_serial(serial, sizeof serial, same[i]));
        assert_string_equal(serial, "0e1234");
    }
    assert_true(reply_serial(serial, sizeof serial, "FF"));
    assert_string_equal(serial, "ff");
}

static void what_is_no_serial_number_is_none(void **state)
{
    static const char *const wrong[] = {"", "0", "00:00", "xyz", "12G4", "0x", "-12", ":"};
    char serial[264];
    char long_one[400];
    (void)state;
    assert_false(reply_serial(serial, sizeof serial, NULL));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(reply_serial(serial, sizeof serial, wrong[i]));
    memset(long_one, 'a', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    assert_false(reply_serial(serial, sizeof serial, long_one));
    long_one[262] = '\0';
    assert_true(reply_serial(serial, sizeof serial, long_one));
}

static void a_hash_has_just_its_length(void **state)
{
    uint8_t hash[4];
    (void)state;
    assert_true(reply_hash(hash, 4, "DE:AD:be:ef"));
    assert_memory_equal(hash, "\xDE\xAD\xBE\xEF", 4);
    assert_false(reply_hash(hash, 4, "DEADBE"));
    assert_false(reply_hash(hash, 4, "DEADBEEF00"));
    assert_false(reply_hash(hash, 4, "DEADBEEX"));
    assert_false(reply_hash(hash, 4, NULL));
}

static void an_id_is_a_number_above_zero_however_written(void **state)
{
    static const struct {
        const char *text;
        int64_t id;
    } cases[] = {{"{\"id\":7}", 7},
                 {"{\"id\":\"7\"}", 7},
                 {"{\"id\":0}", 0},
                 {"{\"id\":-7}", 0},
                 {"{\"id\":1.5}", 0},
                 {"{\"id\":null}", 0},
                 {"{\"id\":\"x\"}", 0},
                 {"{}", 0},
                 {"[]", 0},
                 {"17", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_value *root = parse(cases[i].text);
        int64_t id = 0;
        assert_int_equal(reply_id(root, API_ID, &id), cases[i].id > 0);
        if (cases[i].id > 0)
            assert_int_equal(id, cases[i].id);
        json_free(root);
    }
}

/* With these members a certificate is managed, or only known. */
static void is_managed(const char *members, bool expected)
{
    static struct reply_certificate certificate;
    char text[300];
    snprintf(text, sizeof text, "{\"id\":1%s}", members);
    struct json_value *root = parse(text);
    assert_int_equal(reply_certificate(&certificate, root), CS_OK);
    if (certificate.row.managed != expected)
        fail_msg("%s", members);
    json_free(root);
}

static void only_what_was_issued_through_it_is_managed(void **state)
{
    (void)state;
    is_managed(",\"validationType\":\"OV\"", true);
    is_managed(",\"requestedVia\":\"REST API\"", true);
    is_managed(",\"requestedVia\":\"ENROLLMENT_FORM\"", true);
    is_managed(",\"requestedVia\":\"Imported\",\"validationType\":\"OV\"", true);
    is_managed(",\"requestedVia\":\"Imported\"", false);
    is_managed(",\"requestedVia\":\"IMPORTED\"", false);
    is_managed(",\"requestedVia\":\"Discovery\",\"validationType\":null", false);
    is_managed("", false);
}

static void text_is_cut_between_characters_and_made_valid(void **state)
{
    char out[5];
    (void)state;
    struct json_value *root = parse("{\"name\":\"abc\xC3\xA9\",\"status\":\"a\xFFz\",\"id\":7}");
    assert_string_equal(reply_text(out, sizeof out, root, API_NAME), "abc");
    assert_null(reply_text(out, sizeof out, root, API_ID));
    json_free(root);
    char wide[20];
    root = parse("{\"name\":\"a\xFFz\"}");
    assert_string_equal(reply_text(wide, sizeof wide, root, API_NAME), "a\xEF\xBF\xBDz");
    json_free(root);
}

static void names_with_line_ends_and_other_things_are_left_out(void **state)
{
    static struct reply_certificate certificate;
    (void)state;
    struct json_value *root =
        parse("{\"id\":1,\"subjectAlternativeNames\":[\"a.example\",17,\"b\\nc\",null,\"d.example\"]}");
    assert_int_equal(reply_certificate(&certificate, root), CS_OK);
    assert_string_equal(certificate.row.names, "a.example\nd.example");
    json_free(root);
}

static void a_report_row_has_the_same_under_other_names(void **state)
{
    static struct reply_certificate certificate;
    (void)state;
    struct json_value *root = parse(
        "{\"id\":7,\"commonName\":\"a.example\",\"orgId\":3,\"status\":\"Issued\",\"serialNumber\":\"E12\","
        "\"requestedVia\":\"Enrollment Form\",\"subjAltNames\":\" a.example; b.example;;c.example \","
        "\"sha1\":\"ABABABABABABABABABABABABABABABABABABABAB\",\"issuer\":\"CN=CA\","
        "\"expires\":\"2027-01-15T08:00:00.000Z\"}");
    assert_int_equal(reply_report_row(&certificate, root), CS_OK);
    assert_int_equal(certificate.row.external_id, 7);
    assert_string_equal(certificate.row.names, "a.example\nb.example\nc.example");
    assert_string_equal(certificate.row.serial, "0e12");
    assert_non_null(certificate.row.sha1);
    assert_null(certificate.row.sha256);
    assert_true(certificate.row.managed);
    assert_int_equal(certificate.row.expires_s, 1800000000);
    json_free(root);
    root = parse("{\"id\":null}");
    assert_int_equal(reply_report_row(&certificate, root), CS_E_MALFORMED);
    json_free(root);
}

static void more_names_than_fit_are_cut(void **state)
{
    static struct reply_certificate certificate;
    struct buf text = {0};
    (void)state;
    buf_append_str(&text, "{\"id\":1,\"subjectAlternativeNames\":[\"first.example\"");
    for (int i = 0; i < 10000; i++)
        buf_printf(&text, ",\"name-%d.example.org\"", i);
    buf_append_str(&text, "]}");
    struct json_value *root = parse(buf_str(&text));
    assert_int_equal(reply_certificate(&certificate, root), CS_OK);
    assert_in_range(strlen(certificate.row.names), sizeof certificate.names - 40,
                    sizeof certificate.names - 1);
    json_free(root);
    buf_dispose(&text);
}

static void spellings_of_a_validation_are_one(void **state)
{
    static const char *const spellings[] = {"Not validated", "NOT_VALIDATED", "not validated"};
    (void)state;
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        struct reply_domain domain;
        char text[100];
        snprintf(text, sizeof text, "{\"id\":1,\"validationStatus\":\"%s\"}", spellings[i]);
        struct json_value *root = parse(text);
        assert_int_equal(reply_domain(&domain, root), CS_OK);
        assert_string_equal(domain.row.validation, "NOT_VALIDATED");
        json_free(root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_date_is_the_same_day),
        cmocka_unit_test(what_is_no_date_is_none),
        cmocka_unit_test(serial_numbers_compare_without_colons_case_and_leading_zeros),
        cmocka_unit_test(what_is_no_serial_number_is_none),
        cmocka_unit_test(a_hash_has_just_its_length),
        cmocka_unit_test(an_id_is_a_number_above_zero_however_written),
        cmocka_unit_test(only_what_was_issued_through_it_is_managed),
        cmocka_unit_test(text_is_cut_between_characters_and_made_valid),
        cmocka_unit_test(names_with_line_ends_and_other_things_are_left_out),
        cmocka_unit_test(a_report_row_has_the_same_under_other_names),
        cmocka_unit_test(more_names_than_fit_are_cut),
        cmocka_unit_test(spellings_of_a_validation_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
