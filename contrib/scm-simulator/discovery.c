// SPDX-License-Identifier: Apache-2.0
/* The Discovery Import API, as far as it is known: operations that are in progress, completed or cancelled.
 * What comes under one shows in its bucket once it is completed. Paths and members of the import are this
 * project's guess. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "push.h"

#define PREFIX "/api/v1/operations"

/* Of the bucket that asks. */
static cJSON *operations_of(struct world *world, const struct question *question)
{
    cJSON *bucket;
    cJSON *asking = NULL;
    cJSON_ArrayForEach(bucket, world_array(world, "buckets"))
    {
        if (bucket == question->admin)
            asking = bucket;
    }
    cJSON *operations = cJSON_GetObjectItemCaseSensitive(asking, "operations");
    return cJSON_IsArray(operations) ? operations : cJSON_AddArrayToObject(asking, "operations");
}

static void create(struct world *world, const struct question *question, struct answer *answer)
{
    cJSON *body = cJSON_Parse(buf_str(&question->body));
    const char *name = world_text(body, "name");
    cJSON *operations = operations_of(world, question);
    char id[40];
    if (name == NULL) {
        answer_error(answer, 400, -7, "A name is required");
        cJSON_Delete(body);
        return;
    }
    snprintf(id, sizeof id, "op-%d", cJSON_GetArraySize(operations) + 1);
    cJSON *operation = cJSON_CreateObject();
    cJSON_AddStringToObject(operation, "id", id);
    cJSON_AddStringToObject(operation, "name", name);
    cJSON_AddStringToObject(operation, "status", "in_progress");
    cJSON_AddArrayToObject(operation, "certificates");
    cJSON_AddItemToArray(operations, operation);
    snprintf(answer->location, sizeof answer->location, PREFIX "/%s", id);
    answer->status = 201;
    cJSON_Delete(body);
}

static void list(struct world *world, const struct question *question, struct answer *answer)
{
    const char *size_text = question_argument(question, "size");
    const char *position_text = question_argument(question, "position");
    int size = size_text != NULL ? atoi(size_text) : 20;
    int position = position_text != NULL ? atoi(position_text) : 0;
    int at = 0;
    const cJSON *operation;
    answer->json = cJSON_CreateArray();
    cJSON_ArrayForEach(operation, operations_of(world, question))
    {
        if (at >= position && at < position + size) {
            cJSON *row = cJSON_Duplicate(operation, true);
            cJSON_DeleteItemFromObjectCaseSensitive(row, "certificates");
            cJSON_AddItemToArray(answer->json, row);
        }
        at++;
    }
    answer->total = at;
}

static bool is_open(const cJSON *operation)
{
    return strcmp(world_text(operation, "status"), "in_progress") == 0;
}

/* The same certificate at the same place again changes nothing. */
static void take_entry(cJSON *certificates, const cJSON *entry)
{
    const cJSON *other;
    cJSON_ArrayForEach(other, certificates)
    {
        if (cJSON_Compare(other, entry, true))
            return;
    }
    cJSON_AddItemToArray(certificates, cJSON_Duplicate(entry, true));
}

static void import(cJSON *operation, const struct question *question, struct answer *answer)
{
    cJSON *body = cJSON_Parse(buf_str(&question->body));
    const cJSON *entries = cJSON_GetObjectItemCaseSensitive(body, "certificates");
    const cJSON *entry;
    cJSON_ArrayForEach(entry, entries)
    {
        bool is_ca;
        cJSON *object = certificate_object(world_text(entry, "certificate"), &is_ca);
        if (object == NULL || !cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(entry, "location")))
            answer_error(answer, 400, -1601, "Invalid value of field certificates");
        cJSON_Delete(object);
    }
    if (!cJSON_IsArray(entries))
        answer_error(answer, 400, -1002, "Cannot parse message body");
    else if (!is_open(operation))
        answer_error(answer, 400, -1021, "The operation is not in progress");
    if (answer->json == NULL) {
        cJSON_ArrayForEach(entry, entries)
            take_entry(cJSON_GetObjectItemCaseSensitive(operation, "certificates"), entry);
        answer->status = 202;
    }
    cJSON_Delete(body);
}

static void set_status(cJSON *operation, const struct question *question, struct answer *answer)
{
    cJSON *body = cJSON_Parse(buf_str(&question->body));
    const char *status = world_text(body, "status");
    bool known = status != NULL && (strcmp(status, "completed") == 0 || strcmp(status, "cancelled") == 0);
    if (!known)
        answer_error(answer, 400, -1601, "Invalid value of field status");
    else if (!is_open(operation) && strcmp(world_text(operation, "status"), status) != 0)
        answer_error(answer, 400, -1021, "The operation is not in progress");
    else
        cJSON_ReplaceItemInObjectCaseSensitive(operation, "status", cJSON_CreateString(status));
    cJSON_Delete(body);
}

static void one_operation(struct world *world, const struct question *question, struct answer *answer)
{
    const char *id = question->path + strlen(PREFIX "/");
    size_t len = strcspn(id, "/");
    cJSON *operation;
    cJSON *found = NULL;
    cJSON_ArrayForEach(operation, operations_of(world, question))
    {
        const char *own = world_text(operation, "id");
        if (strlen(own) == len && strncmp(own, id, len) == 0)
            found = operation;
    }
    if (found == NULL)
        answer_error(answer, 404, -1, "Operation not found");
    else if (strcmp(id + len, "/certificates") == 0 && strcmp(question->method, "POST") == 0)
        import(found, question, answer);
    else if (id[len] != '\0')
        answer_error(answer, 404, -1, "There is no such call in the simulator");
    else if (strcmp(question->method, "PUT") == 0)
        set_status(found, question, answer);
    else
        answer->json = cJSON_Duplicate(found, true);
}

bool discovery_answer(struct world *world, const struct question *question, struct answer *answer)
{
    if (strncmp(question->path, PREFIX, strlen(PREFIX)) != 0)
        return false;
    if (!auth_is_bucket(world, question))
        answer_error(answer, 401, -16, "Unknown user");
    else if (question->path[strlen(PREFIX)] == '/')
        one_operation(world, question, answer);
    else if (strcmp(question->method, "POST") == 0)
        create(world, question, answer);
    else
        list(world, question, answer);
    return true;
}
