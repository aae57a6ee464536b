// SPDX-License-Identifier: Apache-2.0
/* hash -> d2i -> names, validity, key, extensions. What d2i refuses, or what has bytes behind it, is
 * malformed: then the hash is all there is to say. OpenSSL's error queue is left empty. */
#include "cert/record.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "cert/openssl.h"

#define DAY_S 86400

static OSSL_LIB_CTX *library;

static void make_library(void)
{
    OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();
    if (made != NULL && OSSL_PROVIDER_load(made, "default") != NULL)
        library = made;
    else
        OSSL_LIB_CTX_free(made);
}

OSSL_LIB_CTX *cert_library(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_library);
    return library;
}

bool cert_time(const ASN1_TIME *time, int64_t *out_s)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    int64_t days = timefmt_days((int64_t)tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday);
    *out_s = days * DAY_S + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
    return true;
}

/* Lower-case hex of the magnitude, "-" before it if negative. */
static enum cs_err take_serial(struct cert_record *record, const ASN1_INTEGER *serial)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(serial);
    size_t len = (size_t)ASN1_STRING_length(serial);
    while (len > 0 && bytes[0] == 0) {
        bytes++;
        len--;
    }
    char *text = malloc(2 * len + 3);
    if (text == NULL)
        return CS_E_NOMEM;
    char *at = text;
    if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
        *at++ = '-';
    hex_encode(at, bytes, len);
    if (len == 0)
        memcpy(text, "00", 3);
    record->serial = text;
    return CS_OK;
}

static bool is_wildcard(const char *name)
{
    return name != NULL && name[0] == '*' && name[1] == '.';
}

static bool has_wildcard(const struct cert_record *record)
{
    for (size_t i = 0; i < record->dns_names.count; i++) {
        if (is_wildcard(record->dns_names.items[i]))
            return true;
    }
    return is_wildcard(record->common_name);
}

static enum cs_err take_all(struct cert_record *record, X509 *x509)
{
    enum cs_err err = cert_take_subject(record, X509_get_subject_name(x509));
    if (err == CS_OK)
        err = cert_take_issuer(record, X509_get_issuer_name(x509));
    if (err == CS_OK)
        err = take_serial(record, X509_get0_serialNumber(x509));
    if (err == CS_OK)
        err = cert_take_key(record, x509);
    if (err == CS_OK)
        err = cert_take_extensions(record, x509);
    record->wildcard = has_wildcard(record);
    return err;
}

X509 *cert_decode(const uint8_t *der, size_t der_len)
{
    const unsigned char *at = der;
    X509 *x509 = X509_new_ex(cert_library(), NULL);
    if (x509 == NULL || der_len > LONG_MAX || d2i_X509(&x509, &at, (long)der_len) == NULL ||
        at != der + der_len) {
        X509_free(x509);
        return NULL;
    }
    return x509;
}

enum cs_err cert_record_parse(struct cert_record *out, const uint8_t *der, size_t der_len)
{
    *out = (struct cert_record){.malformed = true};
    if (cert_library() == NULL ||
        EVP_Q_digest(cert_library(), "SHA256", NULL, der, der_len, out->sha256, NULL) != 1)
        return CS_E_NOMEM;
    X509 *x509 = cert_decode(der, der_len);
    enum cs_err err = CS_OK;
    if (x509 != NULL && cert_time(X509_get0_notBefore(x509), &out->not_before_s) &&
        cert_time(X509_get0_notAfter(x509), &out->not_after_s)) {
        out->malformed = false;
        err = take_all(out, x509);
    }
    X509_free(x509);
    ERR_clear_error();
    return err;
}

void cert_record_dispose(struct cert_record *record)
{
    char **texts[] = {
        &record->subject,
        &record->common_name,
        &record->organization,
        &record->city,
        &record->state,
        &record->country,
        &record->issuer,
        &record->issuer_common_name,
        &record->serial,
        &record->key_type,
        &record->signature_algorithm,
        &record->template_name,
        &record->issuer_organization,
    };
    struct text_list *lists[] = {
        &record->organization_units,  &record->domain_components, &record->dns_names,
        &record->ip_addresses,        &record->other_names,       &record->key_usages,
        &record->extended_key_usages,
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        text_list_dispose(lists[i]);
}

const char *cert_record_slot(const struct cert_record *record)
{
    static const struct {
        const char *key_type;
        const char *slot;
    } slots[] = {{"rsa", "rsa"}, {"ecdsa", "ecdsa"}, {"ed25519", "eddsa"}, {"ed448", "eddsa"}};
    for (size_t i = 0; record->key_type != NULL && i < sizeof slots / sizeof slots[0]; i++) {
        if (strcmp(record->key_type, slots[i].key_type) == 0)
            return slots[i].slot;
    }
    return "other";
}

int64_t cert_record_lifetime_days(const struct cert_record *record)
{
    return (record->not_after_s - record->not_before_s) / DAY_S;
}
