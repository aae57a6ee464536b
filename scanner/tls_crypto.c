// SPDX-License-Identifier: Apache-2.0
#include "scanner/tls_crypto.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "scanner/tls_wire.h"

#define RANDOM_POOL 2048

static const struct {
    const char *name;
    size_t size;
} hashes[TLS_HASH_COUNT] = {
    [TLS_HASH_SHA256] = {"SHA256", 32},
    [TLS_HASH_SHA384] = {"SHA384", 48},
};

static const char *const aeads[TLS_AEAD_COUNT] = {
    [TLS_AEAD_AES_128_GCM] = "AES-128-GCM",
    [TLS_AEAD_AES_256_GCM] = "AES-256-GCM",
    [TLS_AEAD_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
};

static const struct {
    uint16_t number;
    const char *type;
    const char *curve;
    size_t share_size;
} groups[] = {
    {TLS_GROUP_X25519, "X25519", NULL, 32},
    {TLS_GROUP_SECP256R1, "EC", "P-256", 65},
    {TLS_GROUP_SECP384R1, "EC", "P-384", 97},
    {TLS_GROUP_SECP521R1, "EC", "P-521", 133},
};
#define GROUP_COUNT (sizeof groups / sizeof groups[0])

struct pair {
    EVP_PKEY *key; /* NULL: not asked for yet */
    EVP_PKEY_CTX *agreement;
    uint8_t share[TLS_SHARE_MAX];
};

struct tls_crypto {
    OSSL_LIB_CTX *library;
    OSSL_PROVIDER *provider;
    EVP_MD *md[TLS_HASH_COUNT];
    EVP_MD_CTX *md_ctx[TLS_HASH_COUNT];
    EVP_MAC_CTX *hmac[TLS_HASH_COUNT];
    EVP_CIPHER *cipher[TLS_AEAD_COUNT];
    EVP_CIPHER_CTX *cipher_ctx;
    struct pair pairs[GROUP_COUNT];
    uint8_t random[RANDOM_POOL];
    size_t random_left;
};

size_t tls_hash_size(enum tls_hash hash)
{
    return hashes[hash].size;
}

/* Errors are told by return values; libcrypto's queue of them is not let grow. */
static bool keep_errors_out(bool done)
{
    if (!done)
        ERR_clear_error();
    return done;
}

static bool fetch_hash(struct tls_crypto *crypto, EVP_MAC *hmac, enum tls_hash hash)
{
    char name[16];
    OSSL_PARAM params[2] = {OSSL_PARAM_END, OSSL_PARAM_END};
    snprintf(name, sizeof name, "%s", hashes[hash].name);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
    crypto->md[hash] = EVP_MD_fetch(crypto->library, hashes[hash].name, NULL);
    crypto->md_ctx[hash] = EVP_MD_CTX_new();
    crypto->hmac[hash] = EVP_MAC_CTX_new(hmac);
    return crypto->md[hash] != NULL && crypto->md_ctx[hash] != NULL && crypto->hmac[hash] != NULL &&
           EVP_DigestInit_ex2(crypto->md_ctx[hash], crypto->md[hash], NULL) == 1 &&
           EVP_MAC_CTX_set_params(crypto->hmac[hash], params) == 1;
}

static bool fetch_all(struct tls_crypto *crypto)
{
    EVP_MAC *hmac = EVP_MAC_fetch(crypto->library, "HMAC", NULL);
    bool done = hmac != NULL;
    for (int i = 0; i < TLS_HASH_COUNT && done; i++)
        done = fetch_hash(crypto, hmac, (enum tls_hash)i);
    EVP_MAC_free(hmac); /* the contexts hold it */
    for (int i = 0; i < TLS_AEAD_COUNT && done; i++) {
        crypto->cipher[i] = EVP_CIPHER_fetch(crypto->library, aeads[i], NULL);
        done = crypto->cipher[i] != NULL;
    }
    crypto->cipher_ctx = EVP_CIPHER_CTX_new();
    return done && crypto->cipher_ctx != NULL && tls_crypto_share(crypto, TLS_GROUP_X25519).at != NULL;
}

enum cs_err tls_crypto_new(struct tls_crypto **out, struct diag *diag)
{
    struct tls_crypto *crypto = calloc(1, sizeof *crypto);
    *out = NULL;
    if (crypto == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    crypto->library = OSSL_LIB_CTX_new();
    if (crypto->library != NULL)
        crypto->provider = OSSL_PROVIDER_load(crypto->library, "default");
    if (crypto->provider == NULL || !fetch_all(crypto)) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        diag_set(diag, "libcrypto does not start: %s", reason != NULL ? reason : "unknown reason");
        ERR_clear_error();
        tls_crypto_free(crypto);
        return CS_E_IO;
    }
    *out = crypto;
    return CS_OK;
}

void tls_crypto_free(struct tls_crypto *crypto)
{
    if (crypto == NULL)
        return;
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        EVP_PKEY_CTX_free(crypto->pairs[i].agreement);
        EVP_PKEY_free(crypto->pairs[i].key);
    }
    for (int i = 0; i < TLS_HASH_COUNT; i++) {
        EVP_MAC_CTX_free(crypto->hmac[i]);
        EVP_MD_CTX_free(crypto->md_ctx[i]);
        EVP_MD_free(crypto->md[i]);
    }
    for (int i = 0; i < TLS_AEAD_COUNT; i++)
        EVP_CIPHER_free(crypto->cipher[i]);
    EVP_CIPHER_CTX_free(crypto->cipher_ctx);
    if (crypto->provider != NULL)
        OSSL_PROVIDER_unload(crypto->provider);
    OSSL_LIB_CTX_free(crypto->library);
    free(crypto);
}

OSSL_LIB_CTX *tls_crypto_library(const struct tls_crypto *crypto)
{
    return crypto->library;
}

bool tls_crypto_hash(struct tls_crypto *crypto, enum tls_hash hash, const struct cursor *pieces, size_t count,
                     uint8_t *out)
{
    EVP_MD_CTX *ctx = crypto->md_ctx[hash];
    bool done = EVP_DigestInit_ex2(ctx, NULL, NULL) == 1; /* the algorithm it was made with */
    for (size_t i = 0; i < count && done; i++)
        done = EVP_DigestUpdate(ctx, pieces[i].at, pieces[i].left) == 1;
    return keep_errors_out(done && EVP_DigestFinal_ex(ctx, out, NULL) == 1);
}

bool tls_crypto_hmac(struct tls_crypto *crypto, enum tls_hash hash, struct cursor key, struct cursor data,
                     uint8_t *out)
{
    EVP_MAC_CTX *ctx = crypto->hmac[hash];
    size_t len;
    return keep_errors_out(EVP_MAC_init(ctx, key.at, key.left, NULL) == 1 &&
                           EVP_MAC_update(ctx, data.at, data.left) == 1 &&
                           EVP_MAC_final(ctx, out, &len, hashes[hash].size) == 1);
}

bool tls_crypto_open(struct tls_crypto *crypto, enum tls_aead aead, const uint8_t *key,
                     const uint8_t nonce[TLS_NONCE], struct cursor additional, struct cursor sealed,
                     uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = crypto->cipher_ctx;
    struct cursor text;
    uint8_t tag[TLS_TAG];
    int len;
    if (sealed.left < TLS_TAG || !cursor_bytes(&sealed, sealed.left - TLS_TAG, &text))
        return false;
    memcpy(tag, sealed.at, TLS_TAG);
    return keep_errors_out(EVP_DecryptInit_ex2(ctx, crypto->cipher[aead], key, nonce, NULL) == 1 &&
                           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TLS_TAG, tag) == 1 &&
                           EVP_DecryptUpdate(ctx, NULL, &len, additional.at, (int)additional.left) == 1 &&
                           EVP_DecryptUpdate(ctx, out, &len, text.at, (int)text.left) == 1 &&
                           EVP_DecryptFinal_ex(ctx, out + len, &len) == 1);
}

bool tls_crypto_random(struct tls_crypto *crypto, uint8_t *out, size_t len)
{
    assert(len <= RANDOM_POOL);
    if (crypto->random_left < len) {
        if (RAND_bytes_ex(crypto->library, crypto->random, RANDOM_POOL, 0) != 1)
            return keep_errors_out(false);
        crypto->random_left = RANDOM_POOL;
    }
    crypto->random_left -= len;
    memcpy(out, crypto->random + crypto->random_left, len);
    return true;
}

static size_t find_group(uint16_t group)
{
    size_t i = 0;
    while (i < GROUP_COUNT && groups[i].number != group)
        i++;
    return i;
}

bool tls_crypto_has_group(uint16_t group)
{
    return find_group(group) < GROUP_COUNT;
}

static bool make_pair(struct tls_crypto *crypto, size_t group, struct pair *pair)
{
    size_t len = 0;
    const char *curve = groups[group].curve;
    pair->key = curve == NULL ? EVP_PKEY_Q_keygen(crypto->library, NULL, groups[group].type)
                              : EVP_PKEY_Q_keygen(crypto->library, NULL, groups[group].type, curve);
    if (pair->key == NULL)
        return false;
    pair->agreement = EVP_PKEY_CTX_new_from_pkey(crypto->library, pair->key, NULL);
    bool done = pair->agreement != NULL && EVP_PKEY_derive_init(pair->agreement) == 1 &&
                EVP_PKEY_get_octet_string_param(pair->key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, pair->share,
                                                sizeof pair->share, &len) == 1 &&
                len == groups[group].share_size;
    if (!done) {
        EVP_PKEY_CTX_free(pair->agreement);
        EVP_PKEY_free(pair->key);
        *pair = (struct pair){0};
    }
    return done;
}

struct cursor tls_crypto_share(struct tls_crypto *crypto, uint16_t group)
{
    size_t i = find_group(group);
    struct cursor none = {NULL, 0};
    if (i == GROUP_COUNT)
        return none;
    struct pair *pair = &crypto->pairs[i];
    if (pair->key == NULL && !keep_errors_out(make_pair(crypto, i, pair)))
        return none;
    return (struct cursor){pair->share, groups[i].share_size};
}

/* libcrypto checks that the share is a point of the curve. */
static EVP_PKEY *peer_key(struct tls_crypto *crypto, size_t group, struct cursor share)
{
    EVP_PKEY *peer = NULL;
    if (groups[group].curve == NULL)
        return EVP_PKEY_new_raw_public_key_ex(crypto->library, groups[group].type, NULL, share.at,
                                              share.left);
    peer = EVP_PKEY_new();
    if (peer != NULL && EVP_PKEY_copy_parameters(peer, crypto->pairs[group].key) == 1 &&
        EVP_PKEY_set1_encoded_public_key(peer, share.at, share.left) == 1)
        return peer;
    EVP_PKEY_free(peer);
    return NULL;
}

bool tls_crypto_agree(struct tls_crypto *crypto, uint16_t group, struct cursor peer,
                      uint8_t out[TLS_SECRET_MAX], size_t *len)
{
    size_t i = find_group(group);
    if (i == GROUP_COUNT || crypto->pairs[i].key == NULL || peer.left != groups[i].share_size)
        return false;
    EVP_PKEY *theirs = peer_key(crypto, i, peer);
    *len = TLS_SECRET_MAX;
    bool done = theirs != NULL && EVP_PKEY_derive_set_peer_ex(crypto->pairs[i].agreement, theirs, 0) == 1 &&
                EVP_PKEY_derive(crypto->pairs[i].agreement, out, len) == 1;
    EVP_PKEY_free(theirs);
    return keep_errors_out(done);
}
