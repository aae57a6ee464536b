// SPDX-License-Identifier: Apache-2.0
/* PostgreSQL: manual, "Frontend/Backend Protocol", SSL Session Encryption: one byte answers the request, or
 * an ErrorResponse of a server too old or too busy for it. */
#include <string.h>

#include "scanner/dialogue_inner.h"

#define ERROR_HEAD 5 /* 'E' and a length that counts itself */

static void begin(struct dialogue *dialogue, struct buf *out)
{
    static const uint8_t request[] = {0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F};
    (void)dialogue;
    buf_append(out, request, sizeof request);
}

static size_t measure(struct cursor bytes)
{
    uint32_t len;
    struct cursor from = bytes;
    struct cursor type;
    if (bytes.left == 0)
        return 0;
    if (bytes.at[0] == 'S' || bytes.at[0] == 'N')
        return 1;
    if (bytes.at[0] != 'E')
        return DIALOGUE_NOT_OURS;
    if (!cursor_bytes(&from, 1, &type) || !cursor_number(&from, 4, &len))
        return 0;
    if (len < 4 || len > DIALOGUE_MAX_LINE)
        return dialogue_measure_line(bytes); /* text of a server that has no version yet, or of an old one */
    return len + 1 <= bytes.left ? len + 1 : 0;
}

/* A field by its type (M the message, C the code) among fields that each end with NUL. */
static struct cursor find_field(struct cursor fields, uint8_t type)
{
    while (fields.left > 1) {
        struct cursor field = {NULL, 0};
        const uint8_t *end = memchr(fields.at, '\0', fields.left);
        size_t len = end != NULL ? (size_t)(end - fields.at) : fields.left;
        cursor_bytes(&fields, len, &field);
        if (field.left > 1 && field.at[0] == type)
            return (struct cursor){field.at + 1, field.left - 1};
        if (end != NULL)
            cursor_bytes(&fields, 1, &field);
    }
    return (struct cursor){NULL, 0};
}

/* insufficient_resources, cannot_connect_now: manual, appendix "PostgreSQL Error Codes" */
static bool is_about_now(struct cursor code)
{
    return dialogue_begins(code, "53") || dialogue_begins(code, "57P03");
}

/* The postmaster itself says it where it cannot start a process: report_fork_failure_to_client() in its
 * source.
 */
static enum dialogue_verdict take_text(struct cursor line, struct buf *out, struct lane_result *result)
{
    struct cursor type;
    line = dialogue_without_line_end(line);
    cursor_bytes(&line, 1, &type);
    if (dialogue_begins(line, "could not fork"))
        return dialogue_throttled(result, out, "", line);
    return dialogue_refused(result, out, "", "error", line);
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor unit, struct buf *out,
                                  struct lane_result *result)
{
    struct cursor head;
    (void)dialogue;
    if (unit.at[0] == 'S')
        return DIALOGUE_TLS;
    if (unit.at[0] == 'N')
        return dialogue_refused(result, out, "", "TLS is not offered", (struct cursor){NULL, 0});
    if (unit.at[unit.left - 1] == '\n')
        return take_text(unit, out, result);
    cursor_bytes(&unit, ERROR_HEAD, &head);
    if (is_about_now(find_field(unit, 'C')))
        return dialogue_throttled(result, out, "", find_field(unit, 'M'));
    return dialogue_refused(result, out, "", "error", find_field(unit, 'M'));
}

const struct dialogue_protocol dialogue_postgres = {
    .number = PROTOCOL_POSTGRES, .measure = measure, .begin = begin, .take = take};
