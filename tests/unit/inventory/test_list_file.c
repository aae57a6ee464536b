// SPDX-License-Identifier: Apache-2.0
/* Lists as files: what is taken from each format, and what is said of the rest. */
#include "inventory/list_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "cert/text_dump.h"
#include "tests/support/forge.h"

struct seen {
    struct buf rows; /* "serial cn names issuer state managed" each, in [] */
    struct buf notes;
    struct diag diag;
    enum cs_err err;
    struct list_reading reading;
};

static const char *or_none(const char *text)
{
    return text != NULL ? text : "-";
}

static enum cs_err put(void *context, const struct inventory_certificate *row, struct diag *diag)
{
    struct seen *seen = context;
    (void)diag;
    buf_printf(&seen->rows, "[%s|%s|%s|%s|%s|%s%s%s]", or_none(row->serial), or_none(row->common_name),
               or_none(row->names), or_none(row->issuer), or_none(row->state),
               row->managed ? "managed" : "external", row->sha1 != NULL ? "|sha1" : "",
               row->sha256 != NULL ? "|sha256" : "");
    return CS_OK;
}

static void note(void *context, const char *text)
{
    struct seen *seen = context;
    buf_printf(&seen->notes, "%s\n", text);
}

static struct seen *read_bytes(const void *bytes, size_t len)
{
    struct seen *seen = calloc(1, sizeof *seen);
    FILE *file = fmemopen((void *)bytes, len, "r");
    assert_non_null(seen);
    assert_non_null(file);
    seen->reading = (struct list_reading){.put = put, .note = note, .context = seen};
    seen->err = list_read_stream(&seen->reading, file, "list", &seen->diag);
    fclose(file);
    return seen;
}

static void seen_free(struct seen *seen)
{
    buf_dispose(&seen->rows);
    buf_dispose(&seen->notes);
    free(seen);
}

static void gives(const char *text, const char *rows, const char *notes)
{
    struct seen *seen = read_bytes(text, strlen(text));
    assert_string_equal(seen->diag.text, "");
    assert_int_equal(seen->err, CS_OK);
    assert_string_equal(buf_str(&seen->rows), rows);
    assert_string_equal(buf_str(&seen->notes), notes);
    seen_free(seen);
}

static void refuses(const char *text, const char *part)
{
    struct seen *seen = read_bytes(text, strlen(text));
    assert_int_equal(seen->err, CS_E_INVALID);
    assert_non_null(strstr(seen->diag.text, part));
    seen_free(seen);
}

#define SERIAL "0E:12:AB:00:11:22:33:44:55"
#define PLAIN  "0e12ab001122334455"
#define SHA1   "da39a3ee5e6b4b0d3255bfef95601890afd80709"

static void columns_are_known_by_the_words_of_each_exporter(void **state)
{
    (void)state;
    /* SCM's report */
    gives(
        "id,commonName,subjAltNames,status,requestedVia,issuer,serialNumber,sha1\n"
        "7,www.example.org,www.example.org; example.org,Issued,Discovery,\"CN=Example CA, O=Example\"," SERIAL
        "," SHA1 "\n",
        "[" PLAIN "|www.example.org|www.example.org\nexample.org|Example CA|Issued|external|sha1]", "");
    /* HARICA's client */
    gives("\xEF\xBB\xBFserial,CN,dN,status,sANS,isRevoked\n" SERIAL
          ",a.example,,Valid,\"[{\"\"fqdn\"\":\"\"a.example\"\"}]\",true\n",
          "[" PLAIN "|a.example|a.example|-|Revoked|managed]", "");
    /* DigiCert's orders: `state` is a part of an address there */
    gives("order_id;common_name;dns_names;status;organization_state;state;thumbprint;serial_number\n"
          "1;b.example;b.example,c.example;issued;TX;TX;" SHA1 ";" SERIAL "\n",
          "[" PLAIN "|b.example|b.example\nc.example|-|Issued|managed|sha1]",
          "list: columns that are not known are left out: organization_state\n");
    gives("Subject DN\tSerial No.\nO=Ex/CN=d.example\t0x0E12\n", "[0e12|d.example|-|-|-|managed]", "");
}

static void rows_that_cannot_be_used_are_named_with_their_line(void **state)
{
    (void)state;
    struct seen *seen = NULL;
    static const char text[] = "serial,cn,sha1,status\n"
                               "\"" SERIAL "\",\"two\nlines.example\",,\n"
                               "1.23E+30,a.example,,\n"
                               ",b.example,,\n"
                               ",c.example,abcd,\n"
                               ",d.example,,pending\n";
    seen = read_bytes(text, strlen(text));
    assert_int_equal(seen->err, CS_OK);
    assert_int_equal(seen->reading.taken, 1);
    assert_int_equal(seen->reading.bad, 3);
    assert_int_equal(seen->reading.no_certificate, 1);
    assert_non_null(strstr(buf_str(&seen->notes), "list:4: the serial number is no hexadecimal number; a "
                                                  "spreadsheet has rounded it"));
    assert_non_null(strstr(buf_str(&seen->notes), "list:5: nothing in it tells the certificate"));
    assert_non_null(strstr(buf_str(&seen->notes), "list:6: the fingerprint is neither"));
    seen_free(seen);
}

static void a_file_without_a_key_or_a_certificate_is_refused(void **state)
{
    (void)state;
    refuses("metric,value\na,1\n", "no column tells which certificate a row is; allowed are sha256");
    refuses("serial,notes\n01,x\n", "no column tells"); /* a number of nobody knows which CA */
    refuses("serial,cn\n", "there is no certificate in it");
    refuses("<html><body>Sign in</body></html>\n", "no column tells");
    refuses("{\"error\": \"denied\"}", "expected an array of objects");
    refuses("[{\"cn\": ", "list: ");
    refuses("serial,cn\n\"01", "list: line 2: a quote is not closed");
    refuses("\xFF\xFEs", "UTF-16");
}

static void json_is_read_alone_or_under_a_name(void **state)
{
    (void)state;
    gives("[{\"serial\": \"" SERIAL
          "\", \"cn\": \"a.example\", \"domains\": [{\"fqdn\": \"a.example\"}]}, 7]",
          "[" PLAIN "|a.example|a.example|-|-|managed]", "list:entry 2: expected an object\n");
    gives("{\"reports\": [{\"serialNumber\": \"" SERIAL
          "\", \"issuer\": \"Example CA\", \"status\": \"Revoked\","
          " \"state\": \"TX\"}]}",
          "[" PLAIN "|-|-|Example CA|Revoked|managed]", "");
}

static void members_that_are_not_known_are_named_once(void **state)
{
    (void)state;
    gives("[{\"serial\": \"" SERIAL "\", \"cn\": \"a.example\", \"colour\": 1, \"size\": 2, \"id\": 3},"
          " {\"serial\": \"" SERIAL "\", \"cn\": \"b.example\", \"size\": {\"a\": 1}, \"colour\": null}]",
          "[" PLAIN "|a.example|-|-|-|managed][" PLAIN "|b.example|-|-|-|managed]",
          "list: columns that are not known are left out: colour, size\n");
}

static bool stopped_at_once(void *context)
{
    (void)context;
    return true;
}

static void who_wants_to_stop_is_heard_at_the_next_row(void **state)
{
    (void)state;
    static const char text[] = "sha1\n" SHA1 "\n";
    struct seen seen = {0};
    FILE *file = fmemopen((void *)text, sizeof text - 1, "r");
    assert_non_null(file);
    seen.reading =
        (struct list_reading){.put = put, .note = note, .stopped = stopped_at_once, .context = &seen};
    assert_int_equal(list_read_stream(&seen.reading, file, "list", &seen.diag), CS_E_CANCELLED);
    assert_int_equal(seen.reading.taken, 0);
    assert_string_equal(buf_str(&seen.rows), "");
    fclose(file);
}

static void certificates_are_decoded_and_those_of_cas_left_out(void **state)
{
    (void)state;
    struct buf text = {0};
    struct forged ca = forge(&(struct forge_options){.common_name = "Root", .is_ca = 1, .now_s = 1800000000});
    struct forged middle = forge(
        &(struct forge_options){.common_name = "Middle", .is_ca = 1, .issuer = &ca, .now_s = 1800000000});
    struct forged leaf = forge(&(struct forge_options){.common_name = "www.example.org",
                                                       .alt_names = "DNS:www.example.org",
                                                       .issuer = &ca,
                                                       .now_s = 1800000000});
    cert_append_pem(&text, leaf.der, leaf.der_len);
    buf_append_str(&text, "some words\n");
    cert_append_pem(&text, middle.der, middle.der_len);
    buf_append_str(&text, "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n");
    struct seen *seen = read_bytes(text.data, text.len);
    assert_int_equal(seen->err, CS_OK);
    assert_int_equal(seen->reading.taken, 1);
    assert_int_equal(seen->reading.no_certificate, 1);
    assert_int_equal(seen->reading.bad, 1);
    assert_non_null(strstr(buf_str(&seen->rows), "|www.example.org|www.example.org|Root|-|managed|sha256]"));
    assert_string_equal(buf_str(&seen->notes),
                        "list:certificate 3: the block is not closed, not Base64 or too long\n");
    struct seen *der = read_bytes(leaf.der, leaf.der_len);
    assert_string_equal(buf_str(&der->rows), buf_str(&seen->rows));
    seen_free(der);
    seen_free(seen);
    buf_dispose(&text);
    forge_free(&leaf);
    forge_free(&middle);
    forge_free(&ca);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_known_by_the_words_of_each_exporter),
        cmocka_unit_test(rows_that_cannot_be_used_are_named_with_their_line),
        cmocka_unit_test(a_file_without_a_key_or_a_certificate_is_refused),
        cmocka_unit_test(json_is_read_alone_or_under_a_name),
        cmocka_unit_test(members_that_are_not_known_are_named_once),
        cmocka_unit_test(who_wants_to_stop_is_heard_at_the_next_row),
        cmocka_unit_test(certificates_are_decoded_and_those_of_cas_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
