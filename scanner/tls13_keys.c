// SPDX-License-Identifier: Apache-2.0
/* early secret -> "derived" -> handshake secret -> "s hs traffic" -> key, iv. The steps before the shared
 * secret are the same for every handshake, but cost two HMACs only. */
#include "scanner/tls13_keys.h"

#include <string.h>

#include "scanner/tls_wire.h"

#define LABEL_PREFIX "tls13 "
#define LABEL_ROOM   (2 + 1 + 255 + 1 + TLS_HASH_MAX + 1)

static const struct tls13_suite suites[] = {
    {0x1301, TLS_HASH_SHA256, TLS_AEAD_AES_128_GCM, 16},
    {0x1302, TLS_HASH_SHA384, TLS_AEAD_AES_256_GCM, 32},
    {0x1303, TLS_HASH_SHA256, TLS_AEAD_CHACHA20_POLY1305, 32},
};

const struct tls13_suite *tls13_suite_find(uint16_t number)
{
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (suites[i].number == number)
            return &suites[i];
    }
    return NULL;
}

/* HKDF-Expand-Label of RFC 8446, 7.1, for outputs no longer than the hash: then HKDF-Expand (RFC 5869, 2.3)
 * is one HMAC over the info and a byte 1. `context` is empty or one hash. */
static bool expand_label(struct tls_crypto *crypto, enum tls_hash hash, const uint8_t *secret,
                         const char *label, const uint8_t *context, size_t len, uint8_t *out)
{
    uint8_t info[LABEL_ROOM];
    uint8_t block[TLS_HASH_MAX];
    size_t hash_size = tls_hash_size(hash);
    size_t label_len = strlen(label);
    size_t context_len = context != NULL ? hash_size : 0;
    uint8_t *at = info;
    *at++ = (uint8_t)(len >> 8);
    *at++ = (uint8_t)len;
    *at++ = (uint8_t)(strlen(LABEL_PREFIX) + label_len);
    at = (uint8_t *)memcpy(at, LABEL_PREFIX, strlen(LABEL_PREFIX)) + strlen(LABEL_PREFIX);
    at = (uint8_t *)memcpy(at, label, label_len) + label_len;
    *at++ = (uint8_t)context_len;
    if (context_len > 0)
        at = (uint8_t *)memcpy(at, context, context_len) + context_len;
    *at++ = 1;
    struct cursor key = {secret, hash_size};
    if (!tls_crypto_hmac(crypto, hash, key, (struct cursor){info, (size_t)(at - info)}, block))
        return false;
    memcpy(out, block, len);
    return true;
}

/* HKDF-Extract (RFC 5869, 2.2) is one HMAC. */
static bool handshake_secret(struct tls_crypto *crypto, enum tls_hash hash, struct cursor shared_secret,
                             uint8_t out[TLS_HASH_MAX])
{
    static const uint8_t zeros[TLS_HASH_MAX] = {0};
    uint8_t early[TLS_HASH_MAX];
    uint8_t empty[TLS_HASH_MAX];
    uint8_t derived[TLS_HASH_MAX];
    size_t size = tls_hash_size(hash);
    struct cursor no_psk = {zeros, size};
    return tls_crypto_hmac(crypto, hash, no_psk, no_psk, early) &&
           tls_crypto_hash(crypto, hash, NULL, 0, empty) &&
           expand_label(crypto, hash, early, "derived", empty, size, derived) &&
           tls_crypto_hmac(crypto, hash, (struct cursor){derived, size}, shared_secret, out);
}

bool tls13_opener_init(struct tls13_opener *opener, struct tls_crypto *crypto,
                       const struct tls13_suite *suite, struct cursor shared_secret,
                       const uint8_t *transcript)
{
    uint8_t secret[TLS_HASH_MAX];
    uint8_t traffic[TLS_HASH_MAX];
    *opener = (struct tls13_opener){.suite = suite};
    return handshake_secret(crypto, suite->hash, shared_secret, secret) &&
           expand_label(crypto, suite->hash, secret, "s hs traffic", transcript, tls_hash_size(suite->hash),
                        traffic) &&
           expand_label(crypto, suite->hash, traffic, "key", NULL, suite->key_size, opener->key) &&
           expand_label(crypto, suite->hash, traffic, "iv", NULL, TLS_NONCE, opener->iv);
}

bool tls13_open(struct tls13_opener *opener, struct tls_crypto *crypto, const uint8_t *header,
                struct cursor sealed, uint8_t *out, size_t *len, uint8_t *type)
{
    uint8_t nonce[TLS_NONCE];
    memcpy(nonce, opener->iv, TLS_NONCE);
    for (unsigned i = 0; i < sizeof opener->sequence; i++)
        nonce[TLS_NONCE - 1 - i] ^= (uint8_t)(opener->sequence >> 8 * i);
    struct cursor additional = {header, TLS_RECORD_HEADER};
    if (!tls_crypto_open(crypto, opener->suite->aead, opener->key, nonce, additional, sealed, out))
        return false;
    opener->sequence++;
    *len = sealed.left - TLS_TAG;
    while (*len > 0 && out[*len - 1] == 0)
        --*len;
    if (*len == 0)
        return false;
    *type = out[--*len];
    return true;
}
