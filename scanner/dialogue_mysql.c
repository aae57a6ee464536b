// SPDX-License-Identifier: Apache-2.0
/* MySQL and MariaDB: MySQL Internals, "Connection Phase": Protocol::HandshakeV10, Protocol::SSLRequest,
 * ERR_Packet. The request is not answered: TLS follows at once. */
#include <stdio.h>
#include <string.h>

#include "scanner/dialogue_inner.h"

#define PACKET_HEAD 4 /* length, 3 bytes with the least first; sequence number */

enum capability { /* CLIENT_... */
                  PROTOCOL_41 = 0x200,
                  SSL = 0x800,
                  SECURE_CONNECTION = 0x8000,
};

enum error {
    TOO_MANY_CONNECTIONS = 1040,
    HOST_IS_BLOCKED = 1129
}; /* ER_CON_COUNT_ERROR, ER_HOST_IS_BLOCKED */

static size_t packet_length(struct cursor bytes)
{
    return bytes.at[0] | (size_t)bytes.at[1] << 8 | (size_t)bytes.at[2] << 16;
}

static size_t measure(struct cursor bytes)
{
    if (bytes.left < PACKET_HEAD)
        return 0;
    size_t len = packet_length(bytes);
    if (len == 0 || len > DIALOGUE_MAX_LINE || bytes.at[3] > 1)
        return DIALOGUE_NOT_OURS;
    return PACKET_HEAD + len <= bytes.left ? PACKET_HEAD + len : 0;
}

static enum dialogue_verdict take_error(struct cursor payload, struct buf *out, struct lane_result *result)
{
    char why[32];
    struct cursor code = {NULL, 0};
    if (!cursor_bytes(&payload, 2, &code))
        return dialogue_refused(result, out, "", "error", payload);
    unsigned number = (unsigned)(code.at[0] | code.at[1] << 8);
    if (number == TOO_MANY_CONNECTIONS || number == HOST_IS_BLOCKED)
        return dialogue_throttled(result, out, "", payload);
    snprintf(why, sizeof why, "error %u", number);
    return dialogue_refused(result, out, "", why, payload);
}

/* version, NUL, thread id (4), salt (8), filler (1), the lower half of the capabilities (2) */
static bool take_capabilities(struct cursor payload, uint16_t *capabilities)
{
    struct cursor skipped;
    struct cursor number;
    const uint8_t *end = payload.left > 0 ? memchr(payload.at, '\0', payload.left) : NULL;
    if (end == NULL || !cursor_bytes(&payload, (size_t)(end - payload.at) + 1 + 4 + 8 + 1, &skipped) ||
        !cursor_bytes(&payload, 2, &number))
        return false;
    *capabilities = (uint16_t)(number.at[0] | number.at[1] << 8);
    return true;
}

static void put_request(struct buf *out, uint16_t offered)
{
    uint16_t wanted = (uint16_t)(PROTOCOL_41 | SSL | (offered & SECURE_CONNECTION));
    uint8_t packet[PACKET_HEAD + 32] = {32, 0, 0, 1, (uint8_t)wanted, (uint8_t)(wanted >> 8)};
    packet[PACKET_HEAD + 7] = 1;  /* largest packet: 16 MiB */
    packet[PACKET_HEAD + 8] = 33; /* utf8 */
    buf_append(out, packet, sizeof packet);
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor unit, struct buf *out,
                                  struct lane_result *result)
{
    struct cursor head;
    uint8_t version = 0;
    uint16_t capabilities;
    (void)dialogue;
    if (!cursor_bytes(&unit, PACKET_HEAD, &head) || !cursor_u8(&unit, &version))
        return dialogue_foreign(result, unit);
    if (version == 0xFF)
        return take_error(unit, out, result);
    if (version != 10)
        return dialogue_foreign(result, (struct cursor){head.at, PACKET_HEAD + 1 + unit.left});
    if (!take_capabilities(unit, &capabilities)) {
        lane_end(result, OUTCOME_MALFORMED, "a broken MySQL greeting");
        return DIALOGUE_END;
    }
    if ((capabilities & SSL) == 0)
        return dialogue_refused(result, out, "", "TLS is not offered", (struct cursor){NULL, 0});
    put_request(out, capabilities);
    return DIALOGUE_TLS;
}

const struct dialogue_protocol dialogue_mysql = {
    .number = PROTOCOL_MYSQL, .server_begins = true, .measure = measure, .take = take};
