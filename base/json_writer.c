// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"

void json_writer_init(struct json_writer *writer, struct buf *out)
{
    *writer = (struct json_writer){.out = out};
}

/* Every value and every key passes here: a comma if one is due. */
static void before_item(struct json_writer *writer)
{
    uint16_t bit = (uint16_t)(1u << writer->level);
    if (!writer->after_key && (writer->has_items & bit) != 0)
        buf_append_char(writer->out, ',');
    writer->has_items |= bit;
    writer->after_key = false;
}

static void begin(struct json_writer *writer, char bracket)
{
    before_item(writer);
    assert(writer->level < JSON_WRITER_LEVELS);
    writer->level++;
    writer->has_items &= (uint16_t) ~(1u << writer->level);
    buf_append_char(writer->out, bracket);
}

static void end(struct json_writer *writer, char bracket)
{
    assert(writer->level > 0);
    writer->level--;
    buf_append_char(writer->out, bracket);
}

void json_begin_object(struct json_writer *writer)
{
    begin(writer, '{');
}

void json_end_object(struct json_writer *writer)
{
    end(writer, '}');
}

void json_begin_array(struct json_writer *writer)
{
    begin(writer, '[');
}

void json_end_array(struct json_writer *writer)
{
    end(writer, ']');
}

static void append_escape(struct buf *out, uint8_t c)
{
    switch (c) {
    case '"':
        buf_append(out, "\\\"", 2);
        break;
    case '\\':
        buf_append(out, "\\\\", 2);
        break;
    case '\n':
        buf_append(out, "\\n", 2);
        break;
    case '\r':
        buf_append(out, "\\r", 2);
        break;
    case '\t':
        buf_append(out, "\\t", 2);
        break;
    default:
        buf_printf(out, "\\u%04x", c);
    }
}

static void append_quoted(struct buf *out, const char *text, size_t len)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t run = 0; /* start of what can be copied as it is */
    buf_append_char(out, '"');
    for (size_t i = 0; i < len;) {
        uint8_t c = bytes[i];
        size_t char_len = c < 0x80 ? 1 : utf8_length(bytes + i, len - i);
        bool plain = c < 0x80 ? c >= 0x20 && c != '"' && c != '\\' && c != 0x7F : char_len > 0;
        if (plain) {
            i += char_len;
            continue;
        }
        buf_append(out, bytes + run, i - run);
        if (c < 0x80)
            append_escape(out, c);
        else
            buf_append(out, "\xEF\xBF\xBD", 3);
        run = ++i;
    }
    buf_append(out, bytes + run, len - run);
    buf_append_char(out, '"');
}

void json_key(struct json_writer *writer, const char *key)
{
    before_item(writer);
    append_quoted(writer->out, key, strlen(key));
    buf_append_char(writer->out, ':');
    writer->after_key = true;
}

void json_string_n(struct json_writer *writer, const char *text, size_t len)
{
    before_item(writer);
    append_quoted(writer->out, text, len);
}

void json_string(struct json_writer *writer, const char *text)
{
    if (text == NULL)
        json_null(writer);
    else
        json_string_n(writer, text, strlen(text));
}

void json_int(struct json_writer *writer, int64_t value)
{
    before_item(writer);
    buf_printf(writer->out, "%" PRId64, value);
}

void json_uint(struct json_writer *writer, uint64_t value)
{
    before_item(writer);
    buf_printf(writer->out, "%" PRIu64, value);
}

void json_bool(struct json_writer *writer, bool value)
{
    before_item(writer);
    buf_append_str(writer->out, value ? "true" : "false");
}

void json_null(struct json_writer *writer)
{
    before_item(writer);
    buf_append(writer->out, "null", 4);
}

void json_time(struct json_writer *writer, int64_t time_s)
{
    char text[TIMEFMT_SIZE];
    json_string(writer, timefmt_rfc3339(text, time_s));
}

void json_hex(struct json_writer *writer, const uint8_t *bytes, size_t len)
{
    before_item(writer);
    buf_append_char(writer->out, '"');
    char *room = (char *)buf_reserve(writer->out, 2 * len);
    if (room != NULL) {
        hex_encode(room, bytes, len);
        buf_commit(writer->out, 2 * len);
    }
    buf_append_char(writer->out, '"');
}

void json_member_string(struct json_writer *writer, const char *key, const char *text)
{
    json_key(writer, key);
    json_string(writer, text);
}

void json_member_int(struct json_writer *writer, const char *key, int64_t value)
{
    json_key(writer, key);
    json_int(writer, value);
}

void json_member_bool(struct json_writer *writer, const char *key, bool value)
{
    json_key(writer, key);
    json_bool(writer, value);
}
