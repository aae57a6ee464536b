// SPDX-License-Identifier: Apache-2.0
#include "scm/rule_reply.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scm/rule_order.h"

/* ---- rules ---- */

void rule_filter_append(struct buf *out, const char *type, const char *match, const char *value)
{
    text_append_printable(out, type, strlen(type));
    buf_append_char(out, ' ');
    text_append_printable(out, match, strlen(match));
    buf_append_str(out, " \"");
    text_append_printable(out, value, strlen(value));
    buf_append_str(out, "\"\n");
}

/* The filters as SCM has them, and as an expression until one has no equivalent. A value that is cut would be
 * another one, so an over-long text counts as none. */
static enum cs_err take_filter(struct rule_reply *out, const struct json_value *item, struct buf *filters,
                               struct buf *match)
{
    const struct scm_filter filter = {
        .type = json_to_string(json_get(item, api_field(API_FILTER_TYPE))),
        .match = json_to_string(json_get(item, api_field(API_MATCH_TYPE))),
        .value = json_to_string(json_get(item, api_field(API_VALUE))),
    };
    rule_filter_append(filters, filter.type != NULL ? filter.type : "?",
                       filter.match != NULL ? filter.match : "?", filter.value != NULL ? filter.value : "");
    if (filter.value != NULL && strlen(filter.value) >= REPLY_TEXT)
        return diag_fail(&out->reason, CS_E_INVALID, "a value of more than %d bytes", REPLY_TEXT - 1);
    return scm_filter_to_text(match, &filter, &out->reason);
}

static enum cs_err take_filters(struct rule_reply *out, const struct json_value *list, struct buf *match)
{
    struct buf filters = {0};
    const struct json_value *item = json_is_array(list) ? json_array_first(list) : NULL;
    enum cs_err err = CS_OK;
    if (item == NULL)
        err = diag_fail(&out->reason, CS_E_INVALID, "it has no filters");
    else if (json_array_len(list) > SCM_FILTERS_MAX)
        err = diag_fail(&out->reason, CS_E_INVALID, "it has more than %d filters", SCM_FILTERS_MAX);
    for (size_t i = 0; item != NULL && i < SCM_FILTERS_MAX; item = json_next(item), i++) {
        struct buf unused = {0};
        enum cs_err found = take_filter(out, item, &filters, err == CS_OK ? match : &unused);
        err = err == CS_OK ? found : err;
        buf_dispose(&unused);
    }
    out->filters = buf_take_str(&filters);
    return out->filters != NULL ? err : CS_E_NOMEM;
}

enum cs_err reply_rule(struct rule_reply *out, int64_t id, const struct json_value *object)
{
    struct buf match = {0};
    *out = (struct rule_reply){.id = id};
    if (reply_text(out->name, sizeof out->name, object, API_NAME) == NULL)
        return CS_E_MALFORMED;
    if (!reply_id(object, API_ORG_ID, &out->organization_id))
        out->organization_id = 0;
    if (reply_text(out->cert_type, sizeof out->cert_type, object, API_CERT_TYPE) == NULL)
        memcpy(out->cert_type, "SSL", sizeof "SSL");
    enum cs_err err = take_filters(out, json_get(object, api_field(API_FILTERS)), &match);
    if (err == CS_OK) {
        out->match = buf_take_str(&match);
        err = out->match != NULL ? CS_OK : CS_E_NOMEM;
    }
    buf_dispose(&match);
    return err == CS_E_INVALID ? CS_OK : err;
}

void rule_reply_dispose(struct rule_reply *rule)
{
    free(rule->filters);
    free(rule->match);
    rule->filters = NULL;
    rule->match = NULL;
}

bool rule_reply_is_ssl(const struct rule_reply *rule)
{
    return text_equals(rule->cert_type, "SSL");
}

/* ---- buckets ---- */

static enum cs_err take_rules(struct bucket_reply *out, const struct json_value *list)
{
    const struct json_value *item = json_is_array(list) ? json_array_first(list) : NULL;
    size_t count = item != NULL ? json_array_len(list) : 0;
    if (count > BUCKET_RULES)
        return CS_E_LIMIT;
    if (count == 0)
        return CS_OK;
    out->rules = calloc(count, sizeof *out->rules);
    if (out->rules == NULL)
        return CS_E_NOMEM;
    for (; item != NULL; item = json_next(item)) {
        int64_t id;
        if (!json_to_int(item, &id) || id <= 0)
            return CS_E_MALFORMED;
        if (!rule_order_has(out->rules, out->rule_count, id))
            out->rules[out->rule_count++] = id;
    }
    return CS_OK;
}

enum cs_err reply_bucket(struct bucket_reply *out, const struct json_value *object)
{
    bool flag;
    *out = (struct bucket_reply){0};
    const char *id = json_to_string(json_get(object, api_field(API_ID)));
    if (id == NULL || strlen(id) >= sizeof out->id ||
        reply_text(out->id, sizeof out->id, object, API_ID) == NULL ||
        reply_text(out->name, sizeof out->name, object, API_NAME) == NULL)
        return CS_E_MALFORMED;
    if (json_to_bool(json_get(object, api_field(API_BUCKET_LOGIN)), &flag))
        out->authentication = flag ? TOLD_YES : TOLD_NO;
    return take_rules(out, json_get(object, api_field(API_BUCKET_RULES)));
}

void bucket_reply_dispose(struct bucket_reply *bucket)
{
    free(bucket->rules);
    bucket->rules = NULL;
    bucket->rule_count = 0;
}
