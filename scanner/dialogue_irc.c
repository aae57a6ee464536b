// SPDX-License-Identifier: Apache-2.0
/* IRC: RFC 1459, 2.3; the STARTTLS command of IRCv3 ("tls" capability, deprecated and still spoken): 670 says
 * yes, 691 no. */
#include "scanner/dialogue_inner.h"

static void begin(struct dialogue *dialogue, struct buf *out)
{
    (void)dialogue;
    buf_append_str(out, "STARTTLS\r\n");
}

/* Where the command or number stands: behind the prefix `:server `, if there is one. */
static size_t command_at(struct cursor line)
{
    size_t at = 0;
    if (line.left == 0 || line.at[0] != ':')
        return 0;
    while (at < line.left && line.at[at] != ' ')
        at++;
    while (at < line.left && line.at[at] == ' ')
        at++;
    return at;
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor line, struct buf *out,
                                  struct lane_result *result)
{
    size_t at = command_at(line);
    (void)dialogue;
    if (dialogue_word_is(line, at, "670"))
        return DIALOGUE_TLS;
    if (dialogue_word_is(line, at, "NOTICE") || dialogue_word_is(line, at, "020") ||
        dialogue_word_is(line, at, "PING"))
        return DIALOGUE_MORE;                /* while it looks us up */
    if (dialogue_word_is(line, at, "ERROR")) /* it closes the connection: RFC 1459, 4.6.4 */
        return dialogue_throttled(result, out, "", line);
    if (dialogue_word_is(line, at, "465")) /* ERR_YOUREBANNEDCREEP */
        return dialogue_throttled(result, out, "QUIT\r\n", line);
    if (dialogue_word_is(line, at, "691") || dialogue_word_is(line, at, "421") ||
        dialogue_word_is(line, at, "451"))
        return dialogue_refused(result, out, "QUIT\r\n", "", line);
    return dialogue_foreign(result, line);
}

const struct dialogue_protocol dialogue_irc = {
    .number = PROTOCOL_IRC, .is_text = true, .measure = dialogue_measure_line, .begin = begin, .take = take};
