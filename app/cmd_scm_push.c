// SPDX-License-Identifier: Apache-2.0
/* plan -> (preview | outbox -> SCM): what is previewed and what is sent is the same plan. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/expiry_setting.h"
#include "app/inventory_age.h"
#include "app/progress.h"
#include "app/push_preview.h"
#include "app/scm_journal.h"
#include "app/scm_route.h"
#include "base/text.h"
#include "db/inventory.h"
#include "db/owners.h"
#include "db/push.h"
#include "report/asset_list.h"

#define FAILURES_SHOWN 10

struct push_choices {
    bool yes;
    const char *owner;
    const char *where;
    const char *include;
};

static const struct command_option push_option_table[] = {
    {.name = "yes",
     .kind = OPTION_FLAG,
     .help = "send; without it this is a preview",
     .offset = offsetof(struct push_choices, yes)},
    {.name = "owner",
     .kind = OPTION_TEXT,
     .argument = "OWNER",
     .help = "only assets of an organization, or of one department",
     .offset = offsetof(struct push_choices, owner)},
    {.name = "where",
     .kind = OPTION_TEXT,
     .argument = "EXPR",
     .help = "only these assets, e.g. 'issuer contains Example'",
     .offset = offsetof(struct push_choices, where)},
    {.name = "include",
     .kind = OPTION_TEXT,
     .argument = "LIST",
     .help = "send these too: self-signed, expired, managed, external",
     .offset = offsetof(struct push_choices, include)},
    {.name = NULL},
};

/* One run of the command. */
struct pushing_assets {
    struct app *app;
    const struct push_choices *choices;
    const struct list_options *list;
    struct scm_route route;
    struct push_plan_options plan_options;
    struct push_plan *plan;
    char *server;
    int64_t push_id; /* the one at work; 0 = none */
    bool refused;    /* SCM did not take something */
};

/* ---- what is asked for ---- */

static bool *included(struct push_plan_options *options, const char *word, size_t len)
{
    const struct {
        const char *name;
        bool *value;
    } words[] = {{"self-signed", &options->self_signed},
                 {"expired", &options->expired},
                 {"managed", &options->managed},
                 {"external", &options->external}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i].name) == len && strncmp(words[i].name, word, len) == 0)
            return words[i].value;
    }
    return NULL;
}

static enum cs_err parse_include(struct app *app, const char *text, struct push_plan_options *options)
{
    while (text != NULL) {
        size_t len = strcspn(text, ",");
        bool *value = included(options, text, len);
        if (value == NULL)
            return diag_fail(&app->diag, CS_E_INVALID,
                             "--include %.40s: allowed are self-signed, expired, managed, external", text);
        *value = true;
        text = text[len] == ',' ? text + len + 1 : NULL;
    }
    return CS_OK;
}

/* ---- the plan ---- */

struct planning {
    struct asset_list list; /* for --where, where SQL cannot say it */
    struct push_plan *plan;
    struct diag *diag;
};

static enum cs_err plan_asset(void *context, const struct asset_row *row)
{
    struct planning *planning = context;
    bool wanted;
    enum cs_err err = asset_list_wants(&planning->list, row, &wanted);
    return err == CS_OK && wanted ? push_plan_add(planning->plan, row->id, planning->diag) : err;
}

static enum cs_err fill_filter(struct pushing_assets *run, struct owner_name *owner,
                               struct asset_filter *filter)
{
    struct app *app = run->app;
    int64_t owner_id;
    *filter = (struct asset_filter){.state = "live", .now_s = run->plan_options.now_s};
    if (run->choices->owner == NULL)
        return CS_OK;
    enum cs_err err = owner_parse(owner, run->choices->owner, &app->diag);
    if (err == CS_OK)
        err = owners_find(app->store, owner, &owner_id, &app->diag);
    filter->owner_organization = owner->organization;
    filter->owner_department = owner->department[0] != '\0' ? owner->department : NULL;
    return err;
}

static enum cs_err make_plan(struct pushing_assets *run)
{
    struct app *app = run->app;
    struct owner_name owner;
    struct asset_filter filter;
    struct planning planning = {.list = {.now_s = run->plan_options.now_s, .diag = &app->diag},
                                .diag = &app->diag};
    struct expiry_limits limits;
    enum cs_err err = expiry_setting(app, &limits);
    planning.list.expiry = &limits;
    if (err == CS_OK)
        err = fill_filter(run, &owner, &filter);
    if (err == CS_OK && run->choices->where != NULL) {
        err = matcher_compile(&planning.list.where, run->choices->where, RULES_FILTER, &app->diag);
        if (err != CS_OK)
            diag_prefix(&app->diag, "--where");
        else
            filter.where = matcher_expr(planning.list.where);
    }
    if (err == CS_OK)
        err = push_plan_new(&run->plan, app->store, &app->diag);
    planning.plan = run->plan;
    if (err == CS_OK)
        err = assets_each(app->store, &filter, &planning.list.exact, plan_asset, &planning, &app->diag);
    if (err == CS_OK)
        err = push_plan_judge(run->plan, &run->plan_options, &app->diag);
    matcher_free(planning.list.where);
    return err;
}

/* ---- what has to be there ---- */

static enum cs_err take_pulled(void *context, const struct inventory_row *row)
{
    bool *pulled = context;
    for (int i = 0; i < INVENTORY_COUNT; i++) {
        if (strcmp(row->provider, INVENTORY_SCM) == 0 && row->pulled_at_s > 0 &&
            strcmp(row->resource, inventory_resource_name((enum inventory_resource)i)) == 0)
            pulled[i] = true;
    }
    return CS_OK;
}

/* Without knowing whom and what SCM has, nothing can be sent to the right place, and not twice. */
static enum cs_err check_inventory(struct app *app)
{
    bool pulled[INVENTORY_COUNT] = {false};
    enum cs_err err = inventory_each(app->store, take_pulled, pulled, &app->diag);
    if (err == CS_OK && (!pulled[INVENTORY_ORGANIZATIONS] || !pulled[INVENTORY_CERTIFICATES]))
        err = diag_fail(&app->diag, CS_E_NOT_FOUND,
                        "SCM's organizations and certificates have to be pulled first, to know whose a "
                        "certificate becomes and which are there already (certscour scm pull)");
    return err == CS_OK ? note_inventory_age(app->store, &app->diag) : err;
}

/* ---- preview ---- */

static enum cs_err note_open_push(struct pushing_assets *run)
{
    struct push_counts counts;
    int64_t id = 0;
    struct app *app = run->app;
    enum cs_err err =
        push_find_open(app->store, INVENTORY_SCM, run->server, run->route.name, &id, &app->diag);
    if (err == CS_OK && id != 0)
        err = push_count(app->store, id, &counts, &app->diag);
    if (err == CS_OK && id != 0)
        app_note("push %" PRId64 " has not come to its end: %" PRId64 " certificates and %" PRId64
                 " locations are left; --yes goes on with it first",
                 id, counts.items_open, counts.locations_open);
    return err;
}

/* An import of 128, a list and a creation for each location. */
static void note_time(const struct pushing_assets *run, const struct push_totals *totals)
{
    struct buf duration = {0};
    int64_t calls = run->route.discovery ? totals->locations / 128 + 3
                                         : totals->imports / PUSH_BATCH + 1 + totals->imports +
                                               totals->known + totals->locations;
    append_duration(&duration, (uint64_t)calls * scm_interval_ms(run->app) / 1000 + 1);
    app_note("this is a preview, nothing was sent; --yes sends: about %" PRId64 " calls, %s", calls,
             buf_str(&duration));
    buf_dispose(&duration);
}

static enum cs_err preview(struct pushing_assets *run)
{
    struct push_totals totals;
    enum cs_err err = push_preview_list(run->app, run->plan, run->list);
    if (err == CS_OK)
        err = push_preview_note(run->app, run->plan, &run->route, &totals);
    if (err == CS_OK)
        err = note_open_push(run);
    if (err == CS_OK && totals.locations > 0)
        note_time(run, &totals);
    return err;
}

/* ---- sending ---- */

static void show_progress(void *context, const char *what, int64_t done, int64_t total)
{
    (void)context;
    fprintf(stderr, "\r\033[K%" PRId64 " of %" PRId64 " %s", done, total, what);
}

struct telling {
    int shown;
};

static enum cs_err tell_failure(void *context, const struct push_failure *failure)
{
    struct telling *telling = context;
    char name[140];
    char error[300];
    char place[IP_TEXT_SIZE + 16] = "";
    char ip[IP_TEXT_SIZE];
    if (telling->shown++ >= FAILURES_SHOWN)
        return CS_OK;
    if (failure->is_location)
        snprintf(place, sizeof place, " at %s port %u", ip_format(ip, failure->ip), failure->port);
    app_note("not taken: %s%s: %s",
             text_printable(name, sizeof name, failure->name != NULL ? failure->name : "(no name)"), place,
             text_printable(error, sizeof error, failure->error != NULL ? failure->error : "no reason"));
    return CS_OK;
}

static enum cs_err print_result(struct pushing_assets *run)
{
    struct app *app = run->app;
    struct push_counts counts;
    struct telling telling = {0};
    enum cs_err err = push_count(app->store, run->push_id, &counts, &app->diag);
    if (err != CS_OK)
        return err;
    printf("push %" PRId64 "\n", run->push_id);
    if (run->route.discovery)
        printf("certificates    %" PRId64 " sent into the bucket, at %" PRId64 " places\n", counts.items_done,
               counts.locations_done);
    else
        printf("certificates    %" PRId64 " created, %" PRId64 " there before, %" PRId64 " not taken\n"
               "locations       %" PRId64 " there now, %" PRId64 " not taken\n",
               counts.items_created, counts.items_done - counts.items_created, counts.items_failed,
               counts.locations_done, counts.locations_failed);
    run->refused = run->refused || counts.items_failed > 0 || counts.locations_failed > 0;
    err = push_failures(app->store, run->push_id, tell_failure, &telling, &app->diag);
    if (err == CS_OK && telling.shown > FAILURES_SHOWN)
        app_note("and %d more (certscour scm log)", telling.shown - FAILURES_SHOWN);
    return err;
}

static enum cs_err finish_push(struct pushing_assets *run, struct push_options *options,
                               struct scm_journal *journal)
{
    journal->push_id = run->push_id;
    enum cs_err err = scm_route_run(&run->route, options, run->push_id, &run->app->diag);
    if (options->progress != NULL)
        fputs("\r\033[K", stderr);
    if (err == CS_OK)
        err = print_result(run);
    return err;
}

static enum cs_err begin_push(struct pushing_assets *run, const struct scm_journal *journal)
{
    uint8_t random[6];
    char tag[2 * sizeof random + 1];
    struct app *app = run->app;
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return diag_fail(&app->diag, CS_E_IO, "the system gives no random numbers");
    hex_encode(tag, random, sizeof random);
    struct push_info info = {
        .kind = "assets", .account = journal->by.account, .local_user = journal->local_user, .tag = tag};
    return push_plan_save(run->plan, &info, &run->push_id, &app->diag);
}

/* What an earlier run has left comes first: the plan counts on it. */
static enum cs_err send_all(struct pushing_assets *run, struct push_options *options,
                            struct scm_journal *journal)
{
    struct app *app = run->app;
    struct push_totals totals;
    enum cs_err err =
        push_find_open(app->store, INVENTORY_SCM, run->server, run->route.name, &run->push_id, &app->diag);
    if (err == CS_OK && run->push_id != 0) {
        app_note("going on with push %" PRId64 ", which has not come to its end", run->push_id);
        err = finish_push(run, options, journal);
    }
    if (err == CS_OK)
        run->push_id = 0;
    if (err == CS_OK)
        err = make_plan(run);
    if (err == CS_OK)
        err = push_preview_note(app, run->plan, &run->route, &totals);
    if (err != CS_OK || totals.locations == 0)
        return err;
    err = begin_push(run, journal);
    return err == CS_OK ? finish_push(run, options, journal) : err;
}

static enum cs_err send_assets(struct pushing_assets *run)
{
    struct scm_session session = {0};
    struct scm_journal journal = {0};
    enum cs_err err = scm_route_open(&run->route, &session, run->app);
    if (err == CS_OK)
        err = scm_journal_open(&journal, run->app, &session);
    struct push_options options = {
        .client = &session.client,
        .store = run->app->store,
        .discovery = run->route.names,
        .discovery_path = run->route.path,
        .progress = isatty(STDERR_FILENO) == 1 ? show_progress : NULL,
    };
    if (err == CS_OK)
        err = send_all(run, &options, &journal);
    scm_journal_close(&journal);
    scm_session_close(&session);
    return err;
}

/* ---- the command ---- */

static int status_of(struct pushing_assets *run, enum cs_err err)
{
    int status = app_status(run->app, err);
    if (err != CS_OK && run->push_id != 0)
        app_note("push %" PRId64 " has not come to its end: the same command goes on with it, "
                 "`certscour scm undo %" PRId64 "` takes it back",
                 run->push_id, run->push_id);
    if (err == CS_E_CANCELLED)
        return EXIT_RESUMABLE;
    if (err == CS_E_LIMIT || (err == CS_OK && run->refused))
        return EXIT_FAILED;
    return status;
}

static int push_assets(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct push_choices choices = {0};
    struct list_options list = {0};
    struct pushing_assets run = {.app = app, .choices = &choices, .list = &list};
    if (!app_begin(app, command, argc, argv, push_option_table, &choices, true, &list, 0, 0, &status))
        return status;
    enum cs_err err = parse_include(app, choices.include, &run.plan_options);
    if (err == CS_OK)
        err = scm_route_read(&run.route, app);
    if (err == CS_OK)
        err = scm_route_server(&run.route, app, &run.server, &app->diag);
    if (err == CS_OK)
        err = app_open_store(app, choices.yes ? STORE_WRITE : STORE_READ);
    if (err == CS_OK)
        err = check_inventory(app);
    run.plan_options.provider = INVENTORY_SCM;
    run.plan_options.server = run.server;
    run.plan_options.route = run.route.name;
    run.plan_options.now_s = app_now_s();
    run.plan_options.limit = list.limit;
    if (err == CS_OK && choices.yes)
        err = send_assets(&run);
    else if (err == CS_OK) {
        err = make_plan(&run);
        if (err == CS_OK)
            err = preview(&run);
    }
    push_plan_free(run.plan);
    free(run.server);
    return status_of(&run, err);
}

const struct command scm_push_commands[] = {
    {"scm", "push assets", "[--yes] [options]",
     "sends assets to SCM, for the organizations that rules gave them to", push_assets},
    {.name = NULL},
};
