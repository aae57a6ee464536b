// SPDX-License-Identifier: Apache-2.0
/* Writes JSON (RFC 8259) straight into a buffer: no tree, no allocation of its own. Output is always valid
 * UTF-8; bytes that are not become U+FFFD. Commas are the writer's business. At most
 * JSON_WRITER_LEVELS deep (asserted). */
#ifndef BASE_JSON_WRITER_H
#define BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define JSON_WRITER_LEVELS 15

struct json_writer {
    struct buf *out;    /* borrowed; its `err` tells of failures */
    uint16_t has_items; /* one bit for each level: a comma is due */
    uint8_t level;
    bool after_key;
};

void json_writer_init(struct json_writer *writer, struct buf *out);

void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *key);

void json_string(struct json_writer *writer, const char *text); /* NULL writes null */
void json_string_n(struct json_writer *writer, const char *text, size_t len);
void json_int(struct json_writer *writer, int64_t value);
void json_uint(struct json_writer *writer, uint64_t value);
void json_bool(struct json_writer *writer, bool value);
void json_null(struct json_writer *writer);
void json_time(struct json_writer *writer, int64_t time_s);                  /* RFC 3339 UTC */
void json_hex(struct json_writer *writer, const uint8_t *bytes, size_t len); /* lower-case */

/* key and value in one */
void json_member_string(struct json_writer *writer, const char *key, const char *text);
void json_member_int(struct json_writer *writer, const char *key, int64_t value);
void json_member_bool(struct json_writer *writer, const char *key, bool value);

#endif
