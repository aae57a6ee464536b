// SPDX-License-Identifier: Apache-2.0
/* Cipher suites as IANA's "TLS Cipher Suites" registry lists them: those a certificate can come with, which
 * leaves out anonymous, PSK and SRP ones. */
#ifndef MODEL_CIPHER_SUITE_H
#define MODEL_CIPHER_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum suite_keys {                   /* whose certificates a suite goes with */
                  SUITE_KEYS_ANY,   /* TLS 1.3: the suite does not say */
                  SUITE_KEYS_RSA,   /* an RSA key */
                  SUITE_KEYS_OTHER, /* an EC, Edwards curve or DSA key */
};

struct cipher_suite {
    uint16_t number;
    uint8_t keys;   /* enum suite_keys */
    bool ecdhe;     /* ServerKeyExchange names a curve */
    bool in_modern; /* offered in the first hello */
    bool in_legacy; /* offered in the small hello for old servers */
    const char *name;
};

/* In order of preference. */
extern const struct cipher_suite cipher_suites[];
extern const size_t cipher_suite_count;

const struct cipher_suite *cipher_suite_find(uint16_t number); /* NULL: not in the table */

/* Groups of the "TLS Supported Groups" registry, e.g. "x25519"; NULL for one that has no name here. */
const char *tls_group_name(uint16_t group);

#endif
