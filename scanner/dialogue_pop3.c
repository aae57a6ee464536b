// SPDX-License-Identifier: Apache-2.0
/* POP3: RFC 1939, 3 and 4; RFC 2595, 4. */
#include "scanner/dialogue_inner.h"

enum step { GREETING, STLS };

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor line, struct buf *out,
                                  struct lane_result *result)
{
    if (dialogue_begins(line, "-ERR") && dialogue->step == GREETING) /* to anybody, whatever it asks for */
        return dialogue_throttled(result, out, "QUIT\r\n", line);
    if (dialogue_begins(line, "-ERR"))
        return dialogue_refused(result, out, "QUIT\r\n", "", line);
    if (!dialogue_begins(line, "+OK"))
        return dialogue_foreign(result, line);
    if (dialogue->step == STLS)
        return DIALOGUE_TLS;
    buf_append_str(out, "STLS\r\n");
    dialogue->step = STLS;
    return DIALOGUE_MORE;
}

const struct dialogue_protocol dialogue_pop3 = {.number = PROTOCOL_POP3,
                                                .server_begins = true,
                                                .is_text = true,
                                                .measure = dialogue_measure_line,
                                                .take = take};
