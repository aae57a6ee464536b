// SPDX-License-Identifier: Apache-2.0
#include "scm/task_pull.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/task_links.h"
#include "scm/task_list.h"
#include "scm/task_map.h"

struct incoming {
    int64_t id;
    struct task_row row;
    bool readable;   /* else `note` is the reason */
    struct buf note; /* what about it has to be known */
    char *content;   /* as task_content has it */
};

struct local_task {
    struct task_row row;
    struct task_link link;
    char *content;
};

struct pulling {
    const struct task_pull_options *options;
    struct task_pull_result *result;
    struct incoming *incoming;
    size_t incoming_count;
    struct local_task *local;
    size_t local_count;
    size_t local_cap;
    struct diag *diag;
};

/* ---- reading ---- */

static enum cs_err content_of(char **out, const struct task_row *row, struct diag *diag)
{
    struct buf text = {0};
    task_content(&text, row);
    *out = buf_take_str(&text);
    return *out != NULL ? CS_OK : diag_fail(diag, CS_E_NOMEM, "out of memory");
}

/* One that cannot be a task here is no error: it is skipped, with the reason. */
static enum cs_err map_task(struct pulling *pulling, struct incoming *in, const struct task_reply *reply,
                            struct diag *diag)
{
    const struct task_pull_options *options = pulling->options;
    struct diag why = {0};
    enum cs_err err = task_from_reply(&in->row, reply, &in->note, &why);
    if (err == CS_OK)
        err = options->check(options->context, &in->row, &why);
    in->readable = err == CS_OK;
    if (err == CS_E_INVALID || err == CS_E_LIMIT) {
        buf_reset(&in->note);
        buf_append_str(&in->note, why.text);
        return CS_OK;
    }
    if (err != CS_OK) {
        *diag = why;
        return err;
    }
    return content_of(&in->content, &in->row, diag);
}

static enum cs_err read_task(struct pulling *pulling, const struct listed_task *listed, struct diag *diag)
{
    struct incoming *in = &pulling->incoming[pulling->incoming_count];
    struct task_reply reply = {0};
    struct json_value *root = NULL;
    struct client *client = pulling->options->client;
    enum cs_err err = client_call(client, CALL_TASK, listed->id, NULL, NULL, &root, diag);
    if (err == CS_E_IO && client->refusal == REFUSAL_ABSENT)
        return CS_OK; /* removed since the list was read */
    if (err != CS_OK)
        return err;
    pulling->incoming_count++;
    *in = (struct incoming){.id = listed->id};
    err = reply_task(&reply, listed->id, root);
    if (err == CS_E_MALFORMED)
        err = diag_fail(diag, err, "GET %s%" PRId64 ": no task with a name", api_call_info(CALL_TASK)->path,
                        listed->id);
    else if (err == CS_E_NOMEM)
        diag_set(diag, "out of memory");
    else if (err == CS_E_LIMIT) {
        in->row.name = text_copy(reply.name);
        buf_printf(&in->note, "it has more than %d ranges", TASK_RANGES);
        err = in->row.name != NULL ? CS_OK : diag_fail(diag, CS_E_NOMEM, "out of memory");
    } else {
        err = map_task(pulling, in, &reply, diag);
    }
    task_reply_dispose(&reply);
    json_free(root);
    return err;
}

static enum cs_err read_all(struct pulling *pulling, struct diag *diag)
{
    const struct task_pull_options *options = pulling->options;
    struct task_list list = {0};
    enum cs_err err = task_list_read(&list, options->client, NULL, diag);
    pulling->incoming = calloc(list.count + 1, sizeof *pulling->incoming);
    if (err == CS_OK && pulling->incoming == NULL)
        err = diag_fail(diag, CS_E_NOMEM, "out of memory");
    for (size_t i = 0; i < list.count && err == CS_OK; i++) {
        err = read_task(pulling, &list.items[i], diag);
        if (err == CS_OK && options->progress != NULL)
            options->progress(options->context, (int64_t)i + 1, (int64_t)list.count);
    }
    task_list_dispose(&list);
    return err;
}

/* ---- what is here ---- */

static enum cs_err keep_local(void *context, const struct task_row *row)
{
    struct pulling *pulling = context;
    if (pulling->local_count == pulling->local_cap) {
        size_t cap = pulling->local_cap == 0 ? 16 : pulling->local_cap * 2;
        struct local_task *more = realloc(pulling->local, cap * sizeof *more);
        if (more == NULL)
            return diag_fail(pulling->diag, CS_E_NOMEM, "out of memory");
        pulling->local = more;
        pulling->local_cap = cap;
    }
    struct local_task *local = &pulling->local[pulling->local_count];
    *local = (struct local_task){.row.external_id = row->external_id};
    pulling->local_count++;
    local->row.id = row->id;
    local->row.name = text_copy(row->name);
    if (local->row.name == NULL)
        return diag_fail(pulling->diag, CS_E_NOMEM, "out of memory");
    return content_of(&local->content, row, pulling->diag);
}

static enum cs_err read_local(struct pulling *pulling, struct diag *diag)
{
    struct store *store = pulling->options->store;
    pulling->diag = diag;
    enum cs_err err = tasks_each(store, keep_local, pulling, diag);
    for (size_t i = 0; i < pulling->local_count && err == CS_OK; i++)
        err = task_links_get(store, pulling->local[i].row.id, &pulling->local[i].link, diag);
    return err;
}

static struct local_task *find_twin(const struct pulling *pulling, int64_t external_id)
{
    for (size_t i = 0; i < pulling->local_count; i++) {
        if (pulling->local[i].row.external_id == external_id)
            return &pulling->local[i];
    }
    return NULL;
}

static struct local_task *find_name(const struct pulling *pulling, const char *name)
{
    for (size_t i = 0; i < pulling->local_count; i++) {
        if (text_equals(pulling->local[i].row.name, name))
            return &pulling->local[i];
    }
    return NULL;
}

/* ---- one task ---- */

static enum cs_err note(struct pulling *pulling, enum rule_note_kind kind, const struct incoming *in,
                        const char *detail, struct diag *diag)
{
    return rule_notes_add(&pulling->result->notes, kind, in->id, in->row.name, detail, diag);
}

static enum cs_err link_task(struct pulling *pulling, const struct incoming *in, int64_t task_id,
                             struct diag *diag)
{
    struct store *store = pulling->options->store;
    enum cs_err err = tasks_set_external(store, task_id, in->id, diag);
    return err == CS_OK ? task_links_put(store, task_id, NULL, in->content, diag) : err;
}

static enum cs_err add_task(struct pulling *pulling, const struct incoming *in, struct diag *diag)
{
    struct buf detail = {0};
    int64_t id = 0;
    enum cs_err err = tasks_add_within(pulling->options->store, &in->row, pulling->options->now_s, &id, diag);
    if (err == CS_E_EXISTS) /* two of SCM's have that name */
        return note(pulling, RULE_SKIPPED, in, "another of SCM's tasks has that name here", diag);
    if (err == CS_OK)
        err = link_task(pulling, in, id, diag);
    buf_append_str(&detail, "disabled");
    if (in->note.len > 0)
        buf_printf(&detail, "; %s", buf_str(&in->note));
    if (err == CS_OK)
        err = note(pulling, RULE_ADDED, in, buf_str(&detail), diag);
    buf_dispose(&detail);
    return err;
}

/* Ranges, ports and schedule become SCM's; the rest stays. */
static enum cs_err change_task(struct pulling *pulling, struct incoming *in, const struct local_task *local,
                               struct diag *diag)
{
    struct store *store = pulling->options->store;
    struct task_row row;
    struct text_list ranges;
    enum cs_err err = tasks_get(store, local->row.name, &row, diag);
    char **here[] = {&row.ports, &row.frequency, &row.at, &row.on, &row.timezone};
    char **there[] = {&in->row.ports, &in->row.frequency, &in->row.at, &in->row.on, &in->row.timezone};
    for (size_t i = 0; i < sizeof here / sizeof here[0] && err == CS_OK; i++) {
        char *text = *here[i];
        *here[i] = *there[i];
        *there[i] = text;
    }
    ranges = row.ranges;
    row.ranges = in->row.ranges;
    in->row.ranges = ranges;
    if (err == CS_OK)
        err = tasks_edit_within(store, &row, true, pulling->options->now_s, diag);
    if (err == CS_OK)
        err = link_task(pulling, in, row.id, diag);
    if (err == CS_OK)
        err = note(pulling, RULE_CHANGED, in,
                   row.enabled ? "it is enabled, and stays so" : buf_str(&in->note), diag);
    task_row_dispose(&row);
    return err;
}

static enum cs_err meet_twin(struct pulling *pulling, struct incoming *in, const struct local_task *local,
                             struct diag *diag)
{
    const char *agreed = local->link.agreed != NULL ? local->link.agreed : "";
    bool scm_changed = strcmp(agreed, in->content) != 0;
    bool same = strcmp(local->content, in->content) == 0;
    if (same || (!scm_changed && !pulling->options->overwrite)) {
        pulling->result->unchanged++;
        return same && scm_changed ? link_task(pulling, in, local->row.id, diag) : CS_OK;
    }
    if (strcmp(local->content, agreed) != 0 && !pulling->options->overwrite)
        return note(
            pulling, RULE_KEPT, in,
            "was changed both here and in SCM, and stays as it is here; --overwrite takes what SCM has",
            diag);
    return change_task(pulling, in, local, diag);
}

static enum cs_err take_task(struct pulling *pulling, struct incoming *in, struct diag *diag)
{
    struct local_task *local = find_twin(pulling, in->id);
    if (!in->readable)
        return note(pulling, RULE_SKIPPED, in, buf_str(&in->note), diag);
    if (local != NULL)
        return meet_twin(pulling, in, local, diag);
    local = find_name(pulling, in->row.name);
    if (local == NULL)
        return add_task(pulling, in, diag);
    if (local->row.external_id != 0 || strcmp(local->content, in->content) != 0)
        return note(pulling, RULE_SKIPPED, in,
                    local->row.external_id != 0
                        ? "the task of that name here belongs to another one of SCM's"
                        : "there is a task of that name here, which scans other ranges or ports, or at other "
                          "times; rename one of them",
                    diag);
    local->row.external_id = in->id;
    enum cs_err err = link_task(pulling, in, local->row.id, diag);
    return err == CS_OK ? note(pulling, RULE_LINKED, in, "", diag) : err;
}

/* Tasks whose twin is gone stay, as tasks of their own. */
static enum cs_err let_go(struct pulling *pulling, struct local_task *local, struct diag *diag)
{
    struct store *store = pulling->options->store;
    for (size_t i = 0; i < pulling->incoming_count; i++) {
        if (pulling->incoming[i].id == local->row.external_id)
            return CS_OK;
    }
    enum cs_err err = tasks_set_external(store, local->row.id, 0, diag);
    if (err == CS_OK)
        err = task_links_drop(store, local->row.id, diag);
    if (err == CS_OK)
        err = rule_notes_add(&pulling->result->notes, RULE_KEPT, local->row.external_id, local->row.name,
                             "is gone in SCM, and stays here", diag);
    local->row.external_id = 0;
    return err;
}

/* An account that has lost its roles is shown no tasks. */
static enum cs_err check_empty(const struct pulling *pulling, struct diag *diag)
{
    bool had = false;
    for (size_t i = 0; i < pulling->local_count && !had; i++)
        had = pulling->local[i].row.external_id != 0;
    if (pulling->incoming_count > 0 || !had || pulling->options->accept_empty)
        return CS_OK;
    return diag_fail(diag, CS_E_MALFORMED,
                     "GET %s: SCM shows no discovery tasks any more, and had some; has the account lost its "
                     "roles? If that is right, pull once with --accept-empty",
                     api_call_info(CALL_TASKS)->path);
}

static enum cs_err change_tasks(struct pulling *pulling, struct diag *diag)
{
    struct store *store = pulling->options->store;
    enum cs_err err = store_begin(store, diag);
    if (err != CS_OK)
        return err;
    err = read_local(pulling, diag);
    if (err == CS_OK)
        err = check_empty(pulling, diag);
    for (size_t i = 0; i < pulling->local_count && err == CS_OK; i++) {
        if (pulling->local[i].row.external_id != 0)
            err = let_go(pulling, &pulling->local[i], diag);
    }
    for (size_t i = 0; i < pulling->incoming_count && err == CS_OK; i++)
        err = take_task(pulling, &pulling->incoming[i], diag);
    if (err == CS_OK)
        err = store_commit(store, diag);
    if (err != CS_OK)
        store_rollback(store); /* reports nothing: the first error is the one to keep */
    return err;
}

enum cs_err task_pull(const struct task_pull_options *options, struct task_pull_result *result,
                      struct diag *diag)
{
    struct pulling pulling = {.options = options, .result = result};
    *result = (struct task_pull_result){0};
    enum cs_err err = read_all(&pulling, diag);
    if (err == CS_OK)
        err = change_tasks(&pulling, diag);
    for (size_t i = 0; i < pulling.incoming_count; i++) {
        task_row_dispose(&pulling.incoming[i].row);
        buf_dispose(&pulling.incoming[i].note);
        free(pulling.incoming[i].content);
    }
    for (size_t i = 0; i < pulling.local_count; i++) {
        task_row_dispose(&pulling.local[i].row);
        task_link_dispose(&pulling.local[i].link);
        free(pulling.local[i].content);
    }
    free(pulling.incoming);
    free(pulling.local);
    return err;
}
