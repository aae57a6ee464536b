// SPDX-License-Identifier: Apache-2.0
/* Certificate buckets: what discovery puts into them, and the rules that give it to organizations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "auth.h"
#include "base/text.h"
#include "page.h"
#include "push.h"

#define PREFIX "/api/discovery/v1/bucket"

/* Not shown: the secret after it has been given out, and what is inside. */
static const char *const hidden[] = {"clientSecret", "operations", "certificates"};

static cJSON *find_bucket(const struct world *world, const char *id, size_t len)
{
    cJSON *bucket;
    cJSON_ArrayForEach(bucket, world_list(world, "buckets"))
    {
        const char *own = world_text(bucket, "id");
        if (own != NULL && strlen(own) == len && strncmp(own, id, len) == 0)
            return bucket;
    }
    return NULL;
}

static cJSON *shown(const cJSON *bucket)
{
    cJSON *copy = cJSON_Duplicate(bucket, true);
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(copy, hidden[i]);
    if (!cJSON_HasObjectItem(copy, "assignmentRules"))
        cJSON_AddArrayToObject(copy, "assignmentRules");
    if (!cJSON_HasObjectItem(copy, "authenticationEnabled"))
        cJSON_AddBoolToObject(copy, "authenticationEnabled", cJSON_HasObjectItem(copy, "clientId"));
    return copy;
}

static void list(struct world *world, const struct question *question, struct answer *answer)
{
    struct page page;
    const char *name = question_argument(question, "name");
    const cJSON *bucket;
    int at = 0;
    if (!page_read(world, question, &page, answer))
        return;
    answer->json = cJSON_CreateArray();
    cJSON_ArrayForEach(bucket, world_list(world, "buckets"))
    {
        const char *own = world_text(bucket, "name");
        if (name != NULL && name[0] != '\0' && (own == NULL || !text_contains(own, name)))
            continue;
        if (page_has(&page, at++)) {
            cJSON *row = cJSON_CreateObject();
            cJSON_AddStringToObject(row, "id", world_text(bucket, "id"));
            cJSON_AddStringToObject(row, "name", own != NULL ? own : "");
            cJSON_AddItemToArray(answer->json, row);
        }
    }
    answer->total = at;
}

static void replace(cJSON *bucket, const cJSON *body, const char *name)
{
    const cJSON *given = cJSON_GetObjectItemCaseSensitive(body, name);
    if (given == NULL)
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(bucket, name);
    cJSON_AddItemToObject(bucket, name, cJSON_Duplicate(given, true));
}

static void random_text(char out[33])
{
    uint8_t random[16] = {0};
    if (getrandom(random, sizeof random, 0) != sizeof random)
        abort();
    hex_encode(out, random, sizeof random);
}

/* The secret is told just once. */
static void open_import(cJSON *bucket, cJSON *told)
{
    char id[33];
    char secret[33];
    random_text(id);
    random_text(secret);
    for (int i = 0; i < 2; i++) {
        cJSON *object = i == 0 ? bucket : told;
        cJSON_DeleteItemFromObjectCaseSensitive(object, "clientId");
        cJSON_AddStringToObject(object, "clientId", id);
        cJSON_AddStringToObject(object, "clientSecret", secret);
    }
}

static bool is_true(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool rules_exist(const struct world *world, const cJSON *body)
{
    const cJSON *id;
    const cJSON *rule;
    cJSON_ArrayForEach(id, cJSON_GetObjectItemCaseSensitive(body, "assignmentRules"))
    {
        bool found = false;
        cJSON_ArrayForEach(rule, world_list(world, "assignmentRules")) found |=
            world_number(rule, "id", -1) == id->valueint;
        if (!found)
            return false;
    }
    return true;
}

static void write_bucket(struct world *world, cJSON *bucket, const cJSON *body, struct answer *answer)
{
    const char *name = world_text(body, "name");
    char id[40];
    if (name == NULL || name[0] == '\0' || !rules_exist(world, body)) {
        answer_error(answer, 400, name == NULL ? -7 : -1601, "Invalid bucket");
        return;
    }
    bool is_new = bucket == NULL;
    bool was_open =
        !is_new && (is_true(bucket, "authenticationEnabled") || world_text(bucket, "clientId") != NULL);
    if (is_new) {
        bucket = cJSON_CreateObject();
        random_text(id);
        cJSON_AddStringToObject(bucket, "id", id);
        cJSON_AddItemToArray(world_array(world, "buckets"), bucket);
        snprintf(answer->location, sizeof answer->location, PREFIX "/%s", id);
        answer->status = 201;
    }
    replace(bucket, body, "name");
    replace(bucket, body, "assignmentRules");
    replace(bucket, body, "orgDelegations");
    replace(bucket, body, "authenticationEnabled");
    answer->json = is_new ? cJSON_CreateObject() : shown(bucket);
    if (is_true(body, "authenticationEnabled") && !was_open)
        open_import(bucket, answer->json);
    else if (!is_true(body, "authenticationEnabled"))
        cJSON_DeleteItemFromObjectCaseSensitive(bucket, "clientId"); /* and nobody can log in any more */
}

/* ---- what is in it ---- */

/* A certificate that discovery has found becomes an SSL object of the organization. */
static void make_managed(struct world *world, cJSON *found, int organization)
{
    const cJSON *details = cJSON_GetObjectItemCaseSensitive(found, "details");
    const cJSON *other;
    int id = 1;
    if (cJSON_HasObjectItem(found, "sslId"))
        return;
    cJSON_ArrayForEach(other, world_list(world, "certificates"))
    {
        if (world_number(other, "id", 0) >= id)
            id = world_number(other, "id", 0) + 1;
    }
    cJSON *object = cJSON_CreateObject();
    cJSON *hashes = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "id", id);
    cJSON_AddStringToObject(object, "commonName", world_text(details, "cn"));
    cJSON_AddNumberToObject(object, "orgId", organization);
    cJSON_AddStringToObject(object, "status", "Issued");
    cJSON_AddStringToObject(object, "requestedVia", "Discovery");
    cJSON_AddStringToObject(object, "serialNumber", world_text(details, "sn"));
    cJSON_AddStringToObject(hashes, "sha1Hash", world_text(found, "hash"));
    cJSON_AddItemToObject(object, "certificateDetails", hashes);
    cJSON_AddItemToArray(world_array(world, "certificates"), object);
    cJSON_AddNumberToObject(found, "sslId", id);
}

static void run_rules(struct world *world, cJSON *bucket)
{
    cJSON *found;
    cJSON_ArrayForEach(found, cJSON_GetObjectItemCaseSensitive(bucket, "certificates"))
    {
        const cJSON *rule = rule_for(world, cJSON_GetObjectItemCaseSensitive(bucket, "assignmentRules"),
                                     cJSON_GetObjectItemCaseSensitive(found, "details"));
        if (rule != NULL)
            make_managed(world, found, world_number(rule, "orgId", 0));
    }
}

static void assign(struct world *world, cJSON *bucket, const struct question *question, struct answer *answer)
{
    cJSON *body = cJSON_Parse(buf_str(&question->body));
    const cJSON *hashes = cJSON_GetObjectItemCaseSensitive(body, "hashes");
    const cJSON *hash;
    cJSON *found;
    int organization = world_number(body, "organizationId", -1);
    if (cJSON_GetArraySize(hashes) == 0 || organization < 0 || world_text(body, "certType") == NULL) {
        answer_error(answer, 400, -7, "Required value is missing");
        cJSON_Delete(body);
        return;
    }
    cJSON_ArrayForEach(hash, hashes)
    {
        cJSON_ArrayForEach(found, cJSON_GetObjectItemCaseSensitive(bucket, "certificates"))
        {
            const char *own = world_text(found, "hash");
            const char *wanted = cJSON_GetStringValue(hash);
            if (own != NULL && wanted != NULL && text_equals(own, wanted))
                make_managed(world, found, organization);
        }
    }
    cJSON_Delete(body);
}

static void show_certificates(struct world *world, const cJSON *bucket, const struct question *question,
                              struct answer *answer)
{
    struct page page;
    const cJSON *found;
    int at = 0;
    if (!page_read(world, question, &page, answer))
        return;
    answer->json = cJSON_CreateObject();
    cJSON *rows = cJSON_AddArrayToObject(answer->json, "data");
    cJSON_ArrayForEach(found, cJSON_GetObjectItemCaseSensitive(bucket, "certificates"))
    {
        if (page_has(&page, at++)) {
            cJSON *row = cJSON_Duplicate(found, true);
            cJSON_DeleteItemFromObjectCaseSensitive(row, "sslId");
            cJSON_AddItemToArray(rows, row);
        }
    }
    cJSON_AddNumberToObject(answer->json, "total", at);
}

/* ---- calls ---- */

static void remove_bucket(struct world *world, const cJSON *bucket, struct answer *answer)
{
    int place = 0;
    const cJSON *other;
    cJSON_ArrayForEach(other, world_list(world, "buckets"))
    {
        if (other == bucket)
            break;
        place++;
    }
    cJSON_DeleteItemFromArray(world_array(world, "buckets"), place);
    answer->status = 204;
}

static void one_bucket(struct world *world, const struct question *question, cJSON *bucket,
                       const char *action, struct answer *answer)
{
    if (strcmp(action, "/certificates") == 0) {
        show_certificates(world, bucket, question, answer);
    } else if (strcmp(action, "/runrules") == 0) {
        run_rules(world, bucket);
    } else if (strcmp(action, "/assign") == 0) {
        assign(world, bucket, question, answer);
    } else if (strcmp(action, "/reset-client-secret") == 0) {
        answer->json = cJSON_CreateObject();
        open_import(bucket, answer->json);
    } else if (question_is(question, "PUT")) {
        cJSON *body = cJSON_Parse(buf_str(&question->body));
        write_bucket(world, bucket, body, answer);
        cJSON_Delete(body);
    } else if (question_is(question, "DELETE")) {
        remove_bucket(world, bucket, answer);
    } else {
        answer->json = shown(bucket);
    }
}

bool bucket_answer(struct world *world, const struct question *question, struct answer *answer)
{
    const char *rest = path_after(question, PREFIX);
    if (rest == NULL)
        return false;
    if (!auth_right(question, "discovery", answer))
        return true;
    size_t len = strcspn(rest, "/");
    cJSON *bucket = find_bucket(world, rest, len);
    if (len > 0 && bucket == NULL) {
        answer_error(answer, 404, -1601, "Bucket not found");
    } else if (len > 0) {
        one_bucket(world, question, bucket, rest + len, answer);
    } else if (question_is(question, "POST")) {
        cJSON *body = cJSON_Parse(buf_str(&question->body));
        write_bucket(world, NULL, body, answer);
        cJSON_Delete(body);
    } else {
        list(world, question, answer);
    }
    return true;
}
