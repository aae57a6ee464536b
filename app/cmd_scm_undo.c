// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/scm_journal.h"
#include "app/scm_route.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "db/push.h"

struct undo_choices {
    bool yes;
};

static const struct command_option undo_option_table[] = {
    {.name = "yes",
     .kind = OPTION_FLAG,
     .help = "do it; without it this is a preview",
     .offset = offsetof(struct undo_choices, yes)},
    {.name = NULL},
};

static enum cs_err parse_push(struct app *app, int64_t *id)
{
    uint64_t number;
    const char *word = app->words.items[0];
    if (text_to_u64(word, strlen(word), INT64_MAX, &number) != CS_OK || number == 0)
        return diag_fail(&app->diag, CS_E_INVALID, "\"%.40s\" is no number of a push (certscour scm log)",
                         word);
    *id = (int64_t)number;
    return CS_OK;
}

static enum cs_err preview(struct app *app, const struct push_row *push, bool discovery)
{
    struct push_counts counts;
    char when[TIMEFMT_SIZE];
    enum cs_err err = push_count(app->store, push->id, &counts, &app->diag);
    if (err != CS_OK)
        return err;
    printf("push %" PRId64 " of %s to %s\n", push->id, timefmt_rfc3339(when, push->started_at_s),
           push->server);
    if (discovery) {
        puts(push->operation_done ? "its Discovery Import was completed: SCM offers no way to take that back"
                                  : "its Discovery Import is to be cancelled");
    } else {
        printf("certificates    %" PRId64 " to be deleted\n"
               "locations       %" PRId64 " to be deleted, on certificates that it did not create\n",
               counts.items_created, counts.locations_created + counts.locations_unsure);
        if (counts.items_unsure > 0)
            printf("interrupted     %" PRId64 " certificates: SCM is asked whether they are this push's\n",
                   counts.items_unsure);
    }
    app_note("this is a preview, nothing was deleted; --yes deletes");
    return CS_OK;
}

static enum cs_err print_result(struct app *app, const struct undo_result *result)
{
    printf("certificates    %" PRId64 " deleted\nlocations       %" PRId64 " deleted\n", result->certificates,
           result->locations);
    if (result->unsure > 0)
        app_note("%" PRId64 " certificates whose sending was interrupted are not in SCM as this push's",
                 result->unsure);
    if (result->refused == 0)
        return CS_OK;
    return diag_fail(&app->diag, CS_E_IO, "SCM keeps %" PRId64 " of them, the first: %.280s", result->refused,
                     result->reason);
}

static enum cs_err undo_now(struct app *app, struct push_row *push, const struct scm_route *route)
{
    struct scm_session session = {0};
    struct scm_journal journal = {0};
    struct undo_result result = {0};
    enum cs_err err = scm_route_open(route, &session, app);
    if (err == CS_OK && strcmp(session.base_url, push->server) != 0)
        err = diag_fail(&app->diag, CS_E_INVALID,
                        "push %" PRId64 " went to %.200s, not to the SCM of the configuration", push->id,
                        push->server);
    if (err == CS_OK)
        err = scm_journal_open(&journal, app, &session);
    if (err == CS_OK) /* as whoever held the lock has left it */
        err = push_get(app->store, push->id, push, &app->diag);
    journal.push_id = push->id;
    struct push_options options = {.client = &session.client,
                                   .store = app->store,
                                   .discovery = route->names,
                                   .discovery_path = route->path};
    if (err == CS_OK && route->discovery) {
        err = push_undo_discovery(&options, push, &app->diag);
        if (err == CS_OK)
            puts("cancelled");
    } else if (err == CS_OK) {
        err = push_undo(&options, push, &result, &app->diag);
        if (err == CS_OK)
            err = print_result(app, &result);
    }
    scm_journal_close(&journal);
    scm_session_close(&session);
    return err;
}

static int undo(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct undo_choices choices = {0};
    struct push_row push = {0};
    struct scm_route route = {0};
    int64_t id = 0;
    if (!app_begin(app, command, argc, argv, undo_option_table, &choices, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = parse_push(app, &id);
    if (err == CS_OK)
        err = app_open_store(app, choices.yes ? STORE_WRITE : STORE_READ);
    if (err == CS_OK)
        err = push_get(app->store, id, &push, &app->diag);
    if (err == CS_OK)
        err = scm_route_of(&route, app, push.route);
    if (err == CS_OK && push.undone_at_s != 0) {
        printf("push %" PRId64 " was taken back already\n", id);
        return EXIT_DONE;
    }
    if (err == CS_OK)
        err = choices.yes ? undo_now(app, &push, &route) : preview(app, &push, route.discovery);
    status = app_status(app, err);
    if (err == CS_E_CANCELLED)
        app_note("the same command goes on where this one was interrupted");
    return err == CS_E_CANCELLED ? EXIT_RESUMABLE : err == CS_E_LIMIT ? EXIT_FAILED : status;
}

const struct command scm_undo_commands[] = {
    {"scm", "undo", "PUSH [--yes]", "deletes from SCM just what a push created there", undo},
    {.name = NULL},
};
