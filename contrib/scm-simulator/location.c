// SPDX-License-Identifier: Apache-2.0
/* Where a certificate is used, and taking imported certificates out again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "push.h"

#define PREFIX "/api/ssl/v1/"

static cJSON *find_id(const cJSON *array, int id, int *place)
{
    cJSON *object;
    *place = 0;
    cJSON_ArrayForEach(object, array)
    {
        if (world_number(object, "id", -1) == id)
            return object;
        ++*place;
    }
    return NULL;
}

static cJSON *locations_of(cJSON *certificate)
{
    cJSON *locations = cJSON_GetObjectItemCaseSensitive(certificate, "locations");
    return cJSON_IsArray(locations) ? locations : cJSON_AddArrayToObject(certificate, "locations");
}

static bool is_custom(const cJSON *location)
{
    const char *type = world_text(location, "locationType");
    return type != NULL && strcmp(type, "CUSTOM") == 0;
}

/* At least one pair, and values that are strings. NULL: `answer` has the refusal. */
static cJSON *read_details(const struct question *question, struct answer *answer)
{
    cJSON *body = cJSON_Parse(buf_str(&question->body));
    cJSON *details = cJSON_DetachItemFromObjectCaseSensitive(body, "details");
    const cJSON *value;
    bool good = cJSON_IsObject(details) && cJSON_GetArraySize(details) > 0;
    cJSON_ArrayForEach(value, details) good = good && cJSON_IsString(value);
    cJSON_Delete(body);
    if (good)
        return details;
    cJSON_Delete(details);
    answer_error(answer, 400, -1601, "Invalid value of field details");
    return NULL;
}

static void create(struct world *world, const struct question *question, cJSON *certificate,
                   struct answer *answer)
{
    cJSON *details = read_details(question, answer);
    if (details == NULL)
        return;
    cJSON *location = cJSON_CreateObject();
    int id = world_number(world->tenant, "nextLocation", 9001);
    cJSON_DeleteItemFromObjectCaseSensitive(world->tenant, "nextLocation");
    cJSON_AddNumberToObject(world->tenant, "nextLocation", id + 1);
    cJSON_AddNumberToObject(location, "id", id);
    cJSON_AddStringToObject(location, "locationType", "CUSTOM");
    cJSON_AddItemToObject(location, "details", details);
    cJSON_AddItemToArray(locations_of(certificate), location);
    snprintf(answer->location, sizeof answer->location, PREFIX "%d/location/%d",
             world_number(certificate, "id", 0), id);
    answer->status = 201;
}

/* One location: read, changed, or gone. */
static void one_location(const struct question *question, cJSON *certificate, int id, struct answer *answer)
{
    int place;
    cJSON *location = find_id(locations_of(certificate), id, &place);
    bool changes = strcmp(question->method, "GET") != 0;
    if (location == NULL) {
        answer_error(answer, 404, -124, "Location not found");
    } else if (changes && !is_custom(location)) {
        answer_error(answer, 400, -1021, "Only custom locations can be changed");
    } else if (strcmp(question->method, "DELETE") == 0) {
        cJSON_DeleteItemFromArray(locations_of(certificate), place);
        answer->status = 204;
    } else if (strcmp(question->method, "PUT") == 0) {
        cJSON *details = read_details(question, answer);
        if (details != NULL)
            cJSON_ReplaceItemInObjectCaseSensitive(location, "details", details);
    } else {
        answer->json = cJSON_Duplicate(location, true);
    }
}

/* Only what was imported or discovered. */
static void delete_certificate(struct world *world, cJSON *certificate, int place, struct answer *answer)
{
    const char *via = world_text(certificate, "requestedVia");
    if (via == NULL || (strcmp(via, "Imported") != 0 && strcmp(via, "Discovery") != 0)) {
        answer_error(answer, 400, -1021, "Only imported or discovered certificates can be deleted");
        return;
    }
    cJSON_DeleteItemFromArray(world_array(world, "certificates"), place);
    answer->status = 204;
}

bool location_answer(struct world *world, const struct question *question, struct answer *answer)
{
    char *rest = NULL;
    int place;
    bool is_get = strcmp(question->method, "GET") == 0;
    if (strncmp(question->path, PREFIX, strlen(PREFIX)) != 0)
        return false;
    int id = (int)strtol(question->path + strlen(PREFIX), &rest, 10);
    bool of_location = strcmp(rest, "/location") == 0 || strncmp(rest, "/location/", 10) == 0;
    if (!of_location && strcmp(question->method, "DELETE") != 0)
        return false;
    if (!auth_right(question, is_get ? "certificates" : "sslManage", answer))
        return true;
    cJSON *certificate = find_id(world_list(world, "certificates"), id, &place);
    if (certificate == NULL)
        answer_error(answer, 404, -124, "Wrong SSL id");
    else if (!of_location)
        delete_certificate(world, certificate, place, answer);
    else if (rest[9] == '/')
        one_location(question, certificate, atoi(rest + 10), answer);
    else if (is_get)
        answer->json = cJSON_Duplicate(locations_of(certificate), true);
    else
        create(world, question, certificate, answer);
    return true;
}
