// SPDX-License-Identifier: Apache-2.0
#include "dns/caa.h"

#include <ares.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/text.h"

enum { TYPE_CNAME = 5, CLASS_IN = 1 };
enum { RCODE_NONE = 0, RCODE_NO_SUCH_NAME = 3 };
enum { FLAG_ANSWER = 0x8000, FLAG_KNOWS = 0x0400, FLAG_CUT = 0x0200, FLAG_ASKS_OTHERS = 0x0080 };

struct row { /* one record of the answer that matters here */
    char *name;
    char *target;       /* of a CNAME; else NULL */
    struct cursor data; /* of a CAA; borrowed */
};

struct reading {
    const uint8_t *message;
    size_t len;
    struct cursor at;
    struct row *rows; /* owned */
    size_t count;
    struct diag *diag;
};

void caa_set_dispose(struct caa_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->records[i].tag);
        free(set->records[i].value);
    }
    free(set->records);
    free(set->owner);
    *set = (struct caa_set){0};
}

static enum cs_err broken(struct reading *reading)
{
    return diag_fail(reading->diag, CS_E_MALFORMED, "the DNS answer is malformed");
}

/* A name, maybe compressed, at the cursor; `*out` is malloc'd. Its labels may lie anywhere in the message. */
static enum cs_err take_name(struct reading *reading, struct cursor *at, char **out)
{
    char *name = NULL;
    long used = 0;
    struct cursor unused;
    if (at->left == 0)
        return broken(reading);
    int status = ares_expand_name(at->at, reading->message, (int)reading->len, &name, &used);
    if (status == ARES_ENOMEM)
        return CS_E_NOMEM;
    if (status != ARES_SUCCESS || used <= 0 || !cursor_bytes(at, (size_t)used, &unused)) {
        if (status == ARES_SUCCESS)
            ares_free_string(name);
        return broken(reading);
    }
    *out = text_copy(name);
    ares_free_string(name);
    return *out != NULL ? CS_OK : CS_E_NOMEM;
}

static enum cs_err skip_questions(struct reading *reading, unsigned count)
{
    enum cs_err err = CS_OK;
    for (unsigned i = 0; i < count && err == CS_OK; i++) {
        char *name = NULL;
        struct cursor unused;
        err = take_name(reading, &reading->at, &name);
        free(name);
        if (err == CS_OK && !cursor_bytes(&reading->at, 4, &unused))
            err = broken(reading);
    }
    return err;
}

/* One record: name, type, class, time to live, data. What is neither CAA nor CNAME is passed over. */
static enum cs_err take_row(struct reading *reading)
{
    uint16_t type;
    uint16_t class;
    struct cursor unused;
    struct row row = {0};
    enum cs_err err = take_name(reading, &reading->at, &row.name);
    if (err == CS_OK &&
        (!cursor_u16(&reading->at, &type) || !cursor_u16(&reading->at, &class) ||
         !cursor_bytes(&reading->at, 4, &unused) || !cursor_vector(&reading->at, 2, &row.data)))
        err = broken(reading);
    if (err != CS_OK || class != CLASS_IN || (type != TYPE_CNAME && type != CAA_TYPE)) {
        free(row.name);
        return err;
    }
    if (type == TYPE_CNAME) {
        struct cursor target = row.data;
        err = take_name(reading, &target, &row.target);
        if (err == CS_OK && target.left != 0)
            err = broken(reading);
    }
    reading->rows[reading->count++] = row;
    return err;
}

/* Whether the DNS has said something: a server that neither knows nor asks others sends an empty answer as
 * well, when it only points to somebody else. */
static enum cs_err check_header(struct reading *reading, uint16_t *question_count, uint16_t *row_count,
                                bool *exists)
{
    uint16_t id;
    uint16_t flags;
    uint32_t others;
    if (!cursor_u16(&reading->at, &id) || !cursor_u16(&reading->at, &flags) ||
        !cursor_u16(&reading->at, question_count) || !cursor_u16(&reading->at, row_count) ||
        !cursor_number(&reading->at, 4, &others) || (flags & FLAG_ANSWER) == 0)
        return broken(reading);
    unsigned rcode = flags & 0xFu;
    if (rcode != RCODE_NONE && rcode != RCODE_NO_SUCH_NAME)
        return diag_fail(reading->diag, CS_E_MALFORMED, "the DNS server answers with error %u", rcode);
    if ((flags & FLAG_CUT) != 0)
        return diag_fail(reading->diag, CS_E_MALFORMED, "the DNS answer is cut off");
    if ((flags & (FLAG_KNOWS | FLAG_ASKS_OTHERS)) == 0)
        return diag_fail(reading->diag, CS_E_MALFORMED, "the DNS server does not answer for this name");
    *exists = rcode == RCODE_NONE;
    return CS_OK;
}

static enum cs_err take_rows(struct reading *reading, bool *exists)
{
    uint16_t question_count;
    uint16_t row_count;
    enum cs_err err = check_header(reading, &question_count, &row_count, exists);
    if (err == CS_OK)
        err = skip_questions(reading, question_count);
    if (err != CS_OK)
        return err;
    if (row_count > CAA_MAX_ANSWER)
        return diag_fail(reading->diag, CS_E_LIMIT, "the DNS answer has more than %d records",
                         CAA_MAX_ANSWER);
    reading->rows = calloc((size_t)row_count + 1, sizeof *reading->rows);
    if (reading->rows == NULL)
        return CS_E_NOMEM;
    for (unsigned i = 0; i < row_count && err == CS_OK; i++)
        err = take_row(reading);
    return err;
}

/* Flags, the tag with its length, and the value, which is the rest (RFC 8659, section 4.1). */
static enum cs_err take_record(struct reading *reading, struct cursor data, struct caa_record *out)
{
    struct cursor tag;
    if (!cursor_u8(&data, &out->flags) || !cursor_vector(&data, 1, &tag) || tag.left == 0 ||
        memchr(tag.at, 0, tag.left) != NULL)
        return diag_fail(reading->diag, CS_E_MALFORMED, "a CAA record of the DNS answer is malformed");
    out->tag = text_copy_n((const char *)tag.at, tag.left);
    out->value = text_copy_n((const char *)data.at, data.left);
    out->value_len = data.left;
    return out->tag != NULL && out->value != NULL ? CS_OK : CS_E_NOMEM;
}

static enum cs_err take_records_of(struct reading *reading, const char *name, struct caa_set *out)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < reading->count && err == CS_OK; i++) {
        const struct row *row = &reading->rows[i];
        if (row->target == NULL && text_equals(row->name, name))
            err = take_record(reading, row->data, &out->records[out->count++]);
    }
    return err;
}

static const char *alias_of(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (reading->rows[i].target != NULL && text_equals(reading->rows[i].name, name))
            return reading->rows[i].target;
    }
    return NULL;
}

static enum cs_err follow(struct reading *reading, const char *asked, struct caa_set *out)
{
    const char *name = asked;
    enum cs_err err = CS_OK;
    out->records = calloc(reading->count + 1, sizeof *out->records);
    if (out->records == NULL)
        return CS_E_NOMEM;
    for (int i = 0; err == CS_OK; i++) {
        err = take_records_of(reading, name, out);
        const char *next = alias_of(reading, name);
        if (err != CS_OK || out->count > 0 || next == NULL)
            break;
        if (i == CAA_MAX_ALIAS)
            return diag_fail(reading->diag, CS_E_LIMIT, "more than %d aliases, or they go round",
                             CAA_MAX_ALIAS);
        name = next;
    }
    out->owner = err == CS_OK ? text_copy(name) : NULL;
    return err == CS_OK && out->owner == NULL ? CS_E_NOMEM : err;
}

static void dispose_rows(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        free(reading->rows[i].name);
        free(reading->rows[i].target);
    }
    free(reading->rows);
}

enum cs_err caa_answer_parse(struct caa_set *out, const char *asked, const uint8_t *message, size_t len,
                             struct diag *diag)
{
    struct reading reading = {.message = message, .len = len, .at = {message, len}, .diag = diag};
    bool exists = true;
    *out = (struct caa_set){0};
    enum cs_err err = message == NULL || len > UINT16_MAX ? broken(&reading) : take_rows(&reading, &exists);
    if (err == CS_OK)
        err = exists ? follow(&reading, asked, out) : CS_E_NOT_FOUND;
    dispose_rows(&reading);
    if (err != CS_OK)
        caa_set_dispose(out);
    return err;
}

/* Inside quotes: `\` before what ends or escapes, \DDD for what is not printable (RFC 1035, section 5.1). */
static void append_quoted(struct buf *out, const char *bytes, size_t len)
{
    buf_append_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < ' ' || c > '~')
            buf_printf(out, "\\%03u", c);
        else
            buf_append_char(out, (char)c);
    }
    buf_append_char(out, '"');
}

static bool is_plain_tag(const char *tag)
{
    return tag[strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == '\0';
}

void caa_append_text(struct buf *out, const struct caa_record *record)
{
    buf_printf(out, "CAA %u ", record->flags);
    if (is_plain_tag(record->tag))
        buf_append_str(out, record->tag);
    else
        append_quoted(out, record->tag, strlen(record->tag));
    buf_append_char(out, ' ');
    append_quoted(out, record->value, record->value_len);
}

static void append_hex(struct buf *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_printf(out, "%02x", (unsigned char)bytes[i]);
}

void caa_append_generic(struct buf *out, const struct caa_record *record)
{
    size_t tag_len = strlen(record->tag);
    buf_printf(out, "TYPE%d \\# %zu %02x%02x", CAA_TYPE, 2 + tag_len + record->value_len, record->flags,
               (unsigned)tag_len);
    append_hex(out, record->tag, tag_len);
    append_hex(out, record->value, record->value_len);
}
