// SPDX-License-Identifier: Apache-2.0
/* Assignment rules: a list of ids alone, changes by PUT on the collection, and no id in an answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "base/text.h"
#include "page.h"
#include "push.h"

#define PREFIX "/api/discovery/v1/assignmentrule"

static cJSON *find_rule(const struct world *world, int id, int *place)
{
    cJSON *rule;
    *place = 0;
    cJSON_ArrayForEach(rule, world_list(world, "assignmentRules"))
    {
        if (world_number(rule, "id", -1) == id)
            return rule;
        ++*place;
    }
    return NULL;
}

static bool is_organization(const struct world *world, int id)
{
    const cJSON *organization;
    const cJSON *department;
    cJSON_ArrayForEach(organization, world_list(world, "organizations"))
    {
        if (world_number(organization, "id", -1) == id)
            return true;
        cJSON_ArrayForEach(department, cJSON_GetObjectItemCaseSensitive(organization, "departments"))
        {
            if (world_number(department, "id", -1) == id)
                return true;
        }
    }
    return false;
}

static bool is_one_of(const char *text, const char *const *words)
{
    while (*words != NULL && (text == NULL || strcmp(*words, text) != 0))
        words++;
    return *words != NULL;
}

static bool is_good_filter(const cJSON *filter)
{
    static const char *const types[] = {"COMMON_NAME",
                                        "ORGANIZATION",
                                        "ORGANIZATION_UNIT",
                                        "CITY",
                                        "STATE",
                                        "COUNTRY",
                                        "SUBJECT_ALT_NAME",
                                        "ISSUER",
                                        "IP",
                                        "PORT",
                                        "KU",
                                        "EKU",
                                        "HOST_NAME",
                                        "DOMAIN_COMPONENT",
                                        "TEMPLATE_NAME",
                                        NULL};
    static const char *const matches[] = {"MATCHES",  "STARTS_WITH", "ENDS_WITH",
                                          "CONTAINS", "MATCH_REGEX", NULL};
    const char *value = world_text(filter, "value");
    return is_one_of(world_text(filter, "filterType"), types) &&
           is_one_of(world_text(filter, "matchType"), matches) && value != NULL && strlen(value) <= 128;
}

/* False: `answer` has the refusal. */
static bool check_rule(const struct world *world, const cJSON *rule, struct answer *answer)
{
    const cJSON *filters = cJSON_GetObjectItemCaseSensitive(rule, "filters");
    const cJSON *filter;
    const char *name = world_text(rule, "name");
    int code = 0;
    if (!cJSON_IsObject(rule))
        code = -1002;
    else if (name == NULL || name[0] == '\0' || strlen(name) > 128)
        code = -7;
    else if (!is_organization(world, world_number(rule, "orgId", -1)))
        code = -5001;
    else if (cJSON_GetArraySize(filters) == 0)
        code = -5002;
    cJSON_ArrayForEach(filter, filters)
    {
        if (code == 0 && !is_good_filter(filter))
            code = -1601;
    }
    if (code != 0)
        answer_error(answer, 400, code,
                     code == -5001   ? "No access to the organization of the rule"
                     : code == -5002 ? "Assignment rules must not be empty"
                                     : "Invalid rule");
    return code == 0;
}

static void list(struct world *world, const struct question *question, struct answer *answer)
{
    struct page page;
    const cJSON *rule;
    int at = 0;
    if (!page_read(world, question, &page, answer))
        return;
    answer->json = cJSON_CreateArray();
    cJSON_ArrayForEach(rule, world_list(world, "assignmentRules"))
    {
        if (page_has(&page, at++))
            cJSON_AddItemToArray(answer->json, cJSON_CreateNumber(world_number(rule, "id", 0)));
    }
    answer->total = -1;
}

static void create(struct world *world, cJSON *body, struct answer *answer)
{
    int id = 1;
    const cJSON *rule;
    cJSON_ArrayForEach(rule, world_list(world, "assignmentRules"))
    {
        if (world_number(rule, "id", 0) >= id)
            id = world_number(rule, "id", 0) + 1;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(body, "id");
    cJSON_AddNumberToObject(body, "id", id);
    cJSON_AddItemToArray(world_array(world, "assignmentRules"), cJSON_Duplicate(body, true));
    snprintf(answer->location, sizeof answer->location, PREFIX "/%d", id);
    answer->status = 201;
}

static void change(struct world *world, cJSON *body, struct answer *answer)
{
    int place;
    int id = world_number(body, "ruleId", -1);
    if (find_rule(world, id, &place) == NULL) {
        answer_error(answer, 404, -1601, "Rule not found");
        return;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(body, "ruleId");
    cJSON_DeleteItemFromObjectCaseSensitive(body, "id");
    cJSON_AddNumberToObject(body, "id", id);
    cJSON_ReplaceItemInArray(world_array(world, "assignmentRules"), place, cJSON_Duplicate(body, true));
    answer->status = 204;
}

static bool is_in_use(const struct world *world, int id)
{
    const cJSON *bucket;
    const cJSON *rule;
    cJSON_ArrayForEach(bucket, world_list(world, "buckets"))
    {
        cJSON_ArrayForEach(rule, cJSON_GetObjectItemCaseSensitive(bucket, "assignmentRules"))
        {
            if (rule->valueint == id)
                return true;
        }
    }
    return false;
}

static void one_rule(struct world *world, const struct question *question, int id, struct answer *answer)
{
    int place;
    cJSON *rule = find_rule(world, id, &place);
    if (rule == NULL) {
        answer_error(answer, 404, -1601, "Rule not found");
    } else if (question_is(question, "GET")) {
        answer->json = cJSON_Duplicate(rule, true);
        cJSON_DeleteItemFromObjectCaseSensitive(answer->json, "id");
    } else if (is_in_use(world, id)) {
        answer_error(answer, 400, -5003, "The rule is used by a net discovery task");
    } else {
        cJSON_DeleteItemFromArray(world_array(world, "assignmentRules"), place);
        answer->status = 204;
    }
}

bool rule_answer(struct world *world, const struct question *question, struct answer *answer)
{
    const char *rest = path_after(question, PREFIX);
    if (rest == NULL)
        return false;
    if (!auth_right(question, "discovery", answer))
        return true;
    if (strcmp(rest, "count") == 0) {
        answer->json = cJSON_CreateObject();
        cJSON_AddNumberToObject(answer->json, "count",
                                cJSON_GetArraySize(world_list(world, "assignmentRules")));
    } else if (rest[0] != '\0' && (question_is(question, "GET") || question_is(question, "DELETE"))) {
        one_rule(world, question, atoi(rest), answer);
    } else if (question_is(question, "GET")) {
        list(world, question, answer);
    } else {
        cJSON *body = cJSON_Parse(buf_str(&question->body));
        if (check_rule(world, body, answer)) {
            if (question_is(question, "POST"))
                create(world, body, answer);
            else
                change(world, body, answer);
        }
        cJSON_Delete(body);
    }
    return true;
}

/* ---- what a rule takes ---- */

static bool value_matches(const char *value, const char *match, const char *wanted)
{
    return value != NULL && (strcmp(match, "MATCHES") == 0       ? text_equals(value, wanted)
                             : strcmp(match, "STARTS_WITH") == 0 ? text_starts_with(value, wanted)
                             : strcmp(match, "ENDS_WITH") == 0   ? text_ends_with(value, wanted)
                             : strcmp(match, "CONTAINS") == 0    ? text_contains(value, wanted)
                                                                 : false);
}

/* Common and alternative names are all that the simulator compares. */
static bool filter_matches(const cJSON *filter, const cJSON *details)
{
    const char *type = world_text(filter, "filterType");
    const char *match = world_text(filter, "matchType");
    const char *wanted = world_text(filter, "value");
    const cJSON *name;
    if (type == NULL || match == NULL || wanted == NULL)
        return false;
    if (strcmp(type, "COMMON_NAME") == 0)
        return value_matches(world_text(details, "cn"), match, wanted);
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(details, "san"))
    {
        if (strcmp(type, "SUBJECT_ALT_NAME") == 0 && value_matches(cJSON_GetStringValue(name), match, wanted))
            return true;
    }
    return false;
}

const cJSON *rule_for(const struct world *world, const cJSON *ids, const cJSON *details)
{
    const cJSON *id;
    int place;
    cJSON_ArrayForEach(id, ids)
    {
        const cJSON *rule = find_rule(world, id->valueint, &place);
        const cJSON *filter;
        bool takes = rule != NULL;
        cJSON_ArrayForEach(filter, cJSON_GetObjectItemCaseSensitive(rule, "filters")) takes =
            takes && filter_matches(filter, details);
        if (takes)
            return rule;
    }
    return NULL;
}
