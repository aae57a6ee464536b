// SPDX-License-Identifier: Apache-2.0
/* The part of TLS 1.3's key schedule that opens a server's handshake records: RFC 8446, sections 7.1 to 7.3,
 * 5.2 and 5.3. */
#ifndef SCANNER_TLS13_KEYS_H
#define SCANNER_TLS13_KEYS_H

#include "scanner/tls_crypto.h"

struct tls13_suite {
    uint16_t number;
    enum tls_hash hash;
    enum tls_aead aead;
    size_t key_size;
};
const struct tls13_suite *tls13_suite_find(uint16_t number); /* NULL: one this lane does not do */

struct tls13_opener { /* plain data */
    const struct tls13_suite *suite;
    uint8_t key[32];
    uint8_t iv[TLS_NONCE];
    uint64_t sequence; /* of the next record */
};

/* server_handshake_traffic_secret and from it key and iv; `transcript` is the hash over ClientHello ...
 * ServerHello. False: libcrypto failed. */
bool tls13_opener_init(struct tls13_opener *opener, struct tls_crypto *crypto,
                       const struct tls13_suite *suite, struct cursor shared_secret,
                       const uint8_t *transcript);

/* Opens one record: `header` its 5 bytes, `sealed` what follows. `out` has room for sealed.left bytes and
 * gets the content without padding; `*type` its content type. False: not sealed with this key, or nothing but
 * padding. */
bool tls13_open(struct tls13_opener *opener, struct tls_crypto *crypto, const uint8_t *header,
                struct cursor sealed, uint8_t *out, size_t *len, uint8_t *type);

#endif
