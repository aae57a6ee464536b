// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/scm_journal.h"
#include "app/scm_pulls.h"
#include "app/task_draft.h"
#include "base/text.h"
#include "scm/task_pull.h"
#include "scm/task_push.h"

/* ---- pull ---- */

static void show_tasks(void *context, int64_t done, int64_t total)
{
    (void)context;
    scm_show_count("tasks", done, total);
}

static enum cs_err check_row(void *context, const struct task_row *row, struct diag *diag)
{
    struct app *app = context;
    struct diag before = app->diag;
    enum cs_err err = task_check(app, row);
    *diag = app->diag;
    app->diag = before;
    return err;
}

enum cs_err scm_pull_tasks(struct app *app, struct client *client, const struct scm_pull_options *choices)
{
    struct task_pull_result result;
    bool terminal = isatty(STDERR_FILENO) == 1;
    struct task_pull_options options = {
        .client = client,
        .store = app->store,
        .accept_empty = choices->accept_empty,
        .overwrite = choices->overwrite,
        .now_s = app_now_s(),
        .check = check_row,
        .progress = terminal ? show_tasks : NULL,
        .context = app,
    };
    enum cs_err err = task_pull(&options, &result, &app->diag);
    if (terminal)
        fputs("\r\033[K", stderr);
    if (err == CS_OK) {
        scm_print_pulled("tasks", result.unchanged, &result.notes, "");
        if (result.notes.counts[RULE_ADDED] > 0)
            app_note("pulled tasks scan nothing by themselves: `certscour task enable NAME` puts one on its "
                     "schedule, `certscour task run NAME` runs it once");
    }
    rule_notes_dispose(&result.notes);
    return err;
}

/* ---- push ---- */

struct push_choices {
    const char *agent;
    const char *bucket;
    bool live_only;
    bool yes;
    uint32_t limit;
};

static const struct command_option push_option_table[] = {
    {.name = "agent",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "the network agent of SCM's that scans; default the one that the task has there",
     .offset = offsetof(struct push_choices, agent)},
    {.name = "bucket",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "where SCM puts what it finds, by name or id; default the one of the last push",
     .offset = offsetof(struct push_choices, bucket)},
    {.name = "live-only",
     .kind = OPTION_FLAG,
     .help = "only addresses and ports at which a certificate was met",
     .offset = offsetof(struct push_choices, live_only)},
    {.name = "yes",
     .kind = OPTION_FLAG,
     .help = "send; without it this is a preview",
     .offset = offsetof(struct push_choices, yes)},
    {.name = "limit",
     .kind = OPTION_NUMBER,
     .argument = "N",
     .help = "make and change no more than so many tasks",
     .offset = offsetof(struct push_choices, limit),
     .low = 1,
     .high = UINT32_MAX},
    {.name = NULL},
};

static void print_losses(const struct task_draft *draft)
{
    const char *line = buf_str(&draft->notes);
    while (*line != '\0') {
        size_t len = strcspn(line, "\n");
        app_note("\"%.100s\": %.*s", draft->task.name, (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static void print_note(const struct rule_note *note)
{
    static const char *const words[RULE_NOTE_KINDS] = {[RULE_SKIPPED] = "not sent", [RULE_WAITS] = "later"};
    bool made = note->kind == RULE_ADDED;
    if (!made && note->kind != RULE_CHANGED) {
        scm_print_note(words[note->kind], note);
        return;
    }
    printf("%c task ", made ? '+' : '~');
    if (note->external_id != 0)
        printf("%" PRId64 " ", note->external_id);
    printf("\"%s\"\n", note->name); /* a local name, which is printable */
    fputs(note->detail, stdout);    /* made of printable pieces */
}

static void print_push(const struct task_push_result *result, const struct task_draft *drafts, size_t count,
                       bool yes, bool whole)
{
    const size_t *counts = result->notes.counts;
    for (size_t i = 0; i < result->notes.count; i++)
        print_note(&result->notes.items[i]);
    for (size_t i = 0; i < count; i++)
        print_losses(&drafts[i]);
    if (yes)
        printf("%zu made, %zu changed, %zu as they were\n", result->made, result->changed, result->unchanged);
    else if (counts[RULE_ADDED] + counts[RULE_CHANGED] > 0)
        app_note("this was a preview: --yes sends it");
    else if (whole)
        puts("nothing to send");
}

static enum cs_err make_drafts(struct app *app, const struct text_list *names, bool live_only,
                               struct task_draft *drafts, size_t *count)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < names->count && err == CS_OK; i++) {
        struct task_row row;
        err = tasks_get(app->store, names->items[i], &row, &app->diag);
        for (size_t k = 0; k < i && err == CS_OK; k++) {
            if (drafts[k].task_id == row.id)
                err = diag_fail(&app->diag, CS_E_INVALID, "task \"%.100s\" is named twice", row.name);
        }
        if (err == CS_OK) {
            err = task_draft_make(app, &row, live_only, app_now_s(), &drafts[i]);
            (*count)++;
        }
        task_row_dispose(&row);
    }
    return err;
}

static enum cs_err send(struct app *app, const struct push_choices *choices, struct task_draft *drafts,
                        size_t count, bool *refused)
{
    struct scm_session session = {0};
    struct scm_journal journal = {0};
    struct task_push_result result = {0};
    enum cs_err err = scm_session_open(&session, app);
    if (err == CS_OK && choices->yes)
        err = scm_journal_open(&journal, app, &session);
    struct task_push_options options = {
        .client = &session.client,
        .store = app->store,
        .agent = choices->agent,
        .bucket = choices->bucket,
        .limit = choices->limit,
        .apply = choices->yes,
    };
    if (err == CS_OK) {
        err = task_push(&options, drafts, count, &result, &app->diag);
        if (err == CS_OK || result.notes.count > 0)
            print_push(&result, drafts, count, choices->yes, err == CS_OK);
    }
    *refused = result.notes.counts[RULE_SKIPPED] > 0;
    rule_notes_dispose(&result.notes);
    scm_journal_close(&journal);
    scm_session_close(&session);
    return err;
}

static int push_tasks(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct push_choices choices = {0};
    bool refused = false;
    size_t count = 0;
    if (!app_begin(app, command, argc, argv, push_option_table, &choices, false, NULL, 1, SIZE_MAX, &status))
        return status;
    struct task_draft *drafts = calloc(app->words.count, sizeof *drafts);
    enum cs_err err = drafts != NULL ? app_open_store(app, choices.yes ? STORE_WRITE : STORE_READ)
                                     : diag_fail(&app->diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK)
        err = make_drafts(app, &app->words, choices.live_only, drafts, &count);
    if (err == CS_OK)
        err = send(app, &choices, drafts, count, &refused);
    for (size_t i = 0; i < count; i++)
        task_draft_dispose(&drafts[i]);
    free(drafts);
    status = app_status(app, err);
    if (err == CS_E_CANCELLED) {
        app_note("the same command goes on where this one was interrupted");
        return EXIT_RESUMABLE;
    }
    return err == CS_OK && refused ? EXIT_FAILED : status;
}

const struct command scm_task_commands[] = {
    {"scm", "push tasks", "NAME... [--agent NAME] [--bucket NAME] [--live-only] [--yes]",
     "sends tasks to SCM as network discovery tasks", push_tasks},
    {.name = NULL},
};
