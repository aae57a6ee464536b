// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/scm_journal.h"
#include "app/scm_pulls.h"
#include "base/text.h"
#include "db/owners.h"
#include "scm/rule_sync.h"

static void show_rules(void *context, int64_t done, int64_t total)
{
    (void)context;
    scm_show_count("rules", done, total);
}

static book_progress progress(void)
{
    return isatty(STDERR_FILENO) == 1 ? show_rules : NULL;
}

static void end_progress(void)
{
    if (progress() != NULL)
        fputs("\r\033[K", stderr);
}

void scm_print_note(const char *what, const struct rule_note *note)
{
    struct buf line = {0};
    buf_printf(&line, "  %-8s ", what);
    if (note->external_id != 0)
        buf_printf(&line, "%" PRId64 " ", note->external_id);
    buf_append_char(&line, '"');
    text_append_printable(&line, note->name, strlen(note->name));
    buf_append_char(&line, '"');
    if (note->detail[0] != '\0') {
        buf_append_str(&line, ": ");
        text_append_printable(&line, note->detail, strlen(note->detail));
    }
    puts(buf_str(&line));
    buf_dispose(&line);
}

/* ---- pull ---- */

static const char *const pull_words[RULE_NOTE_KINDS] = {
    [RULE_ADDED] = "added",     [RULE_CHANGED] = "changed", [RULE_LINKED] = "linked",
    [RULE_REMOVED] = "removed", [RULE_KEPT] = "kept",       [RULE_SKIPPED] = "skipped",
    [RULE_OWNER] = "new owner",
};

void scm_print_pulled(const char *what, size_t unchanged, const struct rule_notes *notes, const char *behind)
{
    printf("%-16s%zu as they were", what, unchanged);
    for (size_t kind = 0; kind < RULE_NOTE_KINDS; kind++) {
        if (notes->counts[kind] > 0 && kind != RULE_OWNER)
            printf(", %zu %s", notes->counts[kind], pull_words[kind]);
    }
    puts(behind);
    for (size_t i = 0; i < notes->count; i++)
        scm_print_note(pull_words[notes->items[i].kind], &notes->items[i]);
}

static void print_pull(const struct rule_pull_result *result)
{
    const size_t *counts = result->notes.counts;
    scm_print_pulled("rules", result->unchanged, &result->notes,
                     result->reordered ? "; in SCM's order again" : "");
    if (counts[RULE_ADDED] + counts[RULE_CHANGED] + counts[RULE_REMOVED] > 0 || result->reordered)
        app_note("stored assets keep their owner until `certscour rule apply` or the next scan");
}

enum cs_err scm_pull_rules(struct app *app, struct client *client, const struct scm_pull_options *choices)
{
    struct rule_pull_result result;
    struct rule_pull_options options = {
        .client = client,
        .store = app->store,
        .bucket = choices->bucket,
        .accept_empty = choices->accept_empty,
        .overwrite = choices->overwrite,
        .progress = progress(),
    };
    enum cs_err err = rule_pull(&options, &result, &app->diag);
    end_progress();
    if (err == CS_OK)
        print_pull(&result);
    rule_notes_dispose(&result.notes);
    return err;
}

/* ---- push ---- */

struct push_choices {
    bool yes;
    bool overwrite;
    bool remove;
    uint32_t limit;
    const char *bucket;
    const char *owner;
};

static const struct command_option push_option_table[] = {
    {.name = "bucket",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "the certificate bucket that orders them, by name or id",
     .offset = offsetof(struct push_choices, bucket)},
    {.name = "yes",
     .kind = OPTION_FLAG,
     .help = "send; without it this is a preview",
     .offset = offsetof(struct push_choices, yes)},
    {.name = "limit",
     .kind = OPTION_NUMBER,
     .argument = "N",
     .help = "make and change no more than so many rules",
     .offset = offsetof(struct push_choices, limit),
     .low = 1,
     .high = UINT32_MAX},
    {.name = "owner",
     .kind = OPTION_TEXT,
     .argument = "OWNER",
     .help = "only rules that give to an organization and its departments, or to one department",
     .offset = offsetof(struct push_choices, owner)},
    {.name = "overwrite",
     .kind = OPTION_FLAG,
     .help = "also rules that were changed in SCM since they were last read",
     .offset = offsetof(struct push_choices, overwrite)},
    {.name = "remove",
     .kind = OPTION_FLAG,
     .help = "also take away in SCM what has been removed here",
     .offset = offsetof(struct push_choices, remove)},
    {.name = NULL},
};

/* What is to change: a line for the rule, lines for what is in it. The rest is told as it is. */
static void print_difference(const struct rule_note *note, bool made)
{
    char shown[300];
    const char *detail = note->detail;
    if (note->external_id != 0)
        printf("%c rule %" PRId64 " \"%s\"\n", made ? '+' : '~', note->external_id,
               text_printable(shown, sizeof shown, note->name));
    else
        printf("%c rule \"%s\"\n", made ? '+' : '~', text_printable(shown, sizeof shown, note->name));
    fputs(detail, stdout); /* made of printable pieces */
}

static void print_note(const struct rule_note *note)
{
    static const char *const words[RULE_NOTE_KINDS] = {
        [RULE_LINKED] = "same",
        [RULE_KEPT] = "left",
        [RULE_SKIPPED] = "not sent",
        [RULE_WAITS] = "later",
    };
    if (words[note->kind] != NULL)
        scm_print_note(words[note->kind], note);
}

static void print_push(const struct scm_session *session, const struct rule_push_result *result)
{
    char shown[300];
    const struct rule_notes *notes = &result->notes;
    printf("--- %s, bucket \"%s\": %zu rules\n+++ here: %zu rules for it\n", session->base_url,
           text_printable(shown, sizeof shown, result->bucket), result->bucket_before, result->bucket_after);
    for (size_t i = 0; i < notes->count; i++) {
        const struct rule_note *note = &notes->items[i];
        if (note->kind == RULE_ADDED || note->kind == RULE_CHANGED)
            print_difference(note, note->kind == RULE_ADDED);
        else if (note->kind == RULE_REMOVED)
            printf("- rule %" PRId64 " \"%s\"\n", note->external_id,
                   text_printable(shown, sizeof shown, note->name));
    }
    if (result->reordered)
        printf("~ order in the bucket\n%s", result->order);
    for (size_t i = 0; i < notes->count; i++)
        print_note(&notes->items[i]);
}

static void print_summary(const struct rule_push_result *result, bool yes)
{
    const size_t *counts = result->notes.counts;
    if (result->hides)
        app_note("a rule that SCM cannot have stands before others: those may take more there than here");
    if (yes)
        printf("%zu made, %zu changed, %zu removed, %zu as they were%s\n", result->made, result->changed,
               result->removed, result->unchanged, result->ordered ? "; the bucket has a new order" : "");
    else if (counts[RULE_ADDED] + counts[RULE_CHANGED] + counts[RULE_REMOVED] > 0 || result->reordered)
        app_note("this was a preview: --yes sends it");
    else
        puts("nothing to send");
}

static enum cs_err check_choices(struct app *app, const struct push_choices *choices,
                                 struct owner_name *owner)
{
    int64_t id;
    if (choices->bucket == NULL)
        return diag_fail(&app->diag, CS_E_INVALID,
                         "--bucket NAME is missing: the certificate bucket whose order the rules get");
    enum cs_err err = app_open_store(app, choices->yes ? STORE_WRITE : STORE_READ);
    if (err == CS_OK && choices->owner != NULL)
        err = owner_parse(owner, choices->owner, &app->diag);
    if (err == CS_OK && choices->owner != NULL)
        err = owners_find(app->store, owner, &id, &app->diag);
    return err;
}

static enum cs_err send(struct app *app, struct scm_session *session, const struct push_choices *choices,
                        const struct owner_name *owner)
{
    struct rule_push_result result;
    struct rule_push_options options = {
        .client = &session->client,
        .store = app->store,
        .bucket = choices->bucket,
        .owner = choices->owner != NULL ? owner : NULL,
        .limit = choices->limit,
        .apply = choices->yes,
        .overwrite = choices->overwrite,
        .remove = choices->remove,
        .progress = progress(),
    };
    enum cs_err err = rule_push(&options, &result, &app->diag);
    end_progress();
    if (result.order != NULL) /* there is a plan, whatever became of it */
        print_push(session, &result);
    if (err == CS_OK || result.made + result.changed + result.removed > 0)
        print_summary(&result, choices->yes);
    rule_push_result_dispose(&result);
    return err;
}

static int push_rules(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct scm_session session = {0};
    struct scm_journal journal = {0};
    struct push_choices choices = {0};
    struct owner_name owner = {0};
    if (!app_begin(app, command, argc, argv, push_option_table, &choices, false, NULL, 0, 0, &status))
        return status;
    enum cs_err err = check_choices(app, &choices, &owner);
    if (err == CS_OK)
        err = scm_session_open(&session, app);
    if (err == CS_OK && choices.yes)
        err = scm_journal_open(&journal, app, &session);
    if (err == CS_OK)
        err = send(app, &session, &choices, &owner);
    scm_journal_close(&journal);
    scm_session_close(&session);
    status = app_status(app, err);
    if (err == CS_E_CANCELLED)
        app_note("the same command goes on where this one was interrupted");
    return err == CS_E_CANCELLED ? EXIT_RESUMABLE : status;
}

const struct command scm_rule_commands[] = {
    {"scm", "push rules", "--bucket NAME [--yes] [options]",
     "sends assignment rules to SCM, and orders them in a certificate bucket", push_rules},
    {.name = NULL},
};
