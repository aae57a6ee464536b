// SPDX-License-Identifier: Apache-2.0
/* SMTP, and LMTP which greets with LHLO: RFC 5321, 3.2 and 4.1.1.1; RFC 3207; RFC 2033. */
#include "scanner/dialogue_inner.h"

#define FAREWELL "QUIT\r\n"

enum step { GREETING, HELLO, OLD_HELLO, STARTTLS };

#define OFFERED 0x100u /* in the step: STARTTLS was among the lines of the reply at hand */

static enum step step_of(const struct dialogue *dialogue)
{
    return (enum step)(dialogue->step & ~OFFERED);
}

/* "Later", or about who calls and not about what there is: "Security or Policy Status", RFC 3463, 3.8. */
static bool is_about_us(unsigned code, struct cursor line)
{
    struct cursor text = line;
    struct cursor skipped;
    return code / 100 == 4 ||
           (code / 100 == 5 && cursor_bytes(&text, 4, &skipped) && dialogue_begins(text, "5.7."));
}

static enum dialogue_verdict say(struct dialogue *dialogue, struct buf *out, enum step step,
                                 const char *command, const char *argument)
{
    buf_printf(out, argument != NULL ? "%s %s\r\n" : "%s\r\n", command, argument);
    dialogue->step = step;
    dialogue->lines = 0;
    return DIALOGUE_MORE;
}

static enum dialogue_verdict after_hello(struct dialogue *dialogue, unsigned code, struct cursor line,
                                         struct buf *out, struct lane_result *result)
{
    bool is_smtp = dialogue->protocol->number == PROTOCOL_SMTP;
    if (code >= 500 && dialogue->is_guess)
        return dialogue_guess_again(dialogue, line, out, result);
    if (code >= 500 && is_smtp)
        return say(dialogue, out, OLD_HELLO, "HELO", dialogue->names->own);
    if (code != 250)
        return dialogue_refused(result, out, FAREWELL, "", line);
    if ((dialogue->step & OFFERED) == 0)
        return dialogue_refused(result, out, FAREWELL, "STARTTLS is not offered", (struct cursor){NULL, 0});
    return say(dialogue, out, STARTTLS, "STARTTLS", NULL);
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor line, struct buf *out,
                                  struct lane_result *result)
{
    unsigned code;
    bool last;
    bool is_smtp = dialogue->protocol->number == PROTOCOL_SMTP;
    if (!dialogue_reply(line, &code, &last))
        return dialogue_foreign(result, line);
    if (dialogue->step == HELLO && code == 250 && dialogue_word_is(line, 4, "STARTTLS"))
        dialogue->step |= OFFERED;
    if (!last)
        return DIALOGUE_MORE;
    if (code == 421 || (is_about_us(code, line) && step_of(dialogue) != STARTTLS)) /* RFC 5321, 4.2.1 */
        return dialogue_throttled(result, out, FAREWELL, line);
    switch (step_of(dialogue)) {
    case GREETING:
        if (code != 220)
            return dialogue_refused(result, out, FAREWELL, "", line);
        return say(dialogue, out, HELLO, is_smtp ? "EHLO" : "LHLO", dialogue->names->own);
    case HELLO:
        return after_hello(dialogue, code, line, out, result);
    case OLD_HELLO: /* which lists nothing: so it is just tried */
        if (code != 250)
            return dialogue_refused(result, out, FAREWELL, "", line);
        return say(dialogue, out, STARTTLS, "STARTTLS", NULL);
    case STARTTLS:
        break;
    }
    return code == 220 ? DIALOGUE_TLS : dialogue_refused(result, out, FAREWELL, "", line);
}

const struct dialogue_protocol dialogue_smtp = {.number = PROTOCOL_SMTP,
                                                .server_begins = true,
                                                .is_text = true,
                                                .measure = dialogue_measure_line,
                                                .take = take};
const struct dialogue_protocol dialogue_lmtp = {.number = PROTOCOL_LMTP,
                                                .server_begins = true,
                                                .is_text = true,
                                                .measure = dialogue_measure_line,
                                                .take = take};
