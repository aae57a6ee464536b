// SPDX-License-Identifier: Apache-2.0
/* LDAP: RFC 4511, 4.12 and 4.14 (StartTLS), 4.3 (unbind), in BER. */
#include <stdio.h>
#include <string.h>

#include "scanner/dialogue_inner.h"

enum code { BUSY = 51, UNAVAILABLE = 52 };
enum ber_tag {
    BER_INTEGER = 0x02,
    BER_ENUMERATED = 0x0A,
    BER_SEQUENCE = 0x30,
    LDAP_EXTENDED_RESPONSE = 0x78,
};

static const uint8_t unbind[] = {BER_SEQUENCE, 5, BER_INTEGER, 1, 2, 0x42, 0};

static void begin(struct dialogue *dialogue, struct buf *out)
{
    static const char oid[] = "1.3.6.1.4.1.1466.20037";
    const uint8_t head[] = {
        BER_SEQUENCE, 7 + sizeof oid - 1, BER_INTEGER, 1, 1, 0x77 /* ExtendedRequest */, 2 + sizeof oid - 1,
        0x80,         sizeof oid - 1};
    (void)dialogue;
    buf_append(out, head, sizeof head);
    buf_append(out, oid, sizeof oid - 1);
}

/* One element: tag, definite length of up to four bytes, content. */
static bool take_element(struct cursor *from, uint8_t *tag, struct cursor *content)
{
    uint8_t first;
    uint32_t len;
    if (!cursor_u8(from, tag) || !cursor_u8(from, &first))
        return false;
    len = first;
    if (first > 0x84 || first == 0x80)
        return false;
    if (first > 0x80 && !cursor_number(from, first & 0x7Fu, &len))
        return false;
    return cursor_bytes(from, len, content);
}

static size_t measure(struct cursor bytes)
{
    struct cursor head = bytes;
    uint8_t tag = 0;
    uint8_t first;
    uint32_t len;
    if (bytes.left > 0 && bytes.at[0] != BER_SEQUENCE)
        return DIALOGUE_NOT_OURS;
    if (!cursor_u8(&head, &tag) || !cursor_u8(&head, &first))
        return 0;
    len = first;
    if (first > 0x84 || first == 0x80)
        return DIALOGUE_NOT_OURS;
    if (first > 0x80 && !cursor_number(&head, first & 0x7Fu, &len))
        return 0;
    size_t whole = bytes.left - head.left + len;
    return whole <= bytes.left ? whole : 0;
}

/* RFC 4511, 4.1.9; the ones that servers give. */
static const char *code_name(uint8_t code)
{
    static const char *const names[] = {
        [1] = "operationsError",
        [2] = "protocolError",
        [8] = "strongerAuthRequired",
        [13] = "confidentialityRequired",
        [50] = "insufficientAccessRights",
        [BUSY] = "busy",
        [UNAVAILABLE] = "unavailable",
        [53] = "unwillingToPerform",
        [80] = "other",
    };
    const char *name = code < sizeof names / sizeof names[0] ? names[code] : NULL;
    return name != NULL ? name : "refused";
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor unit, struct buf *out,
                                  struct lane_result *result)
{
    struct cursor message;
    struct cursor id;
    struct cursor response;
    struct cursor code;
    uint8_t tag;
    char why[64];
    (void)dialogue;
    bool fits = take_element(&unit, &tag, &message) && take_element(&message, &tag, &id) &&
                tag == BER_INTEGER && take_element(&message, &tag, &response) &&
                tag == LDAP_EXTENDED_RESPONSE && take_element(&response, &tag, &code) &&
                tag == BER_ENUMERATED && code.left == 1;
    if (!fits) {
        lane_end(result, OUTCOME_MALFORMED, "an LDAP answer that is none to StartTLS");
        return DIALOGUE_END;
    }
    if (code.at[0] == 0)
        return DIALOGUE_TLS;
    snprintf(why, sizeof why, "%s (%u)", code_name(code.at[0]), code.at[0]);
    if (code.at[0] == BUSY || code.at[0] == UNAVAILABLE)
        dialogue_throttled(result, out, "", (struct cursor){(const uint8_t *)why, strlen(why)});
    else
        dialogue_refused(result, out, "", why, (struct cursor){NULL, 0});
    buf_append(out, unbind, sizeof unbind);
    return DIALOGUE_END;
}

const struct dialogue_protocol dialogue_ldap = {
    .number = PROTOCOL_LDAP, .measure = measure, .begin = begin, .take = take};
