// SPDX-License-Identifier: Apache-2.0
/* Nothing in here is an error: bytes that do not parse are not kept. */
#include "scanner/chain_extras.h"

#include "scanner/tls_wire.h"

#define STATUS_TYPE_OCSP 1 /* RFC 6066, 8 */

void chain_extras_add(struct chain_extras *extras, enum extra kind, struct cursor bytes)
{
    if (bytes.left == 0 || extras->parts[kind].len > 0)
        return;
    size_t at = extras->bytes.len;
    buf_append(&extras->bytes, bytes.at, bytes.left);
    if (extras->bytes.err != CS_OK)
        return;
    extras->parts[kind].at = at;
    extras->parts[kind].len = bytes.left;
}

void chain_extras_add_status(struct chain_extras *extras, struct cursor body)
{
    uint8_t type;
    struct cursor response;
    if (cursor_u8(&body, &type) && type == STATUS_TYPE_OCSP && cursor_vector(&body, 3, &response))
        chain_extras_add(extras, EXTRA_OCSP_RESPONSE, response);
}

void chain_extras_add_leaf(struct chain_extras *extras, struct cursor extensions)
{
    uint16_t type;
    struct cursor body;
    while (cursor_u16(&extensions, &type) && cursor_vector(&extensions, 2, &body)) {
        if (type == TLS_EXT_STATUS_REQUEST)
            chain_extras_add_status(extras, body);
        else if (type == TLS_EXT_SCT)
            chain_extras_add(extras, EXTRA_SCT_LIST, body);
    }
}

static bool ca_names_of_tls13(struct cursor body, struct cursor *names)
{
    uint16_t type;
    struct cursor request_context;
    struct cursor extensions;
    struct cursor extension;
    if (!cursor_vector(&body, 1, &request_context) || !cursor_vector(&body, 2, &extensions))
        return false;
    while (cursor_u16(&extensions, &type) && cursor_vector(&extensions, 2, &extension)) {
        if (type == TLS_EXT_CERTIFICATE_AUTHORITIES)
            return cursor_vector(&extension, 2, names);
    }
    return false;
}

static bool ca_names_before_tls13(struct cursor body, uint16_t tls_version, struct cursor *names)
{
    struct cursor types;
    struct cursor signatures;
    if (!cursor_vector(&body, 1, &types))
        return false;
    if (tls_version == TLS_VERSION_1_2 && !cursor_vector(&body, 2, &signatures))
        return false;
    return cursor_vector(&body, 2, names);
}

void chain_extras_add_request(struct chain_extras *extras, struct cursor body, uint16_t tls_version)
{
    struct cursor names;
    bool found = tls_version == TLS_VERSION_1_3 ? ca_names_of_tls13(body, &names)
                                                : ca_names_before_tls13(body, tls_version, &names);
    if (found)
        chain_extras_add(extras, EXTRA_CA_NAMES, names);
}

void chain_extras_move(struct chain_extras *extras, struct chain *to)
{
    struct raw *const raws[EXTRA_COUNT] = {
        [EXTRA_OCSP_RESPONSE] = &to->ocsp_response,
        [EXTRA_SCT_LIST] = &to->sct_list,
        [EXTRA_CA_NAMES] = &to->ca_names,
    };
    to->extras = extras->bytes.data;
    for (int i = 0; i < EXTRA_COUNT; i++) {
        if (extras->parts[i].len > 0)
            *raws[i] = (struct raw){to->extras + extras->parts[i].at, extras->parts[i].len};
    }
    *extras = (struct chain_extras){0};
}

void chain_extras_dispose(struct chain_extras *extras)
{
    buf_dispose(&extras->bytes);
    *extras = (struct chain_extras){0};
}
