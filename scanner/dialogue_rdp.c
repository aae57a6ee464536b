// SPDX-License-Identifier: Apache-2.0
/* RDP: [MS-RDPBCGR] 2.2.1.1 and 2.2.1.2: an X.224 connection request in a TPKT that asks for TLS, and the
 * confirmation that grants it or says why not. */
#include <stdio.h>

#include "scanner/dialogue_inner.h"

#define TPKT_HEAD 4

enum negotiation { NEGOTIATION_RESPONSE = 2, NEGOTIATION_FAILURE = 3 };

static void begin(struct dialogue *dialogue, struct buf *out)
{
    static const uint8_t request[] = {
        3,  0,    0, 19,             /* TPKT: version, 0, length */
        14, 0xE0, 0, 0,  0, 0, 0,    /* X.224 CR, class 0 */
        1,  0,    8, 0,  3, 0, 0, 0, /* RDP_NEG_REQ: PROTOCOL_SSL, PROTOCOL_HYBRID (TLS first too) */
    };
    (void)dialogue;
    buf_append(out, request, sizeof request);
}

static size_t measure(struct cursor bytes)
{
    if (bytes.left > 0 && bytes.at[0] != 3)
        return DIALOGUE_NOT_OURS;
    if (bytes.left < TPKT_HEAD)
        return 0;
    size_t len = (size_t)bytes.at[2] << 8 | bytes.at[3];
    if (len < TPKT_HEAD + 7 || len > 1024)
        return DIALOGUE_NOT_OURS;
    return len <= bytes.left ? len : 0;
}

static const char *failure_name(uint8_t code)
{
    static const char *const names[] = {
        [1] = "SSL_REQUIRED_BY_SERVER",    [2] = "SSL_NOT_ALLOWED_BY_SERVER",
        [3] = "SSL_CERT_NOT_ON_SERVER",    [4] = "INCONSISTENT_FLAGS",
        [5] = "HYBRID_REQUIRED_BY_SERVER", [6] = "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
    };
    const char *name = code < sizeof names / sizeof names[0] ? names[code] : NULL;
    return name != NULL ? name : "negotiation failed";
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor unit, struct buf *out,
                                  struct lane_result *result)
{
    struct cursor head = {NULL, 0};
    const struct cursor nothing = {NULL, 0};
    uint8_t type = 0;
    (void)dialogue;
    cursor_bytes(&unit, TPKT_HEAD, &head);
    if (unit.at[1] != 0xD0) /* X.224 CC */
        return dialogue_foreign(result, (struct cursor){head.at, TPKT_HEAD + unit.left});
    cursor_bytes(&unit, 7, &head);
    if (unit.left < 8 || !cursor_u8(&unit, &type))
        return dialogue_refused(result, out, "", "standard RDP security only", nothing);
    uint8_t value = unit.at[3]; /* behind flags and length; the least byte of four */
    if (type == NEGOTIATION_FAILURE)
        return dialogue_refused(result, out, "", failure_name(value), nothing);
    if (type != NEGOTIATION_RESPONSE || value == 0)
        return dialogue_refused(result, out, "", "standard RDP security only", nothing);
    return DIALOGUE_TLS;
}

const struct dialogue_protocol dialogue_rdp = {
    .number = PROTOCOL_RDP, .measure = measure, .begin = begin, .take = take};
