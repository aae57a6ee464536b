// SPDX-License-Identifier: Apache-2.0
/* ManageSieve: RFC 5804, 1.2, 1.7 and 2.2. The greeting is the list of capabilities, in which strings may be
 * literals: `{5}`, a line end, and five bytes that may be line ends too. */
#include <string.h>

#include "scanner/dialogue_inner.h"

enum step { CAPABILITIES, STARTTLS };

#define OFFERED 0x100u

/* What a literal at the end of a line announces; 0 = there is none. */
static size_t literal_size(struct cursor line)
{
    size_t size = 0;
    size_t at = line.left;
    while (at > 0 && (line.at[at - 1] == '\n' || line.at[at - 1] == '\r'))
        at--;
    if (at < 3 || line.at[at - 1] != '}')
        return 0;
    size_t end = at - 1 - (line.at[at - 2] == '+');
    for (at = end; at > 0 && line.at[at - 1] >= '0' && line.at[at - 1] <= '9';)
        at--;
    if (at == end || at == 0 || line.at[at - 1] != '{' || end - at > 5)
        return 0;
    for (; at < end; at++)
        size = size * 10 + (size_t)(line.at[at] - '0');
    return size;
}

/* A line with its literals and what follows them. */
static size_t measure(struct cursor bytes)
{
    size_t len = 0;
    for (;;) {
        struct cursor rest = {bytes.at + len, bytes.left - len};
        size_t line = dialogue_measure_line(rest);
        if (line == 0)
            return 0;
        size_t literal = literal_size((struct cursor){rest.at, line});
        len += line + literal;
        if (literal == 0 || len > bytes.left)
            return len > bytes.left ? 0 : len;
    }
}

/* The line begins with `name` as a string, quoted or literal. */
static bool is_capability(struct cursor line, const char *name)
{
    size_t len = strlen(name);
    size_t head = dialogue_measure_line(line);
    struct cursor rest = line;
    struct cursor announced;
    if (dialogue_begins(line, "\""))
        return cursor_bytes(&rest, 1, &announced) && dialogue_begins(rest, name) && rest.left > len &&
               rest.at[len] == '"';
    return dialogue_begins(line, "{") && cursor_bytes(&rest, head, &announced) &&
           literal_size(announced) == len && dialogue_begins(rest, name);
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor line, struct buf *out,
                                  struct lane_result *result)
{
    if (dialogue_word_is(line, 0, "BYE")) /* it closes the connection: RFC 5804, 1.3 */
        return dialogue_throttled(result, out, "", line);
    if (dialogue_word_is(line, 0, "NO"))
        return dialogue_refused(result, out, "LOGOUT\r\n", "", line);
    if (dialogue_word_is(line, 0, "OK") && (dialogue->step & ~OFFERED) == STARTTLS)
        return DIALOGUE_TLS;
    if (dialogue_word_is(line, 0, "OK")) {
        if ((dialogue->step & OFFERED) == 0)
            return dialogue_refused(result, out, "LOGOUT\r\n", "STARTTLS is not offered",
                                    (struct cursor){NULL, 0});
        buf_append_str(out, "STARTTLS\r\n");
        dialogue->step = STARTTLS;
        return DIALOGUE_MORE;
    }
    if (!dialogue_begins(line, "\"") && !dialogue_begins(line, "{"))
        return dialogue_foreign(result, line);
    if (is_capability(line, "STARTTLS"))
        dialogue->step |= OFFERED;
    return DIALOGUE_MORE;
}

const struct dialogue_protocol dialogue_sieve = {
    .number = PROTOCOL_SIEVE, .server_begins = true, .is_text = true, .measure = measure, .take = take};
