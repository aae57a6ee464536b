// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>

#define MAX_EXACT 9007199254740992.0 /* 2^53: whole numbers a double holds exactly */

static const cJSON *item(const struct json_value *value)
{
    return (const cJSON *)value;
}

static void say_where(struct diag *diag, const char *text, const char *at)
{
    unsigned line = 1;
    unsigned column = 1;
    for (; text < at; text++) {
        column = *text == '\n' ? 1 : column + 1;
        line += *text == '\n';
    }
    diag_set(diag, "not valid JSON at line %u, column %u", line, column);
}

enum cs_err json_parse(struct json_value **out, const char *text, size_t len, struct diag *diag)
{
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, false);
    *out = (struct json_value *)root;
    if (root == NULL) {
        say_where(diag, text, end != NULL ? end : text);
        return CS_E_MALFORMED;
    }
    for (; end < text + len; end++) {
        if (*end != ' ' && *end != '\t' && *end != '\r' && *end != '\n') {
            say_where(diag, text, end);
            cJSON_Delete(root);
            *out = NULL;
            return CS_E_MALFORMED;
        }
    }
    return CS_OK;
}

void json_free(struct json_value *root)
{
    cJSON_Delete((cJSON *)root);
}

const struct json_value *json_get(const struct json_value *object, const char *key)
{
    return (const struct json_value *)cJSON_GetObjectItemCaseSensitive(item(object), key);
}

size_t json_array_len(const struct json_value *array)
{
    return (size_t)cJSON_GetArraySize(item(array));
}

const struct json_value *json_array_first(const struct json_value *array)
{
    bool has_items = cJSON_IsArray(item(array)) || cJSON_IsObject(item(array));
    return has_items ? (const struct json_value *)item(array)->child : NULL;
}

const struct json_value *json_next(const struct json_value *value)
{
    return value != NULL ? (const struct json_value *)item(value)->next : NULL;
}

const char *json_name(const struct json_value *member)
{
    return member != NULL ? item(member)->string : NULL;
}

bool json_is_object(const struct json_value *value)
{
    return cJSON_IsObject(item(value)) != 0;
}

bool json_is_array(const struct json_value *value)
{
    return cJSON_IsArray(item(value)) != 0;
}

bool json_is_null(const struct json_value *value)
{
    return value == NULL || cJSON_IsNull(item(value)) != 0;
}

const char *json_to_string(const struct json_value *value)
{
    return cJSON_GetStringValue(item(value));
}

bool json_to_int(const struct json_value *value, int64_t *out)
{
    if (cJSON_IsNumber(item(value)) == 0)
        return false;
    double number = item(value)->valuedouble;
    if (!(number >= -MAX_EXACT && number <= MAX_EXACT) || trunc(number) != number)
        return false;
    *out = (int64_t)number;
    return true;
}

bool json_to_bool(const struct json_value *value, bool *out)
{
    if (cJSON_IsBool(item(value)) == 0)
        return false;
    *out = cJSON_IsTrue(item(value)) != 0;
    return true;
}
