// SPDX-License-Identifier: Apache-2.0
#include "scm/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "cert/identifier.h"

bool reply_id(const struct json_value *object, enum api_field field, int64_t *out)
{
    const struct json_value *value = json_get(object, api_field(field));
    const char *text = json_to_string(value);
    uint64_t number;
    if (text != NULL && text_to_u64(text, strlen(text), INT32_MAX, &number) == CS_OK)
        *out = (int64_t)number;
    else if (!json_to_int(value, out))
        return false;
    return *out > 0;
}

/* As much of `text` as fits, cut between characters. */
static const char *keep(char *out, size_t size, const char *text)
{
    struct buf clean = {0};
    utf8_append_clean(&clean, text, strlen(text));
    size_t len = 0;
    while (len < clean.len) {
        size_t step = utf8_length(clean.data + len, clean.len - len);
        if (step == 0 || len + step >= size)
            break;
        len += step;
    }
    memcpy(out, buf_str(&clean), len);
    out[len] = '\0';
    buf_dispose(&clean);
    return out[0] != '\0' ? out : NULL;
}

const char *reply_text(char *out, size_t size, const struct json_value *object, enum api_field field)
{
    const char *text = json_to_string(json_get(object, api_field(field)));
    return text != NULL ? keep(out, size, text) : NULL;
}

/* ---- dates, serial numbers, hashes ---- */

int64_t reply_date(const char *text)
{
    return timefmt_read(text);
}

bool reply_serial(char *out, size_t size, const char *text)
{
    return cert_serial_parse(out, size, text);
}

bool reply_hash(uint8_t *out, size_t len, const char *text)
{
    return cert_hash_parse(out, len, text);
}

/* ---- domains ---- */

/* "Not validated", NOT_VALIDATED: one spelling. */
static const char *fold(char *text)
{
    for (char *c = text; c != NULL && *c != '\0'; c++) {
        if (*c == ' ')
            *c = '_';
        else if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
    return text;
}

static const char *folded_text(char *out, size_t size, const struct json_value *object, enum api_field field)
{
    return reply_text(out, size, object, field) != NULL ? fold(out) : NULL;
}

static const char *delegations(char *out, size_t size, const struct json_value *object)
{
    const struct json_value *list = json_get(object, api_field(API_DELEGATIONS));
    const struct json_value *item = json_is_array(list) ? json_array_first(list) : NULL;
    size_t len = 0;
    int64_t id;
    out[0] = '\0';
    for (; item != NULL && len + 22 < size; item = json_next(item)) {
        if (reply_id(item, API_DELEGATION_ORG, &id))
            len += (size_t)snprintf(out + len, size - len, "%s%" PRId64, len > 0 ? " " : "", id);
    }
    return len > 0 ? out : NULL;
}

enum cs_err reply_domain(struct reply_domain *out, const struct json_value *object)
{
    char date[40];
    *out = (struct reply_domain){0};
    if (!reply_id(object, API_ID, &out->row.external_id))
        return CS_E_MALFORMED;
    out->row.state = folded_text(out->state, sizeof out->state, object, API_DOMAIN_STATE);
    out->row.delegation = folded_text(out->delegation, sizeof out->delegation, object, API_DELEGATION_STATUS);
    out->row.organizations = delegations(out->organizations, sizeof out->organizations, object);
    out->row.validation = folded_text(out->validation, sizeof out->validation, object, API_VALIDATION_STATUS);
    out->row.validation_method =
        reply_text(out->validation_method, sizeof out->validation_method, object, API_VALIDATION_METHOD);
    out->row.validated_until_s = reply_date(reply_text(date, sizeof date, object, API_DCV_EXPIRATION));
    return CS_OK;
}

/* ---- certificates ---- */

static const char *join_names(char *out, size_t size, const struct json_value *list)
{
    const struct json_value *item = json_is_array(list) ? json_array_first(list) : NULL;
    size_t len = 0;
    out[0] = '\0';
    for (; item != NULL; item = json_next(item)) {
        char name[300];
        const char *text = json_to_string(item);
        if (text == NULL || strpbrk(text, "\r\n") != NULL || keep(name, sizeof name, text) == NULL)
            continue;
        if (len + strlen(name) + 2 > size)
            break;
        len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? "\n" : "", name);
    }
    return len > 0 ? out : NULL;
}

/* Issued through SCM: it has been validated there, or it came there in another way than being found or
 * imported. Codes and labels both occur. */
static bool is_managed(const struct json_value *object, const char *requested_via)
{
    static const char *const known_only[] = {"Discovery", "Imported", "Import"};
    const char *validation = json_to_string(json_get(object, api_field(API_VALIDATION_TYPE)));
    if (validation != NULL && validation[0] != '\0')
        return true;
    for (size_t i = 0; requested_via != NULL && i < sizeof known_only / sizeof known_only[0]; i++) {
        if (text_equals(requested_via, known_only[i]))
            return false;
    }
    return requested_via != NULL;
}

static int64_t date_of(const struct json_value *object, enum api_field field)
{
    char text[40];
    return reply_date(reply_text(text, sizeof text, object, field));
}

/* "a.example; b.example" */
static const char *split_names(char *out, size_t size, const char *text)
{
    size_t len = 0;
    out[0] = '\0';
    while (text != NULL && *text != '\0') {
        char one[300];
        char name[300];
        text += strspn(text, "; ,\r\n\t");
        size_t part = strcspn(text, "; ,\r\n\t");
        snprintf(one, sizeof one, "%.*s", (int)(part < sizeof one ? part : sizeof one - 1), text);
        text += part;
        if (keep(name, sizeof name, one) == NULL)
            continue;
        if (len + strlen(name) + 2 > size)
            break;
        len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? "\n" : "", name);
    }
    return len > 0 ? out : NULL;
}

static void take_hashes(struct reply_certificate *out, const struct json_value *details)
{
    char text[120];
    if (reply_hash(out->sha1, sizeof out->sha1, reply_text(text, sizeof text, details, API_SHA1)))
        out->row.sha1 = out->sha1;
    if (reply_hash(out->sha256, sizeof out->sha256, reply_text(text, sizeof text, details, API_SHA256)))
        out->row.sha256 = out->sha256;
}

/* What details and reports call by the same names. */
static enum cs_err take_common(struct reply_certificate *out, const struct json_value *object)
{
    struct inventory_certificate *row = &out->row;
    char text[300];
    *row = (struct inventory_certificate){0};
    if (!reply_id(object, API_ID, &row->external_id) && !reply_id(object, API_SSL_ID, &row->external_id))
        return CS_E_MALFORMED;
    row->common_name = reply_text(out->common_name, sizeof out->common_name, object, API_COMMON_NAME);
    if (reply_serial(out->serial, sizeof out->serial, reply_text(text, sizeof text, object, API_SERIAL)))
        row->serial = out->serial;
    if (!reply_id(object, API_ORG_ID, &row->organization_id))
        row->organization_id = 0;
    row->state = reply_text(out->state, sizeof out->state, object, API_STATUS);
    row->requester = reply_text(out->requester, sizeof out->requester, object, API_REQUESTER);
    row->requested_via = reply_text(out->requested_via, sizeof out->requested_via, object, API_REQUESTED_VIA);
    row->managed = is_managed(object, row->requested_via);
    row->issued_s = date_of(object, API_ISSUED);
    row->expires_s = date_of(object, API_EXPIRES);
    row->revoked_s = date_of(object, API_REVOKED);
    return CS_OK;
}

enum cs_err reply_certificate(struct reply_certificate *out, const struct json_value *object)
{
    const struct json_value *details = json_get(object, api_field(API_DETAILS));
    enum cs_err err = take_common(out, object);
    if (err != CS_OK)
        return err;
    out->row.names = join_names(out->names, sizeof out->names, json_get(object, api_field(API_ALT_NAMES)));
    out->row.issuer = reply_text(out->issuer, sizeof out->issuer, details, API_ISSUER);
    take_hashes(out, details);
    return CS_OK;
}

enum cs_err reply_report_row(struct reply_certificate *out, const struct json_value *object)
{
    char text[120];
    enum cs_err err = take_common(out, object);
    if (err != CS_OK)
        return err;
    out->row.names = split_names(out->names, sizeof out->names,
                                 json_to_string(json_get(object, api_field(API_REPORT_NAMES))));
    out->row.issuer = reply_text(out->issuer, sizeof out->issuer, object, API_ISSUER);
    if (reply_hash(out->sha1, sizeof out->sha1, reply_text(text, sizeof text, object, API_REPORT_SHA1)))
        out->row.sha1 = out->sha1;
    return CS_OK;
}
