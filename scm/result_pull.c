// SPDX-License-Identifier: Apache-2.0
#include "scm/result_pull.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/inventory.h"
#include "scm/task_list.h"
#include "scm/task_reply.h"

struct pulling {
    const struct result_pull_options *options;
    const struct listed_task *task; /* the one at work */
    struct run_reply latest;        /* its newest completed run so far; "" = none */
    char first[128];                /* id of the first run of the page before */
    struct result_reply *result;    /* large: not for the stack */
    size_t placeless;
    int64_t rows;
};

/* ---- which run ---- */

static enum cs_err take_runs(void *context, const struct json_value *rows, size_t *fresh, struct diag *diag)
{
    struct pulling *pulling = context;
    const struct json_value *row = json_array_first(rows);
    char first[128] = "";
    for (; row != NULL; row = json_next(row)) {
        struct run_reply run;
        if (reply_run(&run, row) != CS_OK)
            return diag_fail(diag, CS_E_MALFORMED, "GET %s: a run without a usable id",
                             api_call_info(CALL_RUNS)->path);
        if (first[0] == '\0')
            memcpy(first, run.id, sizeof first);
        if (run.completed && (pulling->latest.id[0] == '\0' || run.created_s > pulling->latest.created_s))
            pulling->latest = run;
    }
    *fresh = strcmp(first, pulling->first) != 0; /* the same page again would never end */
    memcpy(pulling->first, first, sizeof first);
    return CS_OK;
}

static enum cs_err find_latest(struct pulling *pulling, struct diag *diag)
{
    struct client_question question = {.call = CALL_RUNS, .id = pulling->task->id};
    pulling->latest = (struct run_reply){0};
    pulling->first[0] = '\0';
    return client_list_under(pulling->options->client, &question, take_runs, pulling, diag);
}

/* ---- its rows ---- */

static enum cs_err put_rows(struct pulling *pulling, const struct json_value *rows, size_t *fresh,
                            struct diag *diag)
{
    const struct json_value *row = json_array_first(rows);
    enum cs_err err = CS_OK;
    for (; row != NULL && err == CS_OK; row = json_next(row)) {
        bool is_fresh = true;
        err = reply_result(pulling->result, row);
        if (err == CS_E_MALFORMED)
            diag_set(diag, "GET %s: a row that is no object", api_call_info(CALL_RESULTS)->path);
        else if (err == CS_E_NOT_FOUND)
            pulling->placeless++;
        else if (err == CS_OK)
            err = discovered_put(pulling->options->store, INVENTORY_SCM, pulling->task->id,
                                 &pulling->result->row, &is_fresh, diag);
        if (err == CS_E_NOT_FOUND)
            err = CS_OK;
        *fresh += err == CS_OK && is_fresh;
    }
    return err;
}

static enum cs_err take_results(void *context, const struct json_value *rows, size_t *fresh,
                                struct diag *diag)
{
    struct pulling *pulling = context;
    struct store *store = pulling->options->store;
    *fresh = 0;
    enum cs_err err = store_begin(store, diag);
    if (err != CS_OK)
        return err;
    err = put_rows(pulling, rows, fresh, diag);
    if (err == CS_OK)
        err = store_commit(store, diag);
    if (err != CS_OK)
        store_rollback(store); /* reports nothing: the first error is the one to keep */
    pulling->rows += (int64_t)json_array_len(rows);
    if (err == CS_OK && pulling->options->progress != NULL)
        pulling->options->progress(pulling->options->context, pulling->rows,
                                   pulling->options->client->total_count > pulling->rows
                                       ? pulling->options->client->total_count
                                       : pulling->rows);
    return err;
}

static enum cs_err pull_run(struct pulling *pulling, struct discovered_run *run, struct diag *diag)
{
    struct client *client = pulling->options->client;
    struct client_question question = {
        .call = CALL_RESULTS, .id = pulling->task->id, .sub_text = pulling->latest.id};
    pulling->placeless = 0;
    pulling->rows = 0;
    enum cs_err err = discovered_begin(pulling->options->store, INVENTORY_SCM, pulling->task->id, diag);
    if (err == CS_OK)
        err = client_list_under(client, &question, take_results, pulling, diag);
    if (err == CS_OK && client->total_count > pulling->rows)
        err = diag_fail(diag, CS_E_MALFORMED,
                        "GET %s: SCM promises %" PRId64 " rows, and %" PRId64 " came; pull again",
                        api_call_info(CALL_RESULTS)->path, client->total_count, pulling->rows);
    if (err == CS_OK) {
        run->pulled_at_s = http_now_s(client->http);
        err = discovered_swap(pulling->options->store, INVENTORY_SCM, run, diag);
    }
    return err;
}

static enum cs_err pull_task(struct pulling *pulling, struct diag *diag)
{
    const struct result_pull_options *options = pulling->options;
    struct discovered_run run = {.task_id = pulling->task->id, .task_name = pulling->task->name};
    bool has = false;
    enum cs_err err = find_latest(pulling, diag);
    if (err != CS_OK)
        return err;
    if (pulling->latest.id[0] == '\0') {
        options->done(options->context, run.task_name, NULL, false, 0);
        return CS_OK;
    }
    run.operation = pulling->latest.id;
    run.created_s = pulling->latest.created_s;
    err = discovered_has(options->store, INVENTORY_SCM, run.task_id, run.operation, &has, diag);
    if (err == CS_OK && !has)
        err = pull_run(pulling, &run, diag);
    if (err == CS_OK)
        options->done(options->context, run.task_name, &run, !has, pulling->placeless);
    return err;
}

/* ---- all tasks ---- */

static enum cs_err keep_only(const struct pulling *pulling, const struct task_list *tasks, struct diag *diag)
{
    int64_t *ids = calloc(tasks->count + 1, sizeof *ids);
    if (ids == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    for (size_t i = 0; i < tasks->count; i++)
        ids[i] = tasks->items[i].id;
    enum cs_err err = discovered_keep(pulling->options->store, INVENTORY_SCM, ids, tasks->count, diag);
    free(ids);
    return err;
}

static enum cs_err check_empty(const struct pulling *pulling, const struct task_list *tasks,
                               struct diag *diag)
{
    int64_t before = 0;
    if (tasks->count > 0 || pulling->options->accept_empty)
        return CS_OK;
    enum cs_err err = discovered_count(pulling->options->store, INVENTORY_SCM, &before, diag);
    if (err == CS_OK && before > 0)
        err =
            diag_fail(diag, CS_E_MALFORMED,
                      "GET %s: SCM shows no discovery tasks any more, and had some; has the account lost its "
                      "roles? If that is right, pull once with --accept-empty",
                      api_call_info(CALL_TASKS)->path);
    return err;
}

enum cs_err result_pull(const struct result_pull_options *options, struct diag *diag)
{
    struct pulling pulling = {.options = options, .result = malloc(sizeof *pulling.result)};
    struct task_list tasks = {0};
    if (pulling.result == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    enum cs_err err = task_list_read(&tasks, options->client, options->task, diag);
    if (err == CS_OK)
        err = check_empty(&pulling, &tasks, diag);
    if (err == CS_OK && options->task == NULL)
        err = keep_only(&pulling, &tasks, diag);
    for (size_t i = 0; i < tasks.count && err == CS_OK; i++) {
        pulling.task = &tasks.items[i];
        err = pull_task(&pulling, diag);
    }
    task_list_dispose(&tasks);
    free(pulling.result);
    return err;
}
