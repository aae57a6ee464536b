// SPDX-License-Identifier: Apache-2.0
#include "api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "base/text.h"
#include "page.h"
#include "push.h"

/* A resource that is listed and shown: the list has only some members of what the data file holds. */
struct resource {
    const char *path;
    const char *data;  /* its array in the data file */
    const char *right; /* that it takes */
    const char *id;    /* member by which one is shown */
    const char *list_id;
    const char *members[5]; /* of a row of the list, besides the id */
    bool paged;
    int missing_code;
    const char *missing;
};

static const struct resource resources[] = {
    {"/api/organization/v1",
     "organizations",
     "organizations",
     "id",
     "id",
     {"name", "departments"},
     false,
     -1023,
     "Organization not found"},
    {"/api/domain/v1", "domains", "domains", "id", "id", {"name"}, true, -727, "Domain does not exist"},
    {"/api/ssl/v1",
     "certificates",
     "certificates",
     "id",
     "sslId",
     {"commonName", "subjectAlternativeNames", "serialNumber"},
     true,
     -124,
     "Wrong SSL id"},
    {"/api/admin/v1",
     "admins",
     "admins",
     "id",
     "id",
     {"type", "login", "forename", "surname", "email"},
     true,
     -16,
     "Unknown user"},
};
#define RESOURCE_COUNT (sizeof resources / sizeof resources[0])

static const char *const secrets[] = {"password", "clientId",           "clientSecret",
                                      "rights",   "mustChangePassword", "locations"};

static cJSON *copy_without_secrets(const cJSON *object)
{
    cJSON *copy = cJSON_Duplicate(object, true);
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(copy, secrets[i]);
    return copy;
}

static cJSON *list_row(const struct resource *resource, const cJSON *object)
{
    cJSON *row = cJSON_CreateObject();
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(object, resource->id);
    cJSON_AddItemToObject(row, resource->list_id, cJSON_Duplicate(id, true));
    for (size_t i = 0; i < 5 && resource->members[i] != NULL; i++) {
        const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, resource->members[i]);
        if (member != NULL)
            cJSON_AddItemToObject(row, resource->members[i], cJSON_Duplicate(member, true));
    }
    cJSON *department;
    cJSON_ArrayForEach(department, cJSON_GetObjectItemCaseSensitive(row, "departments"))
        cJSON_DeleteItemFromObjectCaseSensitive(department, "contactEmails"); /* details have it */
    return row;
}

/* The filters that the lists share; an empty one counts as none. */
static bool passes(const struct question *question, const cJSON *object)
{
    static const char *const filters[] = {"name", "login", "commonName", "serialNumber", "status", "orgId"};
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        const char *wanted = question_argument(question, filters[i]);
        const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, filters[i]);
        if (wanted == NULL || wanted[0] == '\0')
            continue;
        if (cJSON_IsNumber(member) && member->valueint != atoi(wanted))
            return false;
        if (!cJSON_IsNumber(member) &&
            (cJSON_GetStringValue(member) == NULL || !text_equals(member->valuestring, wanted)))
            return false;
    }
    return true;
}

/* Hashes stand in the details. */
static bool has_hash(const struct question *question, const cJSON *object)
{
    const char *wanted = question_argument(question, "sha1Hash");
    const char *hash = world_text(cJSON_GetObjectItemCaseSensitive(object, "certificateDetails"), "sha1Hash");
    return wanted == NULL || wanted[0] == '\0' || (hash != NULL && text_equals(hash, wanted));
}

static void list(struct world *world, const struct resource *resource, const struct question *question,
                 struct answer *answer)
{
    struct page page = {.size = 1000000};
    int at = 0;
    const cJSON *object;
    if (resource->paged && !page_read(world, question, &page, answer))
        return;
    answer->json = cJSON_CreateArray();
    cJSON_ArrayForEach(object, world_list(world, resource->data))
    {
        if (!passes(question, object) || !has_hash(question, object))
            continue;
        if (page_has(&page, at))
            cJSON_AddItemToArray(answer->json, list_row(resource, object));
        at++;
    }
    answer->total = resource->paged ? at : -1;
}

/* Departments share the numbers of organizations, and are asked for in the same way. */
static const cJSON *find_by_id(const cJSON *objects, const char *id_name, int id)
{
    const cJSON *object;
    cJSON_ArrayForEach(object, objects)
    {
        const cJSON *department;
        if (world_number(object, id_name, -1) == id)
            return object;
        cJSON_ArrayForEach(department, cJSON_GetObjectItemCaseSensitive(object, "departments"))
        {
            if (world_number(department, id_name, -1) == id)
                return department;
        }
    }
    return NULL;
}

static void show(struct world *world, const struct resource *resource, const char *id, struct answer *answer)
{
    const cJSON *object = find_by_id(world_list(world, resource->data), resource->id, atoi(id));
    if (object != NULL)
        answer->json = copy_without_secrets(object);
    else
        answer_error(answer, 404, resource->missing_code, resource->missing);
}

static bool wants_organization(const cJSON *wanted, int organization)
{
    const cJSON *item;
    if (cJSON_GetArraySize(wanted) == 0)
        return true;
    cJSON_ArrayForEach(item, wanted)
    {
        if (cJSON_IsNumber(item) && item->valueint == organization)
            return true;
    }
    return false;
}

static void copy_as(cJSON *to, const char *as, const cJSON *from, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(from, name);
    if (member != NULL)
        cJSON_AddItemToObject(to, as, cJSON_Duplicate(member, true));
}

static cJSON *report_row(const cJSON *object)
{
    static const char *const same[] = {"id",        "commonName",   "orgId",     "status",
                                       "requester", "requestedVia", "expires",   "serialNumber",
                                       "revoked",   "issued",       "requested", "replaced"};
    cJSON *row = cJSON_CreateObject();
    const cJSON *details = cJSON_GetObjectItemCaseSensitive(object, "certificateDetails");
    const cJSON *name;
    struct buf names = {0};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        copy_as(row, same[i], object, same[i]);
    copy_as(row, "issuer", details, "issuer");
    copy_as(row, "sha1", details, "sha1Hash");
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(object, "subjectAlternativeNames"))
        buf_printf(&names, "%s%s", names.len > 0 ? "; " : "", cJSON_GetStringValue(name));
    cJSON_AddStringToObject(row, "subjAltNames", buf_str(&names));
    buf_dispose(&names);
    return row;
}

static void report(struct world *world, const struct question *question, struct answer *answer)
{
    cJSON *body = cJSON_Parse(buf_str(&question->body));
    const cJSON *wanted = cJSON_GetObjectItemCaseSensitive(body, "organizationIds");
    const cJSON *object;
    if (!cJSON_IsObject(body)) {
        cJSON_Delete(body);
        answer_error(answer, 400, -1002, "Cannot parse message body");
        return;
    }
    answer->json = cJSON_CreateObject();
    cJSON_AddNumberToObject(answer->json, "statusCode", 0);
    cJSON *rows = cJSON_AddArrayToObject(answer->json, "reports");
    cJSON_ArrayForEach(object, world_list(world, "certificates"))
    {
        if (wants_organization(wanted, world_number(object, "orgId", 0)))
            cJSON_AddItemToArray(rows, report_row(object));
    }
    cJSON_Delete(body);
}

static void password_state(const struct question *question, struct answer *answer)
{
    answer->json = cJSON_CreateObject();
    copy_as(answer->json, "state", question->admin, "passwordState");
    copy_as(answer->json, "expirationDate", question->admin, "passwordExpiryDate");
}

void api_answer(struct world *world, const struct question *question, struct answer *answer)
{
    bool is_get = strcmp(question->method, "GET") == 0 || strcmp(question->method, "HEAD") == 0;
    answer->status = 200;
    if (discovery_answer(world, question, answer))
        return;
    if (auth_is_bucket(world, question)) {
        answer_error(answer, 401, -16, "Unknown user");
        return;
    }
    if (import_answer(world, question, answer) || location_answer(world, question, answer) ||
        rule_answer(world, question, answer) || bucket_answer(world, question, answer) ||
        task_answer(world, question, answer) || run_answer(world, question, answer))
        return;
    if (strcmp(question->path, "/api/admin/v1/password") == 0 && is_get) {
        password_state(question, answer);
        return;
    }
    if (strcmp(question->path, "/api/report/v1/ssl-certificates") == 0 && !is_get) {
        if (auth_right(question, "report", answer))
            report(world, question, answer);
        return;
    }
    for (size_t i = 0; i < RESOURCE_COUNT && is_get; i++) {
        const struct resource *resource = &resources[i];
        size_t len = strlen(resource->path);
        if (strncmp(question->path, resource->path, len) != 0 ||
            (question->path[len] != '\0' && question->path[len] != '/'))
            continue;
        if (!auth_right(question, resource->right, answer))
            return;
        if (question->path[len] == '/')
            show(world, resource, question->path + len + 1, answer);
        else
            list(world, resource, question, answer);
        return;
    }
    answer_error(answer, 404, -1, "There is no such call in the simulator");
}
