// SPDX-License-Identifier: Apache-2.0
#include "scm/task_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scm/reply.h"

static bool has_task(const struct task_list *list, int64_t id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].id == id)
            return true;
    }
    return false;
}

static enum cs_err add(struct task_list *list, int64_t id, const char *name, struct diag *diag)
{
    if (list->count == TASK_LIST_MAX)
        return diag_fail(diag, CS_E_LIMIT, "SCM has more than %d discovery tasks", TASK_LIST_MAX);
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 32 : list->cap * 2;
        struct listed_task *items = realloc(list->items, cap * sizeof *items);
        if (items == NULL)
            return diag_fail(diag, CS_E_NOMEM, "out of memory");
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count] = (struct listed_task){id, text_copy(name)};
    if (list->items[list->count].name == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    list->count++;
    return CS_OK;
}

static enum cs_err take_tasks(void *context, const struct json_value *rows, size_t *fresh, struct diag *diag)
{
    struct task_list *list = context;
    const struct json_value *row = json_array_first(rows);
    enum cs_err err = CS_OK;
    *fresh = 0;
    for (; row != NULL && err == CS_OK; row = json_next(row)) {
        char name[2 * REPLY_TEXT];
        int64_t id;
        if (!reply_id(row, API_TASK_ID, &id) || reply_text(name, sizeof name, row, API_NAME) == NULL)
            return diag_fail(diag, CS_E_MALFORMED, "GET %s: a task without a usable id or name",
                             api_call_info(CALL_TASKS)->path);
        if (has_task(list, id))
            continue;
        err = add(list, id, name, diag);
        *fresh += err == CS_OK;
    }
    return err;
}

static bool is_meant(const struct listed_task *task, const char *wanted)
{
    uint64_t id;
    return strcmp(task->name, wanted) == 0 ||
           (text_to_u64(wanted, strlen(wanted), INT32_MAX, &id) == CS_OK && (int64_t)id == task->id);
}

static enum cs_err choose(struct task_list *list, const char *wanted, struct diag *diag)
{
    char shown[160];
    size_t found = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!is_meant(&list->items[i], wanted))
            continue;
        struct listed_task kept = list->items[i];
        list->items[i] = list->items[found];
        list->items[found++] = kept;
    }
    if (found == 1) {
        while (list->count > 1)
            free(list->items[--list->count].name);
        return CS_OK;
    }
    text_printable(shown, sizeof shown, wanted);
    return found == 0
               ? diag_fail(diag, CS_E_NOT_FOUND, "SCM has no discovery task \"%s\"", shown)
               : diag_fail(diag, CS_E_INVALID,
                           "SCM has %zu discovery tasks called \"%s\"; give the id instead", found, shown);
}

enum cs_err task_list_read(struct task_list *list, struct client *client, const char *wanted,
                           struct diag *diag)
{
    enum cs_err err = client_list(client, CALL_TASKS, NULL, take_tasks, list, diag);
    return err == CS_OK && wanted != NULL ? choose(list, wanted, diag) : err;
}

void task_list_dispose(struct task_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].name);
    free(list->items);
    *list = (struct task_list){0};
}
