// SPDX-License-Identifier: Apache-2.0
#include "scm/push_reply.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "scm/reply.h"

/* ---- import ---- */

static const char *row_serial(char out[264], const struct json_value *row)
{
    const char *text =
        json_to_string(json_get(json_get(row, api_field(API_IMPORT_CERT)), api_field(API_SERIAL)));
    return reply_serial(out, 264, text) ? out : NULL;
}

/* The one item with this serial number; `count` where there is none, or several. */
static size_t item_with_serial(const struct push_item *items, size_t count, const char *serial)
{
    size_t found = count;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i].serial, serial) != 0)
            continue;
        if (found != count)
            return count;
        found = i;
    }
    return found;
}

/* Which item a row is about; `count`: it cannot be told. */
static size_t item_of(const struct push_item *items, size_t count, const struct json_value *row, size_t place,
                      bool in_order)
{
    char serial[264];
    const char *said = row_serial(serial, row);
    if (in_order &&
        (said == NULL || items[place].serial[0] == '\0' || strcmp(said, items[place].serial) == 0))
        return place;
    return said != NULL ? item_with_serial(items, count, said) : count;
}

static bool id_came_before(const struct import_result *results, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (results[i].outcome != IMPORT_NOTHING && results[i].id == id)
            return true;
    }
    return false;
}

static void take_row(struct import_result *result, const struct import_result *all, size_t count,
                     const struct json_value *row)
{
    bool created = false;
    int64_t id = 0;
    const char *error = json_to_string(json_get(row, api_field(API_ERROR)));
    if (result->outcome != IMPORT_NOTHING)
        return;
    if (error != NULL && error[0] != '\0') {
        result->outcome = IMPORT_REFUSED;
        text_printable(result->error, sizeof result->error, error);
        return;
    }
    if (!reply_id(json_get(row, api_field(API_IMPORT_CERT)), API_ID, &id) || id_came_before(all, count, id))
        return;
    bool said = json_to_bool(json_get(row, api_field(API_CREATED)), &created);
    result->id = id;
    result->outcome = said && created ? IMPORT_CREATED : IMPORT_THERE;
}

void import_reply(struct import_result *results, const struct push_item *items, size_t count,
                  const struct json_value *root)
{
    bool in_order = json_is_array(root) && json_array_len(root) == count;
    size_t place = 0;
    memset(results, 0, count * sizeof *results);
    const struct json_value *row = json_is_array(root) ? json_array_first(root) : NULL;
    for (; row != NULL; row = json_next(row), place++) {
        size_t item = item_of(items, count, row, place, in_order);
        if (item < count)
            take_row(&results[item], results, count, row);
    }
}

/* ---- locations ---- */

static bool has_value(const struct json_value *details, enum api_field field, const char *value)
{
    const struct json_value *member = json_get(details, api_field(field));
    const char *text = json_to_string(member);
    char number[24];
    int64_t integer;
    if (text == NULL && json_to_int(member, &integer)) { /* a port may come back as a number */
        snprintf(number, sizeof number, "%lld", (long long)integer);
        text = number;
    }
    return text_equals(text != NULL ? text : "", value);
}

/* IPv6 addresses have many spellings. */
static bool has_address(const struct json_value *details, struct ip wanted)
{
    const char *text = json_to_string(json_get(details, api_field(API_LOCATION_IP)));
    struct ip ip;
    return text != NULL && ip_parse(text, strlen(text), &ip) == CS_OK &&
           memcmp(ip.bytes, wanted.bytes, sizeof ip.bytes) == 0;
}

struct location_reply location_find(const struct json_value *rows, const struct push_place *place,
                                    const char *source)
{
    struct location_reply found = {0};
    char port[8];
    snprintf(port, sizeof port, "%u", place->port);
    const struct json_value *row = json_is_array(rows) ? json_array_first(rows) : NULL;
    for (; row != NULL && !found.ours; row = json_next(row)) {
        const struct json_value *details = json_get(row, api_field(API_LOCATION_DETAILS));
        if (!has_address(details, place->ip) || !has_value(details, API_LOCATION_PORT, port) ||
            !has_value(details, API_LOCATION_HOST, place->host))
            continue;
        bool ours = has_value(details, API_LOCATION_SOURCE, source);
        if (found.found && !ours)
            continue;
        found = (struct location_reply){.found = true, .ours = ours};
        if (!reply_id(row, API_ID, &found.id))
            found.id = 0;
    }
    return found;
}
