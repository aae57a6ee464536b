// SPDX-License-Identifier: Apache-2.0
#include "scanner/dialogue.h"

#include <stdio.h>
#include <string.h>

#include "scanner/classify.h"
#include "scanner/dialogue_inner.h"

static const struct dialogue_protocol *const protocols[] = {
    &dialogue_smtp,        &dialogue_lmtp, &dialogue_imap,     &dialogue_pop3,
    &dialogue_ftp,         &dialogue_nntp, &dialogue_sieve,    &dialogue_xmpp,
    &dialogue_xmpp_server, &dialogue_ldap, &dialogue_postgres, &dialogue_mysql,
    &dialogue_rdp,         &dialogue_irc,  &dialogue_tds,      &dialogue_auto,
};

const struct dialogue_protocol *dialogue_find(enum protocol protocol)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (protocols[i]->number == protocol)
            return protocols[i];
    }
    return NULL;
}

bool dialogue_is_greeted(enum protocol protocol)
{
    const struct dialogue_protocol *found = dialogue_find(protocol);
    return found != NULL && found->server_begins;
}

void dialogue_begin(struct dialogue *dialogue, enum protocol protocol, const struct dialogue_names *names)
{
    *dialogue = (struct dialogue){.protocol = dialogue_find(protocol), .names = names};
}

void dialogue_dispose(struct dialogue *dialogue)
{
    buf_dispose(&dialogue->part);
}

struct cursor dialogue_without_line_end(struct cursor line)
{
    if (line.left > 0 && line.at[line.left - 1] == '\n')
        line.left--;
    if (line.left > 0 && line.at[line.left - 1] == '\r')
        line.left--;
    return line;
}

/* Units of `bytes` until there is a verdict; what is left of them is an unfinished unit. */
static enum dialogue_verdict take_units(struct dialogue *dialogue, struct cursor *bytes, struct buf *out,
                                        struct lane_result *result)
{
    while (bytes->left > 0) {
        const struct dialogue_protocol *protocol = dialogue->protocol; /* which a unit may settle */
        struct cursor unit;
        size_t len = protocol->measure(*bytes);
        if (len == DIALOGUE_NOT_OURS)
            return dialogue_foreign(result, *bytes);
        if (len == 0 || len > DIALOGUE_MAX_LINE || !cursor_bytes(bytes, len, &unit))
            break;
        if (protocol->is_text)
            unit = dialogue_without_line_end(unit);
        if (++dialogue->lines > DIALOGUE_MAX_LINES) {
            lane_end(result, OUTCOME_TOO_LARGE, "a reply of too many lines");
            return DIALOGUE_END;
        }
        enum dialogue_verdict verdict = protocol->take(dialogue, unit, out, result);
        if (verdict != DIALOGUE_MORE)
            return verdict;
    }
    if (bytes->left <= DIALOGUE_MAX_LINE)
        return DIALOGUE_MORE;
    lane_end(result, OUTCOME_TOO_LARGE, "a line or packet beyond the limit");
    return DIALOGUE_END;
}

static enum dialogue_verdict take_bytes(struct dialogue *dialogue, struct cursor in, struct buf *out,
                                        struct lane_result *result)
{
    struct buf *part = &dialogue->part;
    struct cursor bytes = in;
    if (part->len > 0) {
        buf_append(part, in.at, in.left);
        bytes = (struct cursor){part->data, part->len};
    }
    enum dialogue_verdict verdict = take_units(dialogue, &bytes, out, result);
    dialogue->injected = verdict == DIALOGUE_TLS && bytes.left > 0;
    if (verdict == DIALOGUE_TLS)
        buf_reset(part);
    else if (verdict == DIALOGUE_MORE && part->len > 0)
        buf_consume(part, part->len - bytes.left);
    else if (verdict == DIALOGUE_MORE)
        buf_append(part, bytes.at, bytes.left);
    if (verdict != DIALOGUE_MORE || part->err == CS_OK)
        return verdict;
    lane_end(result, OUTCOME_LOCAL_ERROR, "out of memory");
    return DIALOGUE_END;
}

enum dialogue_verdict dialogue_step(struct dialogue *dialogue, const uint8_t *in, size_t in_len,
                                    struct buf *out, struct lane_result *result)
{
    if (in_len == 0) {
        if (dialogue->protocol->begin != NULL)
            dialogue->protocol->begin(dialogue, out);
        return DIALOGUE_MORE;
    }
    dialogue->received += in_len;
    if (dialogue->received > DIALOGUE_MAX_BYTES) {
        lane_end(result, OUTCOME_TOO_LARGE, "more than the limit before TLS");
        return DIALOGUE_END;
    }
    enum dialogue_verdict verdict = take_bytes(dialogue, (struct cursor){in, in_len}, out, result);
    dialogue->has_spoken |= out->len > 0;
    return verdict;
}

enum protocol dialogue_protocol(const struct dialogue *dialogue)
{
    return dialogue->protocol->number;
}

bool dialogue_is_listening(const struct dialogue *dialogue)
{
    return dialogue->protocol == &dialogue_auto && dialogue->received == 0 && !dialogue->will_greet;
}

bool dialogue_awaits_greeting(const struct dialogue *dialogue)
{
    bool is_auto = dialogue->protocol == &dialogue_auto;
    bool has_begun = dialogue->received > 0 ? dialogue->step != 0 /* a reply of many lines */
                                            : dialogue->will_greet;
    return dialogue->protocol->server_begins && !dialogue->has_spoken && (!is_auto || has_begun);
}

enum dialogue_verdict dialogue_silence(struct dialogue *dialogue, struct lane_result *result)
{
    if (dialogue_is_listening(dialogue))
        return DIALOGUE_TLS;
    if (dialogue->protocol != &dialogue_auto || dialogue->part.len == 0)
        return DIALOGUE_MORE;
    return dialogue_foreign(result, (struct cursor){dialogue->part.data, dialogue->part.len});
}

/* ---- packets around TLS ---- */

bool dialogue_wraps(const struct dialogue *dialogue)
{
    return dialogue->protocol != NULL && dialogue->protocol->wrapping != NULL;
}

void dialogue_wrap(const struct dialogue *dialogue, struct cursor tls, struct buf *out)
{
    dialogue->protocol->wrapping->wrap(tls, out);
}

/* A head that has not come whole waits in `part`. */
bool dialogue_unwrap(struct dialogue *dialogue, struct cursor *in, struct cursor *tls,
                     enum dialogue_verdict *verdict)
{
    const struct dialogue_wrapping *wrapping = dialogue->protocol->wrapping;
    struct buf *head = &dialogue->part;
    *verdict = DIALOGUE_MORE;
    while (in->left > 0 && dialogue->carried == 0) {
        size_t missing = wrapping->head - head->len;
        struct cursor piece = {NULL, 0};
        cursor_bytes(in, in->left < missing ? in->left : missing, &piece);
        buf_append(head, piece.at, piece.left);
        if (head->err == CS_OK && head->len < wrapping->head)
            break;
        if (head->err != CS_OK || !wrapping->measure(head->data, &dialogue->carried)) {
            *verdict = DIALOGUE_END;
            return false;
        }
        buf_reset(head);
    }
    if (in->left == 0)
        return false;
    size_t len = in->left < dialogue->carried ? in->left : dialogue->carried;
    dialogue->carried -= len;
    return cursor_bytes(in, len, tls);
}

/* ---- for the protocols ---- */

size_t dialogue_measure_line(struct cursor bytes)
{
    const uint8_t *end = memchr(bytes.at, '\n', bytes.left);
    return end != NULL ? (size_t)(end - bytes.at) + 1 : 0;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool dialogue_begins(struct cursor line, const char *text)
{
    size_t i = 0;
    while (text[i] != '\0' && i < line.left && lower(line.at[i]) == lower((uint8_t)text[i]))
        i++;
    return text[i] == '\0';
}

bool dialogue_word_is(struct cursor line, size_t at, const char *word)
{
    struct cursor rest;
    if (!cursor_bytes(&line, at, &rest) || !dialogue_begins(line, word))
        return false;
    size_t len = strlen(word);
    return len == line.left || line.at[len] == ' ' || line.at[len] == '\t';
}

bool dialogue_reply(struct cursor line, unsigned *code, bool *last)
{
    *code = 0;
    if (line.left < 3)
        return false;
    for (int i = 0; i < 3; i++) {
        if (line.at[i] < '0' || line.at[i] > '9')
            return false;
        *code = *code * 10 + (unsigned)(line.at[i] - '0');
    }
    *last = line.left == 3 || line.at[3] != '-';
    return line.left == 3 || line.at[3] == ' ' || line.at[3] == '-';
}

enum dialogue_verdict dialogue_refused(struct lane_result *result, struct buf *out, const char *farewell,
                                       const char *why, struct cursor line)
{
    char text[100];
    size_t len = 0;
    for (; len < line.left && len < sizeof text - 1; len++)
        text[len] = line.at[len] >= 0x20 && line.at[len] < 0x7F ? (char)line.at[len] : '?';
    text[len] = '\0';
    lane_end(result, OUTCOME_STARTTLS_REFUSED, "");
    snprintf(result->detail, sizeof result->detail, "%s%s%s", why, len > 0 && why[0] != '\0' ? ": " : "",
             text);
    buf_append_str(out, farewell);
    return DIALOGUE_END;
}

enum dialogue_verdict dialogue_throttled(struct lane_result *result, struct buf *out, const char *farewell,
                                         struct cursor line)
{
    result->throttled = true;
    return dialogue_refused(result, out, farewell, "throttled", line);
}

enum dialogue_verdict dialogue_foreign(struct lane_result *result, struct cursor bytes)
{
    char detail[OBSERVATION_DETAIL];
    classify_describe(detail, bytes.at, bytes.left);
    lane_end(result, OUTCOME_NOT_TLS, detail);
    return DIALOGUE_END;
}
