// SPDX-License-Identifier: Apache-2.0
#include "scm/push_writer.h"

#include <stdio.h>

#include "base/json_writer.h"
#include "scm/api_names.h"

void base64_append(struct buf *out, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *at = (char *)buf_reserve(out, (len + 2) / 3 * 4);
    if (at == NULL)
        return;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        *at++ = digits[group >> 18];
        *at++ = digits[group >> 12 & 63];
        *at++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[group & 63] : '=';
    }
    buf_commit(out, (len + 2) / 3 * 4);
}

char *push_comment(char out[PUSH_COMMENT_SIZE], const struct push_row *push)
{
    snprintf(out, PUSH_COMMENT_SIZE, "certscour push %lld %.32s", (long long)push->id, push->tag);
    return out;
}

/* Base64 needs no escaping, and goes straight into the text. */
static void member_base64(struct json_writer *json, const char *key, const struct buf *der)
{
    struct buf text = {0};
    base64_append(&text, der->data, der->len);
    if (text.err != CS_OK && json->out->err == CS_OK)
        json->out->err = text.err;
    json_member_string(json, key, buf_str(&text));
    buf_dispose(&text);
}

void push_write_import(struct buf *out, const struct push_item *items, size_t count, const char *comment)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_array(&json);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&json);
        json_member_int(&json, api_field(API_IMPORT_ORG), items[i].organization_id);
        member_base64(&json, api_field(API_IMPORT_CERT), &items[i].der);
        json_member_string(&json, api_field(API_COMMENTS), comment);
        json_end_object(&json);
    }
    json_end_array(&json);
}

void push_write_location(struct buf *out, const struct push_place *place, const char *source)
{
    struct json_writer json;
    char ip[IP_TEXT_SIZE];
    char port[8];
    snprintf(port, sizeof port, "%u", place->port);
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_key(&json, api_field(API_LOCATION_DETAILS));
    json_begin_object(&json);
    json_member_string(&json, api_field(API_LOCATION_IP), ip_format(ip, place->ip));
    json_member_string(&json, api_field(API_LOCATION_PORT), port);
    if (place->host[0] != '\0')
        json_member_string(&json, api_field(API_LOCATION_HOST), place->host);
    json_member_string(&json, api_field(API_LOCATION_SOURCE), source);
    json_end_object(&json);
    json_end_object(&json);
}

/* ---- Discovery Import ---- */

static void write_member(struct buf *out, enum api_field field, const char *value)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_member_string(&json, api_field(field), value);
    json_end_object(&json);
}

void push_write_operation(struct buf *out, const char *name)
{
    write_member(out, API_NAME, name);
}

void push_write_operation_status(struct buf *out, const char *status)
{
    write_member(out, API_OPERATION_STATUS, status);
}

static const char *or_usual(const char *name, enum api_field field)
{
    return name != NULL ? name : api_field(field);
}

void push_begin_discovery(struct buf *out, const struct discovery_names *names)
{
    struct json_writer json;
    const char *list = or_usual(names->list, API_DISCOVERY_CERTIFICATES);
    json_writer_init(&json, out);
    if (list[0] != '\0') {
        json_begin_object(&json);
        json_key(&json, list);
    }
    buf_append_char(out, '[');
}

void push_end_discovery(struct buf *out, const struct discovery_names *names)
{
    buf_append_char(out, ']');
    if (or_usual(names->list, API_DISCOVERY_CERTIFICATES)[0] != '\0')
        buf_append_char(out, '}');
}

void push_write_discovery(struct buf *out, const struct discovery_names *names, const struct push_item *item,
                          const struct push_place *place)
{
    struct json_writer json;
    char ip[IP_TEXT_SIZE];
    if (out->len > 0 && out->data[out->len - 1] == '}')
        buf_append_char(out, ',');
    json_writer_init(&json, out);
    json_begin_object(&json);
    member_base64(&json, or_usual(names->certificate, API_DISCOVERY_CERTIFICATE), &item->der);
    if (place != NULL) {
        json_key(&json, or_usual(names->location, API_DISCOVERY_LOCATION));
        json_begin_object(&json);
        json_member_string(&json, api_field(API_DISCOVERY_ADDRESS), ip_format(ip, place->ip));
        json_member_int(&json, api_field(API_DISCOVERY_PORT), place->port);
        if (place->host[0] != '\0')
            json_member_string(&json, api_field(API_DISCOVERY_HOST), place->host);
        json_end_object(&json);
    }
    json_end_object(&json);
}
