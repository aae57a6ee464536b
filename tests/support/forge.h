// SPDX-License-Identifier: Apache-2.0
/* Makes keys and certificates for tests and for the pretend campus. Anything goes: what no honest CA would
 * sign too. Running out of memory ends the program: these are tests. */
#ifndef TESTS_SUPPORT_FORGE_H
#define TESTS_SUPPORT_FORGE_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

struct forged { /* forge_free */
    X509 *x509;
    EVP_PKEY *key;
    uint8_t *der;
    size_t der_len;
    char sha256[65]; /* lower-case hex */
};

struct forge_name {   /* one attribute of a subject, in order; type NULL ends the list */
    const char *type; /* "CN", "O", "OU", "DC", "L", "ST", "C", ... */
    const char *value;
    int string_type; /* V_ASN1_..., 0 = UTF8String */
    int value_len;   /* 0 = strlen */
};

struct forge_options {
    const char *common_name;          /* shorthand for a subject of one CN */
    const struct forge_name *subject; /* instead of it */
    const char *alt_names;            /* "DNS:a.example,IP:192.0.2.1"; NULL = none */
    const char *key;             /* "rsa:2048", "rsa-pss:2048", "dsa:1024", "ec:P-256", "ed25519", "ed448";
                                    with an issuer, as they cannot sign, "X25519", "rsa-exponent:3" and
                                    "rsa-modulus:HEX"; NULL = ec:P-256 */
    const struct forged *issuer; /* NULL = self-signed */
    int64_t not_before_s;        /* Unix time; both 0 = from yesterday to in 90 days of `now_s` */
    int64_t not_after_s;
    int64_t now_s;
    const uint8_t *serial; /* the magnitude; NULL = random */
    size_t serial_len;
    int serial_negative;
    const char *digest; /* NULL = SHA256 */
    int is_ca;
    const char *key_usage;          /* "digitalSignature,keyEncipherment"; NULL = none */
    const char *extended_key_usage; /* "serverAuth,clientAuth,1.2.3.4"; NULL = none */
    const char *template_name;      /* Microsoft's version 1 template, a BMPString; ASCII */
};

/* Keys are kept by kind and number and used again: making RSA keys is slow. `number` 0 is the usual one. */
EVP_PKEY *forge_key(const char *kind, unsigned number);

struct forged forge(const struct forge_options *options);
void forge_free(struct forged *forged);

#endif
