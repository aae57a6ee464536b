// SPDX-License-Identifier: Apache-2.0
/* The server's side of TLS 1.3's handshake keys: libcrypto's own key schedule (its TLS13-KDF) and AEADs, so
 * that what opens a record is tested against somebody else's arithmetic. Failure of libcrypto ends the
 * program.
 */
#ifndef TESTS_SUPPORT_TLS13_SEAL_H
#define TESTS_SUPPORT_TLS13_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define TLS13_SEAL_HASH_MAX 48

struct tls13_sealer { /* plain data */
    uint16_t suite;
    uint8_t key[32];
    uint8_t iv[12];
    uint64_t sequence; /* of the next record */
};

/* The hash of a suite, e.g. "SHA256"; NULL for a suite that is not done here. */
const char *tls13_hash_of(uint16_t suite);
/* Hash of `len` bytes; returns its size. */
size_t tls13_hash(uint16_t suite, const void *bytes, size_t len, uint8_t out[TLS13_SEAL_HASH_MAX]);

/* server_handshake_traffic key and iv; `transcript` is the hash over ClientHello ... ServerHello. */
void tls13_sealer_init(struct tls13_sealer *sealer, uint16_t suite, const uint8_t *shared, size_t shared_len,
                       const uint8_t *transcript);

/* Appends one record of content type `type` with `padding` zeros behind it. */
void tls13_seal(struct tls13_sealer *sealer, struct buf *out, uint8_t type, const void *content, size_t len,
                size_t padding);

#endif
