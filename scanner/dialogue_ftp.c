// SPDX-License-Identifier: Apache-2.0
/* FTP: RFC 959, 4.2 and 5.4; RFC 4217, 4. A reply that began with "ddd-" ends with "ddd " of the same digits;
 * lines between them may be anything. */
#include "scanner/dialogue_inner.h"

enum step { GREETING, AUTH };

#define INSIDE 0x100u /* times the code of a reply that is not over: on top of the step */

static enum dialogue_verdict take_reply(struct dialogue *dialogue, unsigned code, struct cursor line,
                                        struct buf *out, struct lane_result *result)
{
    /* "service not available, closing control connection", at any time; too many clients, or a ban, as a
     * greeting */
    if (code == 421 || (code == 530 && dialogue->step == GREETING))
        return dialogue_throttled(result, out, "QUIT\r\n", line);
    if (dialogue->step == AUTH)
        return code == 234 || code == 334 /* drafts of RFC 4217, and what was built from them */
                   ? DIALOGUE_TLS
                   : dialogue_refused(result, out, "QUIT\r\n", "", line);
    if (code == 120) /* "service ready in nnn minutes": the real greeting follows */
        return DIALOGUE_MORE;
    if (code != 220)
        return dialogue_refused(result, out, "QUIT\r\n", "", line);
    buf_append_str(out, "AUTH TLS\r\n");
    dialogue->step = AUTH;
    dialogue->lines = 0;
    return DIALOGUE_MORE;
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor line, struct buf *out,
                                  struct lane_result *result)
{
    unsigned code;
    bool last;
    unsigned inside = dialogue->step / INSIDE;
    bool is_reply = dialogue_reply(line, &code, &last);
    if (inside != 0 && (!is_reply || !last || code != inside))
        return DIALOGUE_MORE;
    if (!is_reply)
        return dialogue_foreign(result, line);
    dialogue->step %= INSIDE;
    if (last)
        return take_reply(dialogue, code, line, out, result);
    dialogue->step += INSIDE * code;
    return DIALOGUE_MORE;
}

const struct dialogue_protocol dialogue_ftp = {.number = PROTOCOL_FTP,
                                               .server_begins = true,
                                               .is_text = true,
                                               .measure = dialogue_measure_line,
                                               .take = take};
