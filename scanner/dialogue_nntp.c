// SPDX-License-Identifier: Apache-2.0
/* NNTP: RFC 3977, 5.1; RFC 4642, 2.2. */
#include "scanner/dialogue_inner.h"

enum step { GREETING, STARTTLS };

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor line, struct buf *out,
                                  struct lane_result *result)
{
    unsigned code;
    bool last;
    if (!dialogue_reply(line, &code, &last))
        return dialogue_foreign(result, line);
    if (code == 400) /* "service temporarily unavailable", RFC 3977, 3.2.1 */
        return dialogue_throttled(result, out, "QUIT\r\n", line);
    if (dialogue->step == STARTTLS)
        return code == 382 ? DIALOGUE_TLS : dialogue_refused(result, out, "QUIT\r\n", "", line);
    if (code != 200 && code != 201)
        return dialogue_refused(result, out, "QUIT\r\n", "", line);
    buf_append_str(out, "STARTTLS\r\n");
    dialogue->step = STARTTLS;
    return DIALOGUE_MORE;
}

const struct dialogue_protocol dialogue_nntp = {.number = PROTOCOL_NNTP,
                                                .server_begins = true,
                                                .is_text = true,
                                                .measure = dialogue_measure_line,
                                                .take = take};
