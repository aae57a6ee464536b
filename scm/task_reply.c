// SPDX-License-Identifier: Apache-2.0
#include "scm/task_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int64_t date_of(const struct json_value *object, enum api_field field)
{
    char text[40];
    return reply_date(reply_text(text, sizeof text, object, field));
}

enum cs_err reply_run(struct run_reply *out, const struct json_value *object)
{
    char status[32];
    *out = (struct run_reply){0};
    const char *id = json_to_string(json_get(object, api_field(API_ID)));
    if (id == NULL || strlen(id) >= sizeof out->id ||
        reply_text(out->id, sizeof out->id, object, API_ID) == NULL)
        return CS_E_MALFORMED;
    out->created_s = date_of(object, API_RUN_CREATED);
    out->completed =
        reply_text(status, sizeof status, object, API_STATUS) != NULL && text_equals(status, "completed");
    return CS_OK;
}

/* "ssl:130" -> 130. Other kinds of certificates are none of ours. */
static int64_t managed_id(const struct json_value *metadata)
{
    const char *text = json_to_string(json_get(metadata, api_field(API_RESULT_MANAGED)));
    uint64_t number = 0;
    if (text == NULL || !text_starts_with(text, "ssl:") ||
        text_to_u64(text + 4, strlen(text + 4), INT32_MAX, &number) != CS_OK)
        return 0;
    return (int64_t)number;
}

static bool take_place(struct result_reply *out, const struct json_value *details)
{
    char address[IP_TEXT_SIZE];
    int64_t port;
    const char *text = reply_text(address, sizeof address, details, API_RESULT_IP);
    if (text == NULL || ip_parse(text, strlen(text), &out->row.ip) != CS_OK ||
        !reply_id(details, API_RESULT_PORT, &port) || port > UINT16_MAX)
        return false;
    out->row.port = (uint16_t)port;
    if (reply_text(out->host, sizeof out->host, details, API_RESULT_HOST) == NULL)
        out->host[0] = '\0';
    return true;
}

/* Lower-case hex without colons; anything else is not known. */
static void take_hash(struct result_reply *out, const struct json_value *certificate)
{
    uint8_t bytes[64];
    char text[200];
    static const size_t sizes[] = {20, 32};
    const char *hash = reply_text(text, sizeof text, certificate, API_RESULT_HASH);
    out->hash[0] = '\0';
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (reply_hash(bytes, sizes[i], hash))
            hex_encode(out->hash, bytes, sizes[i]);
    }
}

enum cs_err reply_result(struct result_reply *out, const struct json_value *object)
{
    char text[300];
    const struct json_value *certificate = json_get(object, api_field(API_RESULT_CERTIFICATE));
    const struct json_value *details = json_get(certificate, api_field(API_RESULT_DETAILS));
    const struct json_value *location = json_get(object, api_field(API_RESULT_LOCATION));
    out->row = (struct discovered_row){.host = out->host, .hash = out->hash};
    if (!json_is_object(object))
        return CS_E_MALFORMED;
    if (!take_place(out, json_get(location, api_field(API_RESULT_DETAILS))))
        return CS_E_NOT_FOUND;
    take_hash(out, certificate);
    if (reply_serial(out->serial, sizeof out->serial,
                     reply_text(text, sizeof text, details, API_RESULT_SERIAL)))
        out->row.serial = out->serial;
    out->row.managed_id = managed_id(json_get(certificate, api_field(API_RESULT_METADATA)));
    out->row.seen_s = date_of(object, API_RESULT_CREATED);
    return CS_OK;
}

/* ---- tasks ---- */

static int number_of(const struct json_value *object, enum api_field field, int low, int high)
{
    int64_t number;
    return json_to_int(json_get(object, api_field(field)), &number) && number >= low && number <= high
               ? (int)number
               : TASK_NOT_TOLD;
}

static enum cs_err take_text(char **out, const struct json_value *object, enum api_field field)
{
    char text[REPLY_TEXT];
    *out = text_copy(reply_text(text, sizeof text, object, field) != NULL ? text : "");
    return *out != NULL ? CS_OK : CS_E_NOMEM;
}

static enum cs_err take_ranges(struct task_reply *out, const struct json_value *list)
{
    size_t count = json_is_array(list) ? json_array_len(list) : 0;
    enum cs_err err = CS_OK;
    if (count > TASK_RANGES)
        return CS_E_LIMIT;
    out->ranges = calloc(count + 1, sizeof *out->ranges);
    if (out->ranges == NULL)
        return CS_E_NOMEM;
    for (const struct json_value *item = count > 0 ? json_array_first(list) : NULL;
         item != NULL && err == CS_OK; item = json_next(item)) {
        struct task_range *range = &out->ranges[out->range_count++];
        err = take_text(&range->address, item, API_ADDRESS);
        if (err == CS_OK)
            err = take_text(&range->ports, item, API_PORTS);
    }
    return err;
}

enum cs_err reply_task(struct task_reply *out, int64_t id, const struct json_value *object)
{
    const struct json_value *time = json_get(object, api_field(API_TIME));
    *out = (struct task_reply){.id = id};
    if (!json_is_object(object) || reply_text(out->name, sizeof out->name, object, API_NAME) == NULL)
        return CS_E_MALFORMED;
    if (reply_text(out->agent, sizeof out->agent, object, API_AGENT) == NULL)
        out->agent[0] = '\0';
    if (reply_text(out->frequency, sizeof out->frequency, object, API_FREQUENCY) == NULL)
        out->frequency[0] = '\0';
    if (reply_text(out->time_zone, sizeof out->time_zone, object, API_TIME_ZONE) == NULL)
        out->time_zone[0] = '\0';
    out->hours = number_of(time, API_HOURS, 0, 23);
    out->minutes = number_of(time, API_MINUTES, 0, 59);
    out->month = number_of(object, API_MONTH, 1, 12);
    out->day_of_month = number_of(object, API_DAY_OF_MONTH, 1, 31);
    out->day_of_week = number_of(object, API_DAY_OF_WEEK, 1, 7);
    out->year = number_of(object, API_YEAR, 1970, 9999);
    return take_ranges(out, json_get(object, api_field(API_RANGES)));
}

enum cs_err task_reply_add(struct task_reply *task, const char *address, const char *ports)
{
    struct task_range range = {text_copy(address), text_copy(ports)};
    struct task_range *more = NULL;
    if (task->range_count < TASK_RANGES && range.address != NULL && range.ports != NULL)
        more = realloc(task->ranges, (task->range_count + 1) * sizeof *more);
    if (more == NULL) {
        free(range.address);
        free(range.ports);
        return task->range_count < TASK_RANGES ? CS_E_NOMEM : CS_E_LIMIT;
    }
    more[task->range_count++] = range;
    task->ranges = more;
    return CS_OK;
}

void task_reply_dispose(struct task_reply *task)
{
    for (size_t i = 0; i < task->range_count; i++) {
        free(task->ranges[i].address);
        free(task->ranges[i].ports);
    }
    free(task->ranges);
    task->ranges = NULL;
    task->range_count = 0;
}
