// SPDX-License-Identifier: Apache-2.0
#include "base/csv.h"

#include <errno.h>
#include <string.h>

#define MAX_FIRST_LINE ((size_t)64 << 10) /* of it, as far as the separator is looked for */

static int next_byte(struct csv_reader *reader)
{
    if (reader->ahead_at < reader->ahead.len)
        return reader->ahead.data[reader->ahead_at++];
    return getc_unlocked(reader->file);
}

static void put_back(struct csv_reader *reader, int c)
{
    if (reader->ahead_at > 0 && reader->ahead_at <= reader->ahead.len && c != EOF &&
        reader->ahead.data[reader->ahead_at - 1] == c)
        reader->ahead_at--;
    else if (c != EOF)
        ungetc(c, reader->file);
}

/* ---- the first line ---- */

static size_t count_outside_quotes(const struct buf *line, char wanted)
{
    size_t count = 0;
    bool quoted = false;
    for (size_t i = 0; i < line->len; i++) {
        quoted ^= line->data[i] == '"';
        count += !quoted && line->data[i] == (uint8_t)wanted;
    }
    return count;
}

static char most_frequent(const struct buf *line)
{
    static const char separators[] = {',', ';', '\t'};
    char best = ',';
    size_t most = 0;
    for (size_t i = 0; i < sizeof separators; i++) {
        size_t count = count_outside_quotes(line, separators[i]);
        if (count > most) {
            most = count;
            best = separators[i];
        }
    }
    return best;
}

static enum cs_err look_ahead(struct csv_reader *reader, struct diag *diag)
{
    static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
    struct buf *ahead = &reader->ahead;
    int c = 0;
    while (ahead->len < MAX_FIRST_LINE && ahead->err == CS_OK && c != '\n' && c != '\r' &&
           (c = getc_unlocked(reader->file)) != EOF)
        buf_append_char(ahead, (char)c);
    if (ahead->err != CS_OK)
        return diag_fail(diag, ahead->err, "out of memory");
    if (ahead->len >= 2 && ((ahead->data[0] == 0xFF && ahead->data[1] == 0xFE) ||
                            (ahead->data[0] == 0xFE && ahead->data[1] == 0xFF)))
        return diag_fail(diag, CS_E_INVALID, "line 1: this is UTF-16; save it as CSV in UTF-8");
    if (ahead->len >= sizeof mark && memcmp(ahead->data, mark, sizeof mark) == 0)
        reader->ahead_at = sizeof mark;
    if (reader->separator == 0)
        reader->separator = most_frequent(ahead);
    return CS_OK;
}

/* ---- a row ---- */

/* CR LF is one line end. */
static bool ends_line(struct csv_reader *reader, int c)
{
    if (c == '\r') {
        int next = next_byte(reader);
        if (next != '\n')
            put_back(reader, next);
    }
    reader->lines_read += c == '\r' || c == '\n';
    return c == '\r' || c == '\n' || c == EOF;
}

static enum cs_err append(struct csv_reader *reader, int c, struct diag *diag)
{
    if (c == '\0')
        return diag_fail(diag, CS_E_INVALID, "line %zu: a NUL byte; this is no text", reader->lines_read + 1);
    buf_append_char(&reader->fields, (char)c);
    if (reader->fields.err == CS_E_LIMIT)
        return diag_fail(diag, CS_E_INVALID,
                         "line %zu: a row of more than 4 MiB; perhaps a quote is never closed", reader->line);
    return reader->fields.err == CS_OK ? CS_OK : diag_fail(diag, reader->fields.err, "out of memory");
}

/* Behind the opening quote, up to and with the closing one. */
static enum cs_err read_quoted(struct csv_reader *reader, struct diag *diag)
{
    enum cs_err err = CS_OK;
    while (err == CS_OK) {
        int c = next_byte(reader);
        if (c == EOF)
            return diag_fail(diag, CS_E_INVALID, "line %zu: a quote is not closed before the end of the file",
                             reader->line);
        if (c == '"') {
            c = next_byte(reader);
            if (c != '"') {
                put_back(reader, c);
                return CS_OK;
            }
        }
        reader->lines_read += c == '\n';
        err = append(reader, c, diag);
    }
    return err;
}

static enum cs_err begin_field(struct csv_reader *reader, struct diag *diag)
{
    if (reader->count == CSV_MAX_FIELDS)
        return diag_fail(diag, CS_E_INVALID, "line %zu: more than %d fields", reader->line, CSV_MAX_FIELDS);
    reader->begins[reader->count++] = reader->fields.len;
    return CS_OK;
}

static void end_field(struct csv_reader *reader)
{
    buf_append_char(&reader->fields, '\0');
}

static enum cs_err read_row(struct csv_reader *reader, bool *at_end, struct diag *diag)
{
    enum cs_err err = begin_field(reader, diag);
    while (err == CS_OK) {
        int c = next_byte(reader);
        if (c == '"') {
            err = read_quoted(reader, diag);
        } else if (c == reader->separator) {
            end_field(reader);
            err = begin_field(reader, diag);
        } else if (ends_line(reader, c)) {
            end_field(reader);
            *at_end = c == EOF;
            break;
        } else {
            err = append(reader, c, diag);
        }
    }
    return err;
}

enum cs_err csv_next(struct csv_reader *reader, bool *more, struct diag *diag)
{
    bool at_end = false;
    enum cs_err err = CS_OK;
    *more = false;
    if (reader->fields.max == 0) {
        buf_init(&reader->fields, CSV_MAX_ROW);
        err = look_ahead(reader, diag);
    }
    while (err == CS_OK && !*more && !at_end) {
        buf_reset(&reader->fields);
        reader->count = 0;
        reader->line = reader->lines_read + 1;
        err = read_row(reader, &at_end, diag);
        *more = err == CS_OK && (reader->count > 1 || csv_field(reader, 0)[0] != '\0');
    }
    if (err == CS_OK && at_end && ferror(reader->file) != 0)
        err = diag_fail(diag, CS_E_IO, "line %zu: %s", reader->line, strerror(errno));
    *more = *more && err == CS_OK;
    return err;
}

const char *csv_field(const struct csv_reader *reader, size_t index)
{
    return index < reader->count ? (const char *)reader->fields.data + reader->begins[index] : "";
}

void csv_dispose(struct csv_reader *reader)
{
    buf_dispose(&reader->ahead);
    buf_dispose(&reader->fields);
}
