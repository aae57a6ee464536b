// SPDX-License-Identifier: Apache-2.0
#include "fault.h"

#include <stdio.h>
#include <string.h>

#include "auth.h"

#define BIG_BYTES ((size_t)10 << 20)

static const char *const kinds[FAULT_COUNT] = {
    [FAULT_STATUS] = "status",
    [FAULT_HTML] = "html",
    [FAULT_WRONG_TYPE] = "wrong-type",
    [FAULT_TRUNCATED] = "truncated",
    [FAULT_BIG] = "big",
    [FAULT_SLOW] = "slow",
    [FAULT_MISSING] = "missing",
    [FAULT_NULL] = "null",
    [FAULT_DUPLICATES] = "duplicates",
    [FAULT_EMPTY] = "empty",
    [FAULT_EXPIRE_TOKENS] = "expire-tokens",
    [FAULT_DROP] = "drop",
    [FAULT_REFUSE] = "refuse",
    [FAULT_REFUSE_BATCH] = "refuse-batch",
    [FAULT_ROWS_MISSING] = "rows-missing",
    [FAULT_ROWS_EXTRA] = "rows-extra",
    [FAULT_REVERSED] = "reversed",
    [FAULT_HEADERLESS] = "headerless",
};

static enum fault_kind kind_of(const cJSON *fault)
{
    const char *name = world_text(fault, "kind");
    enum fault_kind kind = 0;
    while (kind < FAULT_COUNT && (name == NULL || strcmp(kinds[kind], name) != 0))
        kind++;
    return kind;
}

bool fault_set(struct world *world, const char *json)
{
    cJSON *faults = cJSON_Parse(json);
    const cJSON *fault;
    bool good = cJSON_IsArray(faults);
    if (good) {
        cJSON_ArrayForEach(fault, faults) good = good && kind_of(fault) != FAULT_COUNT;
    }
    if (good) {
        cJSON_Delete(world->faults);
        world->faults = faults;
    } else {
        cJSON_Delete(faults);
    }
    return good;
}

/* Counts "after" down, then "times"; without "times" it stays. */
static bool is_due(cJSON *fault, const struct question *question)
{
    const char *prefix = world_text(fault, "path");
    cJSON *after = cJSON_GetObjectItemCaseSensitive(fault, "after");
    cJSON *times = cJSON_GetObjectItemCaseSensitive(fault, "times");
    if (prefix != NULL && strncmp(question->path, prefix, strlen(prefix)) != 0)
        return false;
    if (cJSON_IsNumber(after) && after->valueint > 0) {
        cJSON_SetNumberValue(after, after->valueint - 1);
        return false;
    }
    if (!cJSON_IsNumber(times))
        return true;
    if (times->valueint <= 0)
        return false;
    cJSON_SetNumberValue(times, times->valueint - 1);
    return true;
}

/* The fault of this kind that is due now, or NULL. */
const cJSON *fault_due(struct world *world, enum fault_kind kind, const struct question *question)
{
    cJSON *fault;
    cJSON_ArrayForEach(fault, world->faults)
    {
        if (kind_of(fault) == kind && is_due(fault, question))
            return fault;
    }
    return NULL;
}

static void set_status(const cJSON *fault, struct answer *answer)
{
    const char *description = world_text(fault, "description");
    answer_error(answer, world_number(fault, "status", 500), world_number(fault, "code", -1),
                 description != NULL ? description : "Unknown error");
    answer->retry_after_s = world_number(fault, "retryAfter", -1);
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(fault, "bodyless"))) {
        cJSON_Delete(answer->json);
        answer->json = NULL;
    }
}

bool fault_before(struct world *world, const struct question *question, struct answer *answer)
{
    const cJSON *fault = fault_due(world, FAULT_SLOW, question);
    if (fault != NULL) {
        const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(fault, "seconds");
        answer->delay_s = cJSON_IsNumber(seconds) ? seconds->valuedouble : 5;
    }
    if (fault_due(world, FAULT_EXPIRE_TOKENS, question) != NULL)
        auth_expire_tokens(world);
    fault = fault_due(world, FAULT_STATUS, question);
    if (fault != NULL) {
        set_status(fault, answer);
        return true;
    }
    fault = fault_due(world, FAULT_HTML, question);
    if (fault == NULL)
        return false;
    answer->status = world_number(fault, "status", 200);
    answer->type = "text/html";
    buf_append_str(&answer->text,
                   "<!DOCTYPE html><html><head><title>Proxy</title></head><body>Please log in</body></html>");
    return true;
}

/* In every object of the answer, at any depth, `field` is taken away or made null. */
static void spoil(cJSON *value, const char *field, bool remove)
{
    cJSON *child;
    if (remove && cJSON_IsObject(value))
        cJSON_DeleteItemFromObjectCaseSensitive(value, field);
    else if (cJSON_IsObject(value) && cJSON_HasObjectItem(value, field))
        cJSON_ReplaceItemInObjectCaseSensitive(value, field, cJSON_CreateNull());
    cJSON_ArrayForEach(child, value) spoil(child, field, remove);
}

static void make_big(struct answer *answer)
{
    cJSON_Delete(answer->json);
    answer->json = NULL;
    buf_append_char(&answer->text, '[');
    while (answer->text.len < BIG_BYTES)
        buf_append_str(&answer->text, "{\"id\":1,\"name\":\"filler.example.org\"},");
    buf_append_str(&answer->text, "{}]");
}

void fault_after(struct world *world, const struct question *question, struct answer *answer)
{
    const cJSON *fault = fault_due(world, FAULT_MISSING, question);
    if (fault != NULL)
        spoil(answer->json, world_text(fault, "field"), true);
    fault = fault_due(world, FAULT_NULL, question);
    if (fault != NULL)
        spoil(answer->json, world_text(fault, "field"), false);
    answer->drop = fault_due(world, FAULT_DROP, question) != NULL;
    if (fault_due(world, FAULT_HEADERLESS, question) != NULL)
        answer->location[0] = '\0';
    answer->cut = fault_due(world, FAULT_TRUNCATED, question) != NULL;
    if (fault_due(world, FAULT_WRONG_TYPE, question) != NULL)
        answer->type = "text/plain";
    if (fault_due(world, FAULT_BIG, question) != NULL)
        make_big(answer);
    if (fault_due(world, FAULT_EMPTY, question) != NULL) {
        cJSON_Delete(answer->json);
        answer->json = NULL;
    }
}

int fault_shift(struct world *world, const struct question *question)
{
    const cJSON *fault = fault_due(world, FAULT_DUPLICATES, question);
    return fault != NULL ? world_number(fault, "rows", 1) : 0;
}
