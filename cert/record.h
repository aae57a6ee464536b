// SPDX-License-Identifier: Apache-2.0
/* A certificate as the rest of certscour sees it: plain data, no OpenSSL types.
 * Pure functions: no I/O, no clock, no globals; callable from any thread.
 * All text is valid UTF-8 without NUL: BMPString, UniversalString and T61String are converted, bytes that
 * make no character become U+FFFD, an embedded NUL becomes U+FFFD too. Absent text is NULL, never "". */
#ifndef CERT_RECORD_H
#define CERT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text_list.h"
#include "model/field.h"
#include "model/observation.h"

/* Raised whenever decoding changes, so that a store re-decodes what an older version wrote. */
#define CERT_RECORD_VERSION 2

#define CERT_MAX_NAMES 10000 /* values kept in each list; the rest is left out */

enum cert_flaw {                     /* bits of what decoding alone can tell; stored, so numbers stay */
                 CERT_FLAW_ROCA = 1, /* cert/roca.h */
                 CERT_FLAW_SMALL_EXPONENT = 2, /* RSA, below 65537 */
                 CERT_FLAW_EVEN_EXPONENT = 4,  /* RSA: no key at all */
                 CERT_FLAW_WEAK_DIGEST = 8,    /* signed over MD2, MD4, MD5, SHA-1 or older */
};

struct cert_record {
    uint8_t sha256[SHA256_SIZE];      /* over the DER encoding */
    uint8_t spki_sha256[SHA256_SIZE]; /* over the SubjectPublicKeyInfo; zero when malformed */
    bool malformed; /* could not be decoded: only sha256 is set, everything below is absent */

    char *subject;     /* RFC 4514, as with the string table of RFC 4514 section 3; owned, as all text */
    char *common_name; /* the last CN */
    char *organization;
    char *city;
    char *state;
    char *country;
    char *issuer;
    char *issuer_common_name;
    char *issuer_organization;
    char *serial; /* lower-case hex of the magnitude, whole bytes, no leading zero bytes ("00" for zero), "-"
                     if negative */
    char *key_type;            /* rsa, ecdsa, ed25519, ed448, dsa, other; never NULL unless malformed */
    char *signature_algorithm; /* OpenSSL's long name or "unknown:<OID>" */
    char *template_name;       /* Microsoft: the name (1.3.6.1.4.1.311.20.2) or the OID of the v2 template */

    struct text_list organization_units;
    struct text_list domain_components;
    struct text_list dns_names;    /* as sent but ASCII lower-case */
    struct text_list ip_addresses; /* RFC 5952 */
    struct text_list
        other_names; /* every other SAN kind: "email:a@b", "uri:...", "dirname:...", "rid:...", "other:OID" */
    struct text_list key_usages;          /* RFC 5280 names: digitalSignature ... */
    struct text_list extended_key_usages; /* serverAuth ... or the dotted OID */

    int64_t not_before_s; /* Unix seconds */
    int64_t not_after_s;  /* Unix seconds; last valid second */
    uint32_t key_bits;    /* RSA modulus or EC field size in bits; 0 = not known */
    bool self_signed;     /* subject equals issuer and its own key verifies it (any hash, no policy) */
    bool is_ca;           /* basicConstraints CA */
    bool wildcard;        /* the common name or a DNS name begins with "*." */
    uint32_t flaws;       /* enum cert_flaw */
};

/* Decodes one certificate. `der` is borrowed for the call. `out` is zeroed first and belongs to the caller,
 * who disposes it even after an error. What cannot be decoded is no error: out->malformed and out->sha256 are
 * set. Returns CS_E_NOMEM only. */
CS_MUST_USE enum cs_err cert_record_parse(struct cert_record *out, const uint8_t *der, size_t der_len);
void cert_record_dispose(struct cert_record *record); /* idempotent */

/* The key family that makes the slot of an asset: "rsa", "ecdsa", "eddsa" or "other". */
const char *cert_record_slot(const struct cert_record *record);

/* Whole days between not_before and not_after. */
int64_t cert_record_lifetime_days(const struct cert_record *record);

/* Sets every fact a certificate alone decides. `facts` borrows from `record` and from `scratch`, both of
 * which must outlive it; scratch is zeroed by the caller and disposed after use. */
struct cert_fact_scratch {
    char sha256_hex[2 * SHA256_SIZE + 1];
    const char **names; /* common name + DNS names; owned */
    const char **alt_names;
};
CS_MUST_USE enum cs_err cert_record_facts(const struct cert_record *record, struct facts *facts,
                                          struct cert_fact_scratch *scratch);
void cert_fact_scratch_dispose(struct cert_fact_scratch *scratch);

#endif
