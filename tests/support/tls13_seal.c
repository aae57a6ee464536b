// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tls13_seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#define TAG    16
#define HEADER 5

static const struct {
    uint16_t number;
    const char *hash;
    const char *cipher;
    size_t key_size;
} suites[] = {
    {0x1301, "SHA256", "AES-128-GCM", 16},
    {0x1302, "SHA384", "AES-256-GCM", 32},
    {0x1303, "SHA256", "ChaCha20-Poly1305", 32},
};
#define SUITE_COUNT (sizeof suites / sizeof suites[0])

static void check(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "tls13_seal: %s failed\n", what);
        abort();
    }
}

static size_t find(uint16_t suite)
{
    size_t i = 0;
    while (i < SUITE_COUNT && suites[i].number != suite)
        i++;
    return i;
}

const char *tls13_hash_of(uint16_t suite)
{
    size_t i = find(suite);
    return i < SUITE_COUNT ? suites[i].hash : NULL;
}

size_t tls13_hash(uint16_t suite, const void *bytes, size_t len, uint8_t out[TLS13_SEAL_HASH_MAX])
{
    size_t size = 0;
    check(EVP_Q_digest(NULL, tls13_hash_of(suite), NULL, bytes, len, out, &size), "a hash");
    return size;
}

/* One step of the schedule; NULL parameters are left out. */
static void derive(uint16_t suite, int mode, const char *label, OSSL_PARAM inputs[3], uint8_t *out,
                   size_t len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS13-KDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    OSSL_PARAM params[8];
    OSSL_PARAM *at = params;
    *at++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)tls13_hash_of(suite), 0);
    *at++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
    *at++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, (char *)"tls13 ", 6);
    if (label != NULL)
        *at++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, (char *)label, strlen(label));
    for (int i = 0; i < 3 && inputs[i].key != NULL; i++)
        *at++ = inputs[i];
    *at = OSSL_PARAM_construct_end();
    check(ctx != NULL && EVP_KDF_derive(ctx, out, len, params) == 1, label != NULL ? label : "extract");
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

static OSSL_PARAM bytes_param(const char *name, const uint8_t *bytes, size_t len)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)bytes, len);
}

static void expand(uint16_t suite, const uint8_t *secret, size_t size, const char *label,
                   const uint8_t *context, uint8_t *out, size_t len)
{
    OSSL_PARAM inputs[3] = {bytes_param(OSSL_KDF_PARAM_KEY, secret, size), OSSL_PARAM_END, OSSL_PARAM_END};
    if (context != NULL)
        inputs[1] = bytes_param(OSSL_KDF_PARAM_DATA, context, size);
    derive(suite, EVP_KDF_HKDF_MODE_EXPAND_ONLY, label, inputs, out, len);
}

void tls13_sealer_init(struct tls13_sealer *sealer, uint16_t suite, const uint8_t *shared, size_t shared_len,
                       const uint8_t *transcript)
{
    uint8_t early[TLS13_SEAL_HASH_MAX];
    uint8_t handshake[TLS13_SEAL_HASH_MAX];
    uint8_t traffic[TLS13_SEAL_HASH_MAX];
    uint8_t empty[TLS13_SEAL_HASH_MAX];
    size_t i = find(suite);
    check(i < SUITE_COUNT, "a suite");
    size_t size = tls13_hash(suite, "", 0, empty);
    OSSL_PARAM nothing[3] = {OSSL_PARAM_END, OSSL_PARAM_END, OSSL_PARAM_END};
    derive(suite, EVP_KDF_HKDF_MODE_EXTRACT_ONLY, NULL, nothing, early, size);
    OSSL_PARAM both[3] = {bytes_param(OSSL_KDF_PARAM_SALT, early, size),
                          bytes_param(OSSL_KDF_PARAM_KEY, shared, shared_len), OSSL_PARAM_END};
    derive(suite, EVP_KDF_HKDF_MODE_EXTRACT_ONLY, "derived", both, handshake, size);
    expand(suite, handshake, size, "s hs traffic", transcript, traffic, size);
    *sealer = (struct tls13_sealer){.suite = suite};
    expand(suite, traffic, size, "key", NULL, sealer->key, suites[i].key_size);
    expand(suite, traffic, size, "iv", NULL, sealer->iv, sizeof sealer->iv);
}

static void encrypt(const struct tls13_sealer *sealer, const uint8_t *header, const uint8_t *nonce,
                    const uint8_t *text, size_t len, uint8_t *out)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, suites[find(sealer->suite)].cipher, NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int part;
    check(cipher != NULL && ctx != NULL && EVP_EncryptInit_ex2(ctx, cipher, sealer->key, nonce, NULL) == 1 &&
              EVP_EncryptUpdate(ctx, NULL, &part, header, HEADER) == 1 &&
              EVP_EncryptUpdate(ctx, out, &part, text, (int)len) == 1 &&
              EVP_EncryptFinal_ex(ctx, out + part, &part) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, out + len) == 1,
          "sealing");
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
}

void tls13_seal(struct tls13_sealer *sealer, struct buf *out, uint8_t type, const void *content, size_t len,
                size_t padding)
{
    size_t inner_len = len + 1 + padding; /* RFC 8446, 5.2 */
    size_t record_len = inner_len + TAG;
    const uint8_t header[HEADER] = {23, 3, 3, (uint8_t)(record_len >> 8), (uint8_t)record_len};
    uint8_t nonce[sizeof sealer->iv];
    uint8_t *inner = calloc(1, inner_len);
    check(inner != NULL && record_len <= UINT16_MAX, "room for a record");
    if (len > 0)
        memcpy(inner, content, len);
    inner[len] = type;
    memcpy(nonce, sealer->iv, sizeof nonce);
    for (size_t i = 0; i < 8; i++)
        nonce[sizeof nonce - 1 - i] ^= (uint8_t)(sealer->sequence >> 8 * i);
    sealer->sequence++;
    buf_append(out, header, sizeof header);
    uint8_t *room = buf_reserve(out, record_len);
    check(room != NULL, "room for a record");
    encrypt(sealer, header, nonce, inner, inner_len, room);
    buf_commit(out, record_len);
    free(inner);
}
