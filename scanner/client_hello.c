// SPDX-License-Identifier: Apache-2.0
#include "scanner/client_hello.h"

#include <string.h>

#include "model/cipher_suite.h"

/* A hello of 256 to 511 bytes makes some old load balancers hang; RFC 7685, 4. */
#define PADDED_FROM 256
#define PADDED_TO   512

static const uint16_t groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1, TLS_GROUP_SECP384R1,
                                  TLS_GROUP_SECP521R1};
static const uint16_t versions[] = {TLS_VERSION_1_3, TLS_VERSION_1_2, TLS_VERSION_1_1, TLS_VERSION_1_0};

static const struct {
    uint16_t number;
    enum key_family keys;
} signatures[] = {
    {0x0807, KEY_FAMILY_OTHER}, /* ed25519 */
    {0x0808, KEY_FAMILY_OTHER}, /* ed448 */
    {0x0403, KEY_FAMILY_OTHER}, /* ecdsa_secp256r1_sha256, up to TLS 1.2 any curve */
    {0x0503, KEY_FAMILY_OTHER}, /* ecdsa_secp384r1_sha384 */
    {0x0603, KEY_FAMILY_OTHER}, /* ecdsa_secp521r1_sha512 */
    {0x081A, KEY_FAMILY_OTHER}, /* ecdsa_brainpoolP256r1tls13_sha256 */
    {0x081B, KEY_FAMILY_OTHER}, /* ecdsa_brainpoolP384r1tls13_sha384 */
    {0x081C, KEY_FAMILY_OTHER}, /* ecdsa_brainpoolP512r1tls13_sha512 */
    {0x0804, KEY_FAMILY_RSA},   /* rsa_pss_rsae_sha256 */
    {0x0805, KEY_FAMILY_RSA},   /* rsa_pss_rsae_sha384 */
    {0x0806, KEY_FAMILY_RSA},   /* rsa_pss_rsae_sha512 */
    {0x0809, KEY_FAMILY_RSA},   /* rsa_pss_pss_sha256 */
    {0x080A, KEY_FAMILY_RSA},   /* rsa_pss_pss_sha384 */
    {0x080B, KEY_FAMILY_RSA},   /* rsa_pss_pss_sha512 */
    {0x0401, KEY_FAMILY_RSA},   /* rsa_pkcs1_sha256 */
    {0x0501, KEY_FAMILY_RSA},   /* rsa_pkcs1_sha384 */
    {0x0601, KEY_FAMILY_RSA},   /* rsa_pkcs1_sha512 */
    {0x0402, KEY_FAMILY_OTHER}, /* dsa_sha256 */
    {0x0303, KEY_FAMILY_OTHER}, /* ecdsa_sha224 */
    {0x0301, KEY_FAMILY_RSA},   /* rsa_pkcs1_sha224 */
    {0x0203, KEY_FAMILY_OTHER}, /* ecdsa_sha1 */
    {0x0201, KEY_FAMILY_RSA},   /* rsa_pkcs1_sha1 */
    {0x0202, KEY_FAMILY_OTHER}, /* dsa_sha1 */
    {0x0101, KEY_FAMILY_RSA},   /* rsa_pkcs1_md5 */
};

static void put_u8(struct buf *out, size_t value)
{
    buf_append_char(out, (char)value);
}

static void put_u16(struct buf *out, size_t value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    buf_append(out, bytes, sizeof bytes);
}

/* A length of `size` bytes whose value is known once end_vector is reached; returns where it stands. */
static size_t begin_vector(struct buf *out, unsigned size)
{
    static const uint8_t nothing[3] = {0};
    buf_append(out, nothing, size);
    return out->len;
}

static void end_vector(struct buf *out, size_t begin, unsigned size)
{
    size_t len = out->len - begin;
    for (unsigned i = 1; i <= size && out->err == CS_OK; i++, len >>= 8)
        out->data[begin - i] = (uint8_t)len;
}

static size_t begin_extension(struct buf *out, enum tls_extension type)
{
    put_u16(out, type);
    return begin_vector(out, 2);
}

static void put_suites(struct buf *out, const struct client_hello *hello)
{
    bool legacy = hello->kind == HELLO_LEGACY;
    enum suite_keys other = hello->keys == KEY_FAMILY_RSA ? SUITE_KEYS_OTHER : SUITE_KEYS_RSA;
    size_t begin = begin_vector(out, 2);
    for (size_t i = 0; i < cipher_suite_count; i++) {
        const struct cipher_suite *suite = &cipher_suites[i];
        bool offered = legacy ? suite->in_legacy : suite->in_modern;
        if (offered && (hello->keys == KEY_FAMILY_ANY || suite->keys != other))
            put_u16(out, suite->number);
    }
    if (legacy)
        put_u16(out, TLS_EMPTY_RENEGOTIATION_SCSV); /* its extension has no place here */
    end_vector(out, begin, 2);
}

/* RFC 6066, 3. */
static void put_server_name(struct buf *out, const char *name)
{
    if (name == NULL)
        return;
    size_t extension = begin_extension(out, TLS_EXT_SERVER_NAME);
    size_t list = begin_vector(out, 2);
    put_u8(out, 0); /* host_name */
    size_t text = begin_vector(out, 2);
    buf_append_str(out, name);
    end_vector(out, text, 2);
    end_vector(out, list, 2);
    end_vector(out, extension, 2);
}

static void put_signature_list(struct buf *out, enum tls_extension type, enum key_family keys)
{
    size_t extension = begin_extension(out, type);
    size_t list = begin_vector(out, 2);
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        if (keys == KEY_FAMILY_ANY || signatures[i].keys == keys)
            put_u16(out, signatures[i].number);
    }
    end_vector(out, list, 2);
    end_vector(out, extension, 2);
}

/* The list of keys asked for would also hold for signatures within the chain, whose issuers may have others:
 * a second list says that those may be of any kind (RFC 8446, 4.2.3). */
static void put_signatures(struct buf *out, enum key_family keys)
{
    put_signature_list(out, TLS_EXT_SIGNATURE_ALGORITHMS, keys);
    if (keys != KEY_FAMILY_ANY)
        put_signature_list(out, TLS_EXT_SIGNATURE_ALGORITHMS_CERT, KEY_FAMILY_ANY);
}

static void put_key_share(struct buf *out, const struct client_hello *hello)
{
    size_t extension = begin_extension(out, TLS_EXT_KEY_SHARE);
    size_t list = begin_vector(out, 2);
    put_u16(out, hello->group);
    size_t share = begin_vector(out, 2);
    buf_append(out, hello->share.at, hello->share.left);
    end_vector(out, share, 2);
    end_vector(out, list, 2);
    end_vector(out, extension, 2);
}

static void put_cookie(struct buf *out, struct cursor cookie)
{
    if (cookie.at == NULL)
        return;
    size_t extension = begin_extension(out, TLS_EXT_COOKIE);
    size_t bytes = begin_vector(out, 2);
    buf_append(out, cookie.at, cookie.left);
    end_vector(out, bytes, 2);
    end_vector(out, extension, 2);
}

static void put_u16_list(struct buf *out, enum tls_extension type, unsigned size, const uint16_t *values,
                         size_t count)
{
    size_t extension = begin_extension(out, type);
    size_t list = begin_vector(out, size);
    for (size_t i = 0; i < count; i++)
        put_u16(out, values[i]);
    end_vector(out, list, size);
    end_vector(out, extension, 2);
}

static void put_fixed(struct buf *out, enum tls_extension type, const void *bytes, size_t len)
{
    size_t extension = begin_extension(out, type);
    buf_append(out, bytes, len);
    end_vector(out, extension, 2);
}

static void put_padding(struct buf *out, size_t message)
{
    static const uint8_t zeros[PADDED_TO] = {0};
    size_t len = out->len - message;
    if (len < PADDED_FROM || len >= PADDED_TO)
        return;
    size_t missing = PADDED_TO - len;
    put_fixed(out, TLS_EXT_PADDING, zeros, missing > 4 ? missing - 4 : 0);
}

static void put_modern_extensions(struct buf *out, const struct client_hello *hello, size_t message)
{
    put_server_name(out, hello->server_name);
    put_fixed(out, TLS_EXT_EXTENDED_MASTER_SECRET, "", 0);
    put_fixed(out, TLS_EXT_RENEGOTIATION_INFO, "\0", 1);
    put_u16_list(out, TLS_EXT_SUPPORTED_GROUPS, 2, groups, sizeof groups / sizeof groups[0]);
    put_fixed(out, TLS_EXT_EC_POINT_FORMATS, "\1\0", 2);     /* uncompressed */
    put_fixed(out, TLS_EXT_STATUS_REQUEST, "\1\0\0\0\0", 5); /* ocsp, any responder */
    put_signatures(out, hello->keys);
    put_fixed(out, TLS_EXT_SCT, "", 0);
    put_u16_list(out, TLS_EXT_SUPPORTED_VERSIONS, 1, versions, sizeof versions / sizeof versions[0]);
    put_cookie(out, hello->cookie);
    put_key_share(out, hello);
    put_padding(out, message);
}

void client_hello_append(struct buf *out, const struct client_hello *hello)
{
    bool legacy = hello->kind == HELLO_LEGACY;
    put_u8(out, TLS_HANDSHAKE);
    put_u16(out, hello->record_version);
    size_t record = begin_vector(out, 2);
    put_u8(out, TLS_CLIENT_HELLO);
    size_t body = begin_vector(out, 3);
    put_u16(out, legacy ? TLS_VERSION_1_0 : TLS_VERSION_1_2);
    buf_append(out, hello->random, TLS_RANDOM);
    put_u8(out, legacy ? 0 : TLS_SESSION_ID);
    if (!legacy)
        buf_append(out, hello->session_id, TLS_SESSION_ID);
    put_suites(out, hello);
    buf_append(out, "\1\0", 2); /* no compression */
    if (!legacy || hello->server_name != NULL) {
        size_t extensions = begin_vector(out, 2);
        if (legacy)
            put_server_name(out, hello->server_name);
        else
            put_modern_extensions(out, hello, record);
        end_vector(out, extensions, 2);
    }
    end_vector(out, body, 3);
    end_vector(out, record, 2);
}
