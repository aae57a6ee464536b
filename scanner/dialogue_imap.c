// SPDX-License-Identifier: Apache-2.0
/* IMAP: RFC 3501, 7.1 and 6.2.1. The command is tried at once; a server without it says so. */
#include "scanner/dialogue_inner.h"

enum step { GREETING, STARTTLS };

static enum dialogue_verdict take_greeting(struct dialogue *dialogue, struct cursor line, struct buf *out,
                                           struct lane_result *result)
{
    if (dialogue_begins(line, "* OK")) {
        buf_append_str(out, "a1 STARTTLS\r\n");
        dialogue->step = STARTTLS;
        return DIALOGUE_MORE;
    }
    if (dialogue_begins(line, "* BYE")) /* to this client, now: RFC 3501, 7.1.5 */
        return dialogue_throttled(result, out, "a2 LOGOUT\r\n", line);
    if (dialogue_begins(line, "* PREAUTH"))
        return dialogue_refused(result, out, "a2 LOGOUT\r\n", "", line);
    return dialogue_foreign(result, line);
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor line, struct buf *out,
                                  struct lane_result *result)
{
    if (dialogue->step == GREETING)
        return take_greeting(dialogue, line, out, result);
    if (dialogue_begins(line, "* BYE"))
        return dialogue_throttled(result, out, "", line);
    if (dialogue_begins(line, "* "))
        return DIALOGUE_MORE; /* untagged: about something else */
    if (dialogue_begins(line, "a1 OK"))
        return DIALOGUE_TLS;
    if (dialogue_begins(line, "a1 "))
        return dialogue_refused(result, out, "a2 LOGOUT\r\n", "", line);
    return dialogue_foreign(result, line);
}

const struct dialogue_protocol dialogue_imap = {.number = PROTOCOL_IMAP,
                                                .server_begins = true,
                                                .is_text = true,
                                                .measure = dialogue_measure_line,
                                                .take = take};
