// SPDX-License-Identifier: Apache-2.0
/* Microsoft SQL Server: [MS-TDS] 2.2.3.1 (packet header), 2.2.6.5 (PRELOGIN). TLS follows inside packets of
 * this protocol until its handshake is done. */
#include "scanner/dialogue_inner.h"

#define PACKET_HEAD    8 /* type, status, length (2), channel (2), number, window */
#define PACKET_MAX     4096
#define END_OF_MESSAGE 1

enum packet_type { TABULAR_RESULT = 0x04, PRELOGIN = 0x12 };
enum option { VERSION = 0, ENCRYPTION = 1, TERMINATOR = 0xFF };
enum encryption { ENCRYPT_NOT_SUP = 2 };

static void put_packet(struct buf *out, const uint8_t *bytes, size_t len, bool is_last)
{
    size_t whole = PACKET_HEAD + len;
    const uint8_t head[PACKET_HEAD] = {
        PRELOGIN, is_last ? END_OF_MESSAGE : 0, (uint8_t)(whole >> 8), (uint8_t)whole, 0, 0, 1, 0};
    buf_append(out, head, sizeof head);
    buf_append(out, bytes, len);
}

static void begin(struct dialogue *dialogue, struct buf *out)
{
    static const uint8_t options[] = {
        VERSION,    0, 16, 0, 6,    /* each: token, place, length */
        ENCRYPTION, 0, 22, 0, 1,    /* */
        2,          0, 23, 0, 1,    /* INSTOPT */
        TERMINATOR,                 /* what they point to follows: */
        16,         0, 0,  0, 0, 0, /* a client of SQL Server 2022 */
        1,                          /* ENCRYPT_ON */
        0,                          /* whatever instance */
    };
    (void)dialogue;
    put_packet(out, options, sizeof options, true);
}

static bool is_packet_type(uint8_t type)
{
    return type == TABULAR_RESULT || type == PRELOGIN;
}

static size_t measure(struct cursor bytes)
{
    if (bytes.left > 0 && !is_packet_type(bytes.at[0]))
        return DIALOGUE_NOT_OURS;
    if (bytes.left < PACKET_HEAD)
        return 0;
    size_t len = (size_t)bytes.at[2] << 8 | bytes.at[3];
    if (len <= PACKET_HEAD || len > PACKET_MAX)
        return DIALOGUE_NOT_OURS;
    return len <= bytes.left ? len : 0;
}

/* The value of the option; false where the reply is none. */
static bool find_encryption(struct cursor reply, uint8_t *value)
{
    struct cursor options = reply;
    uint8_t token;
    while (cursor_u8(&options, &token) && token != TERMINATOR) {
        uint16_t place;
        uint16_t len;
        if (!cursor_u16(&options, &place) || !cursor_u16(&options, &len))
            return false;
        if (token == ENCRYPTION && len >= 1 && place < reply.left) {
            *value = reply.at[place];
            return true;
        }
    }
    return false;
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor unit, struct buf *out,
                                  struct lane_result *result)
{
    struct cursor head = {NULL, 0};
    uint8_t encryption;
    (void)dialogue;
    cursor_bytes(&unit, PACKET_HEAD, &head);
    if (!find_encryption(unit, &encryption))
        return dialogue_foreign(result, (struct cursor){head.at, PACKET_HEAD + unit.left});
    if (encryption == ENCRYPT_NOT_SUP)
        return dialogue_refused(result, out, "", "TLS is not offered", (struct cursor){NULL, 0});
    return DIALOGUE_TLS;
}

static void wrap(struct cursor tls, struct buf *out)
{
    while (tls.left > 0) {
        struct cursor part = {NULL, 0};
        cursor_bytes(&tls, tls.left < PACKET_MAX - PACKET_HEAD ? tls.left : PACKET_MAX - PACKET_HEAD, &part);
        put_packet(out, part.at, part.left, tls.left == 0);
    }
}

static bool measure_wrapping(const uint8_t *head, size_t *len)
{
    size_t whole = (size_t)head[2] << 8 | head[3];
    *len = whole - PACKET_HEAD;
    return is_packet_type(head[0]) && whole > PACKET_HEAD;
}

static const struct dialogue_wrapping in_packets = {PACKET_HEAD, wrap, measure_wrapping};

const struct dialogue_protocol dialogue_tds = {
    .number = PROTOCOL_TDS, .measure = measure, .begin = begin, .take = take, .wrapping = &in_packets};
