// SPDX-License-Identifier: Apache-2.0
/* What a scanning loop needs of libcrypto, fetched and allocated once: a library context that no system-wide
 * configuration reaches, hashes, HMAC, AEAD, random bytes, and one key pair for each group, used for every
 * handshake of the loop (no secret is kept, so none has to be protected). Belongs to one thread. Functions
 * return false when libcrypto fails, out of memory included. */
#ifndef SCANNER_TLS_CRYPTO_H
#define SCANNER_TLS_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/cursor.h"
#include "base/diag.h"
#include "base/err.h"

#define TLS_HASH_MAX   48 /* SHA-384 */
#define TLS_SECRET_MAX 66 /* secp521r1 */
#define TLS_SHARE_MAX  133
#define TLS_NONCE      12
#define TLS_TAG        16

enum tls_hash { TLS_HASH_SHA256, TLS_HASH_SHA384, TLS_HASH_COUNT };
enum tls_aead { TLS_AEAD_AES_128_GCM, TLS_AEAD_AES_256_GCM, TLS_AEAD_CHACHA20_POLY1305, TLS_AEAD_COUNT };

size_t tls_hash_size(enum tls_hash hash);

struct tls_crypto;
CS_MUST_USE enum cs_err tls_crypto_new(struct tls_crypto **out, struct diag *diag); /* CS_E_IO, CS_E_NOMEM */
void tls_crypto_free(struct tls_crypto *crypto);                                    /* NULL is fine */
OSSL_LIB_CTX *tls_crypto_library(const struct tls_crypto *crypto);

/* `out` gets tls_hash_size() bytes: the hash of all pieces, one after the other. */
bool tls_crypto_hash(struct tls_crypto *crypto, enum tls_hash hash, const struct cursor *pieces, size_t count,
                     uint8_t *out);
bool tls_crypto_hmac(struct tls_crypto *crypto, enum tls_hash hash, struct cursor key, struct cursor data,
                     uint8_t *out);

/* `sealed` ends with the tag; `out` gets sealed.left - TLS_TAG bytes. False also where the tag is wrong. */
bool tls_crypto_open(struct tls_crypto *crypto, enum tls_aead aead, const uint8_t *key,
                     const uint8_t nonce[TLS_NONCE], struct cursor additional, struct cursor sealed,
                     uint8_t *out);

/* 2048 bytes at most. */
bool tls_crypto_random(struct tls_crypto *crypto, uint8_t *out, size_t len);

/* The public half of this loop's pair in `group` (enum tls_group), as a key share carries it (RFC 8446,
 * 4.2.8); made when first asked for. {NULL, 0}: a group that is not done here, or libcrypto failed. */
struct cursor tls_crypto_share(struct tls_crypto *crypto, uint16_t group);
bool tls_crypto_has_group(uint16_t group);
/* The secret shared with the peer's half; `*len` bytes of `out`. False for a share that is no key. */
bool tls_crypto_agree(struct tls_crypto *crypto, uint16_t group, struct cursor peer,
                      uint8_t out[TLS_SECRET_MAX], size_t *len);

#endif
