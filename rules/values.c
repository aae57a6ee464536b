// SPDX-License-Identifier: Apache-2.0
#include "rules/values.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"

/* 0x00:1:AB:cd -> 01abcd, as records have it; other text is left alone. `whole`: a whole number, which
 * loses the zeros in front and is made whole bytes again; then `text` has room for one more digit. */
static void normalize_hex(char *text, bool whole)
{
    char *to = text;
    const char *from = text;
    bool negative = *from == '-';
    from += negative;
    from += text_starts_with(from, "0x") ? 2 : 0;
    for (const char *at = from; *at != '\0'; at++) {
        if (strchr("0123456789abcdefABCDEF: ", *at) == NULL)
            return;
    }
    if (negative)
        *to++ = '-';
    char *digits = to;
    bool had_zeros = false;
    for (; *from != '\0'; from++) {
        bool leading_zero = whole && to == digits && *from == '0';
        had_zeros |= leading_zero;
        if (*from != ':' && *from != ' ' && !leading_zero)
            *to++ = text_lower(*from);
    }
    if (to == digits && had_zeros)
        *to++ = '0'; /* in the place of one that was stripped */
    *to = '\0';
    if (whole && (to - digits) % 2 != 0) {
        memmove(digits + 1, digits, (size_t)(to - digits) + 1);
        *digits = '0';
    }
}

static enum cs_err parse_text(struct expr_value *out, enum field field, enum expr_op op, const char *text)
{
    size_t len = strlen(text);
    out->text = malloc(len + 2); /* one more than a copy: a serial number may need a digit in front */
    if (out->text == NULL)
        return CS_E_NOMEM;
    memcpy(out->text, text, len + 1);
    bool is_hex = field == FIELD_SERIAL || field == FIELD_SHA256;
    /* a part of a number has its zeros where it has them, and they must stay */
    bool is_whole = field == FIELD_SERIAL && (op == OP_EQUALS || op == OP_IN);
    if (is_hex && op != OP_MATCHES_REGEX)
        normalize_hex(out->text, is_whole);
    while (field == FIELD_SERIAL && op == OP_STARTS_WITH && strncmp(out->text, "00", 2) == 0)
        memmove(out->text, out->text + 2, strlen(out->text) - 1); /* no record begins with a zero byte */
    return CS_OK;
}

static enum cs_err parse_number(int64_t *out, const char *text)
{
    bool negative = text[0] == '-';
    uint64_t magnitude;
    if (text_to_u64(text + negative, strlen(text + negative), INT64_MAX, &magnitude) != CS_OK)
        return CS_E_INVALID;
    *out = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return CS_OK;
}

static enum cs_err parse_bool(int64_t *out, const char *text)
{
    *out = text_equals(text, "true");
    return *out == 1 || text_equals(text, "false") ? CS_OK : CS_E_INVALID;
}

enum cs_err value_parse(struct expr_value *out, enum field field, enum expr_op op, const char *text,
                        const char **reason)
{
    *out = (struct expr_value){0};
    switch (field_info(field)->type) {
    case FIELD_TYPE_TEXT:
        *reason = "expected text";
        return parse_text(out, field, op, text);
    case FIELD_TYPE_NUMBER:
        *reason = "expected a whole number";
        return parse_number(&out->number, text);
    case FIELD_TYPE_TIME:
        *reason = "expected a date (2027-01-31) or a time (2027-01-31T12:00:00Z)";
        return timefmt_parse(text, &out->number);
    case FIELD_TYPE_BOOL:
        *reason = "expected true or false";
        return parse_bool(&out->number, text);
    case FIELD_TYPE_IP:
        return ip_range_parse(text, strlen(text), &out->range, reason);
    }
    return CS_E_INVALID;
}

static bool is_bare(const char *text)
{
    static const char *const keywords[] = {"and", "or", "not", "is", "in"};
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (text_equals(text, keywords[i]))
            return false;
    }
    return text[0] != '\0' && strpbrk(text, " \t\r\n\"(),=<>!\\") == NULL;
}

static void format_text(struct buf *out, const char *text)
{
    if (is_bare(text)) {
        buf_append_str(out, text);
        return;
    }
    buf_append_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_append_char(out, '\\');
        buf_append_char(out, *text);
    }
    buf_append_char(out, '"');
}

void value_format(struct buf *out, enum field field, const struct expr_value *value)
{
    char time[TIMEFMT_SIZE];
    char range[RANGE_TEXT_SIZE];
    switch (field_info(field)->type) {
    case FIELD_TYPE_TEXT:
        format_text(out, value->text);
        break;
    case FIELD_TYPE_NUMBER:
        buf_printf(out, "%" PRId64, value->number);
        break;
    case FIELD_TYPE_TIME:
        buf_append_str(out, timefmt_rfc3339(time, value->number));
        break;
    case FIELD_TYPE_BOOL:
        buf_append_str(out, value->number != 0 ? "true" : "false");
        break;
    case FIELD_TYPE_IP:
        buf_append_str(out, ip_range_format(range, value->range));
        break;
    }
}

/* Levenshtein's distance, for words shorter than the array. */
static size_t distance(const char *a, const char *b)
{
    size_t row[64];
    size_t b_len = strlen(b);
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = diagonal + (text_lower(a[i - 1]) != text_lower(b[j - 1]));
            diagonal = row[j];
            size_t remove = row[j] + 1;
            size_t insert = row[j - 1] + 1;
            row[j] = remove < insert ? remove : insert;
            row[j] = change < row[j] ? change : row[j];
        }
    }
    return row[b_len];
}

const char *value_nearest_field(const char *word)
{
    const char *best = NULL;
    size_t best_distance = 4; /* what is further away is another word */
    if (strlen(word) > 60)
        return NULL;
    for (int i = 0; i < FIELD_COUNT; i++) {
        const char *name = field_info((enum field)i)->name;
        size_t far = distance(word, name);
        if (far < best_distance && far < strlen(name)) {
            best_distance = far;
            best = name;
        }
    }
    return best;
}
