// SPDX-License-Identifier: Apache-2.0
#include "scm/task_push.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/task_links.h"
#include "db/tasks.h"
#include "scm/line_diff.h"
#include "scm/rule_book.h"
#include "scm/task_list.h"
#include "scm/task_map.h"

struct pushing {
    const struct task_push_options *options;
    struct task_push_result *result;
    struct rule_book book; /* the bucket, where one was named */
    struct task_list list;
    int64_t *taken; /* ids of SCM's tasks that local ones have; owned */
    size_t taken_count;
    size_t changes;
    struct diag *diag;
};

/* One task at work. */
struct sending {
    struct task_draft *draft;
    int64_t twin_id; /* 0 = it is to be made */
    struct task_reply twin;
    struct task_link link;
    const char *bucket;
};

void task_draft_dispose(struct task_draft *draft)
{
    task_reply_dispose(&draft->task);
    buf_dispose(&draft->notes);
}

static enum cs_err note(struct pushing *pushing, enum rule_note_kind kind, const struct sending *sending,
                        const char *detail, struct diag *diag)
{
    return rule_notes_add(&pushing->result->notes, kind, sending->twin_id, sending->draft->task.name, detail,
                          diag);
}

/* ---- the twin ---- */

static enum cs_err keep_taken(void *context, const struct task_row *row)
{
    struct pushing *pushing = context;
    int64_t *more = realloc(pushing->taken, (pushing->taken_count + 1) * sizeof *more);
    if (more == NULL)
        return diag_fail(pushing->diag, CS_E_NOMEM, "out of memory");
    pushing->taken = more;
    pushing->taken[pushing->taken_count++] = row->external_id;
    return CS_OK;
}

static bool is_taken(const struct pushing *pushing, int64_t id)
{
    for (size_t i = 0; i < pushing->taken_count; i++) {
        if (pushing->taken[i] == id)
            return true;
    }
    return false;
}

/* How many tasks may be the twin; the id of the last of them. */
static size_t find_twin(const struct pushing *pushing, const struct task_draft *draft, int64_t *id)
{
    size_t found = 0;
    for (size_t i = 0; i < pushing->list.count; i++) {
        const struct listed_task *listed = &pushing->list.items[i];
        if (draft->external_id != 0 && listed->id == draft->external_id) {
            *id = listed->id;
            return 1;
        }
        if (strcmp(listed->name, draft->task.name) == 0 && !is_taken(pushing, listed->id)) {
            *id = listed->id;
            found++;
        }
    }
    return found;
}

static enum cs_err read_twin(struct pushing *pushing, struct sending *sending, struct diag *diag)
{
    struct json_value *root = NULL;
    enum cs_err err =
        client_call(pushing->options->client, CALL_TASK, sending->twin_id, NULL, NULL, &root, diag);
    if (err != CS_OK)
        return err;
    err = reply_task(&sending->twin, sending->twin_id, root);
    if (err != CS_OK)
        diag_set(diag, "GET %s%" PRId64 ": %s", api_call_info(CALL_TASK)->path, sending->twin_id,
                 err == CS_E_MALFORMED ? "no task with a name" : "too large");
    json_free(root);
    return err;
}

/* ---- what changes ---- */

static void difference(struct buf *out, const struct sending *sending)
{
    struct buf here = {0};
    struct buf there = {0};
    task_lines(&here, &sending->draft->task);
    if (sending->twin_id != 0)
        task_lines(&there, &sending->twin);
    if (sending->twin_id != 0 && strcmp(sending->twin.name, sending->draft->task.name) != 0) {
        line_diff_name(out, '-', sending->twin.name);
        line_diff_name(out, '+', sending->draft->task.name);
    }
    line_diff_append(out, buf_str(&there), buf_str(&here), '-', '\0');
    line_diff_append(out, buf_str(&here), buf_str(&there), '+', ' ');
    if (sending->link.bucket == NULL || strcmp(sending->link.bucket, sending->bucket) != 0) {
        buf_reset(&here);
        buf_printf(&here, "bucket %s", sending->bucket);
        line_diff_line(out, '+', buf_str(&here), here.len);
    }
    buf_dispose(&here);
    buf_dispose(&there);
}

static bool is_same(const struct sending *sending)
{
    struct buf here = {0};
    struct buf there = {0};
    task_lines(&here, &sending->draft->task);
    task_lines(&there, &sending->twin);
    bool same = sending->twin_id != 0 && sending->link.bucket != NULL &&
                strcmp(sending->link.bucket, sending->bucket) == 0 &&
                strcmp(sending->twin.name, sending->draft->task.name) == 0 &&
                strcmp(buf_str(&here), buf_str(&there)) == 0;
    buf_dispose(&here);
    buf_dispose(&there);
    return same;
}

/* ---- doing it ---- */

/* As `scm pull tasks` would read it: so a pull knows whether it was changed there since. */
static enum cs_err remember(struct pushing *pushing, const struct sending *sending, struct diag *diag)
{
    struct store *store = pushing->options->store;
    struct buf agreed = {0};
    struct task_row row;
    struct diag why = {0};
    if (task_from_reply(&row, &sending->draft->task, NULL, &why) == CS_OK)
        task_content(&agreed, &row);
    task_row_dispose(&row);
    enum cs_err err = store_begin(store, diag);
    if (err != CS_OK) {
        buf_dispose(&agreed);
        return err;
    }
    err = tasks_set_external(store, sending->draft->task_id, sending->twin_id, diag);
    if (err == CS_OK)
        err = task_links_put(store, sending->draft->task_id, sending->bucket, buf_str(&agreed), diag);
    if (err == CS_OK)
        err = store_commit(store, diag);
    if (err != CS_OK)
        store_rollback(store); /* reports nothing: the first error is the one to keep */
    buf_dispose(&agreed);
    return err;
}

static enum cs_err send_task(struct pushing *pushing, struct sending *sending, struct diag *diag)
{
    struct client *client = pushing->options->client;
    struct json_value *root = NULL;
    struct buf body = {0};
    bool makes = sending->twin_id == 0;
    task_body(&body, &sending->draft->task, sending->bucket);
    struct client_question question = {.call = makes ? CALL_ADD_TASK : CALL_SET_TASK,
                                       .id = sending->twin_id,
                                       .body = buf_str(&body),
                                       .about = sending->draft->task.name};
    enum cs_err err = body.err == CS_OK ? client_ask(client, &question, &root, diag)
                                        : diag_fail(diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK && makes && !client_created_id(client, &sending->twin_id))
        err = diag_fail(diag, CS_E_MALFORMED,
                        "SCM has made a task and does not tell its id; run the same again, it will be found");
    if (err == CS_OK)
        err = remember(pushing, sending, diag);
    pushing->result->made += err == CS_OK && makes;
    pushing->result->changed += err == CS_OK && !makes;
    json_free(root);
    buf_dispose(&body);
    return err;
}

static enum cs_err change_task(struct pushing *pushing, struct sending *sending, struct diag *diag)
{
    const struct task_push_options *options = pushing->options;
    struct buf lines = {0};
    if (options->limit != 0 && pushing->changes >= options->limit)
        return note(pushing, RULE_WAITS, sending, "", diag);
    pushing->changes++;
    difference(&lines, sending);
    enum cs_err err =
        note(pushing, sending->twin_id != 0 ? RULE_CHANGED : RULE_ADDED, sending, buf_str(&lines), diag);
    buf_dispose(&lines);
    return err == CS_OK && options->apply ? send_task(pushing, sending, diag) : err;
}

/* Agent and bucket: as told, else as before. NULL: all is there; else what is missing. */
static const char *complete(const struct pushing *pushing, struct sending *sending)
{
    struct task_reply *task = &sending->draft->task;
    const char *agent = pushing->options->agent != NULL ? pushing->options->agent : sending->twin.agent;
    if (agent[0] == '\0' || strlen(agent) >= sizeof task->agent)
        return "--agent NAME is needed: which of SCM's network agents scans";
    memcpy(task->agent, agent, strlen(agent) + 1);
    sending->bucket = pushing->book.bucket_count > 0 ? pushing->book.buckets[0].id : sending->link.bucket;
    return sending->bucket == NULL
               ? "--bucket NAME is needed: where SCM puts what it finds; SCM does not tell what it was"
               : NULL;
}

static enum cs_err push_one(struct pushing *pushing, struct sending *sending, struct diag *diag)
{
    size_t found = find_twin(pushing, sending->draft, &sending->twin_id);
    enum cs_err err = CS_OK;
    if (found > 1) {
        sending->twin_id = 0;
        return note(pushing, RULE_SKIPPED, sending, "SCM has more than one task of that name", diag);
    }
    if (sending->draft->refusal.text[0] != '\0')
        return note(pushing, RULE_SKIPPED, sending, sending->draft->refusal.text, diag);
    if (found == 1)
        err = read_twin(pushing, sending, diag);
    if (err == CS_OK)
        err = task_links_get(pushing->options->store, sending->draft->task_id, &sending->link, diag);
    if (err != CS_OK)
        return err;
    const char *missing = complete(pushing, sending);
    if (missing != NULL)
        return note(pushing, RULE_SKIPPED, sending, missing, diag);
    if (!is_same(sending))
        return change_task(pushing, sending, diag);
    pushing->result->unchanged++;
    return pushing->options->apply ? remember(pushing, sending, diag) : CS_OK;
}

enum cs_err task_push(const struct task_push_options *options, struct task_draft *drafts, size_t count,
                      struct task_push_result *result, struct diag *diag)
{
    struct pushing pushing = {.options = options, .result = result, .diag = diag};
    *result = (struct task_push_result){0};
    enum cs_err err = tasks_each(options->store, keep_taken, &pushing, diag);
    if (err == CS_OK && options->bucket != NULL)
        err = rule_book_read_buckets(&pushing.book, options->client, options->bucket, diag);
    if (err == CS_OK)
        err = task_list_read(&pushing.list, options->client, NULL, diag);
    for (size_t i = 0; i < count && err == CS_OK; i++) {
        struct sending sending = {.draft = &drafts[i]};
        err = push_one(&pushing, &sending, diag);
        task_reply_dispose(&sending.twin);
        task_link_dispose(&sending.link);
    }
    task_list_dispose(&pushing.list);
    rule_book_dispose(&pushing.book);
    free(pushing.taken);
    return err;
}
