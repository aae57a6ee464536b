// SPDX-License-Identifier: Apache-2.0
/* What the files of this folder share: a library context that no configuration file of the system can change,
 * and text out of ASN.1 strings. For .c files of cert/ only. */
#ifndef CERT_OPENSSL_H
#define CERT_OPENSSL_H

#include <openssl/x509.h>

#include "cert/record.h"

/* Made at the first call (thread-safe), never freed. NULL when out of memory. */
OSSL_LIB_CTX *cert_library(void);

/* cert/text.c: an ASN.1 string as clean UTF-8, malloc'd; NULL when out of memory. */
char *cert_text(const ASN1_STRING *string);
/* Bytes as clean UTF-8 without NUL, malloc'd. */
char *cert_clean_text(const unsigned char *bytes, size_t len);
/* An object identifier in dotted form. */
void cert_oid(char *out, size_t out_size, const ASN1_OBJECT *object);

/* cert/name.c */
CS_MUST_USE enum cs_err cert_take_subject(struct cert_record *record, const X509_NAME *name);
CS_MUST_USE enum cs_err cert_take_issuer(struct cert_record *record, const X509_NAME *name);
/* RFC 4514; malloc'd; NULL when out of memory. */
char *cert_name_text(const X509_NAME *name);

/* cert/extension.c: alternative names, usages, template, CA flag. */
CS_MUST_USE enum cs_err cert_take_extensions(struct cert_record *record, X509 *x509);

/* cert/key.c: type, size, hash of the key, signature algorithm, self_signed, flaws. */
CS_MUST_USE enum cs_err cert_take_key(struct cert_record *record, X509 *x509);

/* Whether its signature is over MD2, MD4, MD5, SHA-1 or older. */
bool cert_has_weak_digest(X509 *x509);

/* cert/record.c: UTCTime and GeneralizedTime as OpenSSL reads them leniently; years 0 to 9999. */
bool cert_time(const ASN1_TIME *time, int64_t *out_s);
/* Exactly one certificate, or NULL. */
X509 *cert_decode(const uint8_t *der, size_t der_len);

#endif
