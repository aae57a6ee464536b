// SPDX-License-Identifier: Apache-2.0
#include "scanner/server_hello.h"

#include <string.h>

/* The random of a ServerHello that is a HelloRetryRequest: RFC 8446, 4.1.3. */
static const uint8_t retry_random[TLS_RANDOM] = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

static bool take_key_share(struct server_hello *hello, struct cursor body)
{
    hello->has_key_share = true;
    if (!cursor_u16(&body, &hello->group))
        return false;
    return body.left == 0 || (cursor_vector(&body, 2, &hello->share) && body.left == 0);
}

static bool take_extension(struct server_hello *hello, uint16_t type, struct cursor body)
{
    switch (type) {
    case TLS_EXT_SUPPORTED_VERSIONS:
        return cursor_u16(&body, &hello->version) && body.left == 0;
    case TLS_EXT_KEY_SHARE:
        return take_key_share(hello, body);
    case TLS_EXT_COOKIE:
        return cursor_vector(&body, 2, &hello->cookie) && body.left == 0;
    case TLS_EXT_SCT:
        hello->scts = body;
        return true;
    default:
        return true;
    }
}

static bool take_extensions(struct server_hello *hello, struct cursor list)
{
    while (list.left > 0) {
        uint16_t type;
        struct cursor body;
        if (!cursor_u16(&list, &type) || !cursor_vector(&list, 2, &body) ||
            !take_extension(hello, type, body))
            return false;
    }
    return true;
}

enum cs_err server_hello_parse(struct server_hello *out, struct cursor body)
{
    struct cursor random;
    struct cursor session_id;
    struct cursor extensions = {NULL, 0};
    uint8_t compression;
    *out = (struct server_hello){0};
    bool fits = cursor_u16(&body, &out->version) && cursor_bytes(&body, TLS_RANDOM, &random) &&
                cursor_vector(&body, 1, &session_id) && session_id.left <= TLS_SESSION_ID &&
                cursor_u16(&body, &out->suite) && cursor_u8(&body, &compression);
    if (!fits || (body.left > 0 && (!cursor_vector(&body, 2, &extensions) || body.left > 0)))
        return CS_E_MALFORMED;
    if (!take_extensions(out, extensions))
        return CS_E_MALFORMED;
    out->is_retry = out->version == TLS_VERSION_1_3 && memcmp(random.at, retry_random, TLS_RANDOM) == 0;
    return CS_OK;
}
