// SPDX-License-Identifier: Apache-2.0
/* Network discovery tasks (v4), their runs, and what these found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "base/text.h"
#include "page.h"
#include "push.h"

#define PREFIX "/api/discovery/v4/net_task"
#define RUNS   "/api/discovery/v1/net_task"

/* What the filter takes, and what answers say instead. */
static const char *const states[][2] = {
    {"IN_PROCESS", "Scan in process"},
    {"FAILED", "Scan FAILED"},
    {"CANCELED", "Scan CANCELED by user"},
    {"SUCCESSFUL", "Scan completed (Successful)"},
    {"PARTIAL_SUCCESSFUL", "Scan completed (Partial SUCCESSFUL)"},
    {"PROCESSING_RESULT", "Scan completed (Processing Result)"},
};

static cJSON *find_task(const struct world *world, int id, int *place)
{
    cJSON *task;
    *place = 0;
    cJSON_ArrayForEach(task, world_list(world, "tasks"))
    {
        if (world_number(task, "id", -1) == id)
            return task;
        ++*place;
    }
    return NULL;
}

static void add_status(cJSON *to, const cJSON *task)
{
    const char *status = world_text(task, "status");
    for (size_t i = 0; i < sizeof states / sizeof states[0] && status != NULL; i++) {
        if (strcmp(states[i][0], status) == 0)
            status = states[i][1];
    }
    if (status != NULL)
        cJSON_AddStringToObject(to, "status", status);
    else
        cJSON_AddNullToObject(to, "status");
}

static void set_text(cJSON *object, const char *name, const char *text)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    cJSON_AddStringToObject(object, name, text);
}

static void list(struct world *world, const struct question *question, struct answer *answer)
{
    struct page page;
    const char *name = question_argument(question, "name");
    const cJSON *task;
    int at = 0;
    if (!page_read(world, question, &page, answer))
        return;
    answer->json = cJSON_CreateArray();
    cJSON_ArrayForEach(task, world_list(world, "tasks"))
    {
        const char *own = world_text(task, "name");
        if ((name != NULL && name[0] != '\0' && (own == NULL || !text_contains(own, name))) ||
            !page_has(&page, at++))
            continue;
        cJSON *row = cJSON_CreateObject();
        cJSON_AddNumberToObject(row, "taskId", world_number(task, "id", 0));
        cJSON_AddStringToObject(row, "name", own != NULL ? own : "");
        add_status(row, task);
        cJSON_AddItemToArray(answer->json, row);
    }
}

/* The bucket is not told. */
static void show(const cJSON *task, struct answer *answer)
{
    static const char *const hidden[] = {"id", "certBucketId", "operations", "status"};
    answer->json = cJSON_Duplicate(task, true);
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(answer->json, hidden[i]);
    add_status(answer->json, task);
}

/* a.b.c.d/n, or a name without slash. */
static bool is_address(const char *text)
{
    unsigned parts[5] = {0};
    int len = 0;
    if (text == NULL || strlen(text) > 253 || strchr(text, '/') == NULL)
        return text != NULL && text[0] != '\0' && strlen(text) <= 253;
    char *end = (char *)(uintptr_t)text;
    for (; len < 5 && *end >= '0' && *end <= '9'; len++) {
        parts[len] = (unsigned)strtoul(end, &end, 10);
        end += *end == (len < 3 ? '.' : '/');
    }
    return len == 5 && *end == '\0' && parts[0] < 256 && parts[1] < 256 && parts[2] < 256 && parts[3] < 256 &&
           parts[4] <= 32;
}

static bool check_task(const struct world *world, const cJSON *body, struct answer *answer)
{
    const cJSON *ranges = cJSON_GetObjectItemCaseSensitive(body, "ranges");
    const cJSON *range;
    const cJSON *bucket;
    const char *wanted = world_text(body, "certBucketId");
    bool has_bucket = false;
    int code = 0;
    cJSON_ArrayForEach(bucket, world_list(world, "buckets"))
    {
        const char *id = world_text(bucket, "id");
        has_bucket |= wanted != NULL && id != NULL && strcmp(id, wanted) == 0;
    }
    if (!cJSON_IsObject(body))
        code = -1002;
    else if (world_text(body, "name") == NULL || world_text(body, "agent") == NULL ||
             world_text(body, "frequency") == NULL || world_text(body, "timeZone") == NULL ||
             !cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(body, "time")) || wanted == NULL)
        code = -7;
    else if (!has_bucket)
        code = -1601;
    else if (cJSON_GetArraySize(ranges) == 0)
        code = -615;
    cJSON_ArrayForEach(range, ranges)
    {
        if (code == 0 && !is_address(world_text(range, "address")))
            code = -304;
    }
    if (code != 0)
        answer_error(answer, 400, code,
                     code == -615   ? "The task has no range"
                     : code == -304 ? "Malformed CIDR"
                                    : "Invalid task");
    return code == 0;
}

static void write_task(struct world *world, int id, const cJSON *body, struct answer *answer)
{
    int place;
    cJSON *old = find_task(world, id, &place);
    cJSON *task = cJSON_Duplicate(body, true);
    const cJSON *other;
    if (old == NULL && id != 0) {
        cJSON_Delete(task);
        answer_error(answer, 404, -1601, "Task not found");
        return;
    }
    for (int next = 1; id == 0 && old == NULL; next++) {
        id = next;
        cJSON_ArrayForEach(other, world_list(world, "tasks")) id =
            world_number(other, "id", 0) == next ? 0 : id;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(task, "id");
    cJSON_AddNumberToObject(task, "id", id);
    if (old != NULL) {
        cJSON *operations = cJSON_DetachItemFromObjectCaseSensitive(old, "operations");
        if (operations != NULL)
            cJSON_AddItemToObject(task, "operations", operations);
        cJSON_ReplaceItemInArray(world_array(world, "tasks"), place, task);
        return;
    }
    cJSON_AddItemToArray(world_array(world, "tasks"), task);
    snprintf(answer->location, sizeof answer->location, PREFIX "/%d", id);
    answer->status = 201;
}

static cJSON *runs_of(cJSON *task)
{
    cJSON *runs = cJSON_GetObjectItemCaseSensitive(task, "operations");
    return cJSON_IsArray(runs) ? runs : cJSON_AddArrayToObject(task, "operations");
}

static bool is_state(const cJSON *run, const char *state)
{
    const char *status = world_text(run, "status");
    return status != NULL && strcmp(status, state) == 0;
}

static void start(cJSON *task, struct answer *answer)
{
    cJSON *run;
    char id[40];
    cJSON_ArrayForEach(run, runs_of(task))
    {
        if (is_state(run, "in_progress")) {
            answer_error(answer, 400, -618, "The discovery is running already");
            return;
        }
    }
    snprintf(id, sizeof id, "run-%d", cJSON_GetArraySize(runs_of(task)) + 1);
    run = cJSON_CreateObject();
    cJSON_AddStringToObject(run, "id", id);
    cJSON_AddStringToObject(run, "status", "in_progress");
    cJSON_AddStringToObject(run, "created", "2026-11-24T12:00:00.000Z");
    cJSON_AddItemToArray(runs_of(task), run);
    set_text(task, "status", "IN_PROCESS");
}

bool task_answer(struct world *world, const struct question *question, struct answer *answer)
{
    int place;
    char *action = NULL;
    const char *rest = path_after(question, PREFIX);
    if (rest == NULL)
        return false;
    if (!auth_right(question, "discovery", answer))
        return true;
    int id = (int)strtol(rest, &action, 10);
    cJSON *task = find_task(world, id, &place);
    if (rest[0] != '\0' && task == NULL) {
        answer_error(answer, 404, -1601, "Task not found");
    } else if (strcmp(action, "/start") == 0) {
        start(task, answer);
    } else if (question_is(question, "DELETE")) {
        cJSON_DeleteItemFromArray(world_array(world, "tasks"), place);
        answer->status = 204;
    } else if (question_is(question, "GET")) {
        if (task != NULL)
            show(task, answer);
        else
            list(world, question, answer);
    } else {
        cJSON *body = cJSON_Parse(buf_str(&question->body));
        if (check_task(world, body, answer))
            write_task(world, id, body, answer);
        cJSON_Delete(body);
    }
    return true;
}

/* ---- runs and results ---- */

/* A run that has been shown once is done the next time. */
static void show_run(cJSON *task, cJSON *run, cJSON *rows)
{
    cJSON *row = cJSON_Duplicate(run, true);
    cJSON_DeleteItemFromObjectCaseSensitive(row, "results");
    cJSON_AddItemToArray(rows, row);
    if (is_state(run, "in_progress")) {
        set_text(run, "status", "completed");
        set_text(task, "status", "SUCCESSFUL");
    }
}

/* It is managed where an SSL certificate has its hash. */
static void show_result(const struct world *world, const cJSON *result, cJSON *rows)
{
    char managed[40];
    const cJSON *other;
    cJSON *row = cJSON_Duplicate(result, true);
    cJSON *certificate = cJSON_GetObjectItemCaseSensitive(row, "certificate");
    const char *hash = world_text(certificate, "hash");
    cJSON_AddItemToArray(rows, row);
    cJSON_ArrayForEach(other, world_list(world, "certificates"))
    {
        const char *own =
            world_text(cJSON_GetObjectItemCaseSensitive(other, "certificateDetails"), "sha1Hash");
        if (hash == NULL || own == NULL || !text_equals(own, hash))
            continue;
        cJSON *metadata = cJSON_CreateObject();
        snprintf(managed, sizeof managed, "ssl:%d", world_number(other, "id", 0));
        cJSON_AddStringToObject(metadata, "managedId", managed);
        cJSON_AddItemToObject(certificate, "metadata", metadata);
        return;
    }
}

static void list_wrapped(struct world *world, const struct question *question, cJSON *task,
                         const cJSON *items, bool runs, struct answer *answer)
{
    struct page page;
    cJSON *item;
    int at = 0;
    if (!page_read(world, question, &page, answer))
        return;
    answer->json = cJSON_CreateObject();
    cJSON *rows = cJSON_AddArrayToObject(answer->json, "data");
    cJSON_ArrayForEach(item, items)
    {
        if (!page_has(&page, at++))
            continue;
        if (runs)
            show_run(task, item, rows);
        else
            show_result(world, item, rows);
    }
    cJSON_AddNumberToObject(answer->json, "total", at);
    if (!runs)
        answer->total = at;
}

static cJSON *find_run(cJSON *task, const char *id, size_t len)
{
    cJSON *run;
    cJSON_ArrayForEach(run, runs_of(task))
    {
        const char *own = world_text(run, "id");
        if (own != NULL && strlen(own) == len && strncmp(own, id, len) == 0)
            return run;
    }
    return NULL;
}

bool run_answer(struct world *world, const struct question *question, struct answer *answer)
{
    int place;
    char *action = NULL;
    const char *rest = path_after(question, RUNS);
    if (rest == NULL)
        return false;
    if (!auth_right(question, "discovery", answer))
        return true;
    cJSON *task = find_task(world, (int)strtol(rest, &action, 10), &place);
    if (task == NULL || strncmp(action, "/operation", 10) != 0) {
        answer_error(answer, 404, -1601, "Task not found");
        return true;
    }
    if (action[10] == '\0') {
        list_wrapped(world, question, task, runs_of(task), true, answer);
        return true;
    }
    const char *id = action + 11;
    size_t len = strcspn(id, "/");
    cJSON *run = find_run(task, id, len);
    if (run == NULL)
        answer_error(answer, 404, -1601, "Operation not found");
    else if (strcmp(id + len, "/stop") == 0)
        set_text(run, "status", "cancelled");
    else if (strcmp(id + len, "/result") == 0)
        list_wrapped(world, question, task, cJSON_GetObjectItemCaseSensitive(run, "results"), false, answer);
    else
        answer_error(answer, 404, -1, "There is no such call in the simulator");
    return true;
}
