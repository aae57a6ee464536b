// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/inventory_resolve.h"
#include "app/progress.h"
#include "app/scan_options.h"
#include "app/scm_pulls.h"
#include "scm/pull.h"

enum { OTHER_RULES, OTHER_TASKS, OTHER_RESULTS, OTHER_COUNT };

/* Asked for by name only, and read after the inventory. */
static const struct {
    const char *name;
    enum cs_err (*pull)(struct app *app, struct client *client, const struct scm_pull_options *options);
} others[] = {
    [OTHER_RULES] = {"rules", scm_pull_rules},
    [OTHER_TASKS] = {"tasks", scm_pull_tasks},
    [OTHER_RESULTS] = {"results", scm_pull_results},
};

struct pull_choices {
    bool wanted[INVENTORY_COUNT];
    bool other[OTHER_COUNT];
    struct scm_pull_options options;
    bool take_mails;
    bool resolve;
    const char *dns_server;
    const char *network;
};

static const struct command_option pull_option_table[] = {
    {.name = "accept-empty",
     .kind = OPTION_FLAG,
     .help = "an empty list from SCM is right, though there were rows before",
     .offset = offsetof(struct pull_choices, options.accept_empty)},
    {.name = "take-mails",
     .kind = OPTION_FLAG,
     .help = "organizations without mail here get the contact mail that SCM has (else it is only proposed)",
     .offset = offsetof(struct pull_choices, take_mails)},
    {.name = "bucket",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "rules: only those of this certificate bucket (name or id)",
     .offset = offsetof(struct pull_choices, options.bucket)},
    {.name = "overwrite",
     .kind = OPTION_FLAG,
     .help = "rules, tasks: what was changed here becomes what SCM has",
     .offset = offsetof(struct pull_choices, options.overwrite)},
    {.name = "task",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "results: only those of this discovery task of SCM's (name or id)",
     .offset = offsetof(struct pull_choices, options.task)},
    {.name = "resolve",
     .kind = OPTION_FLAG,
     .help = "then ask the DNS where the names of domains and certificates are, for report unseen",
     .offset = offsetof(struct pull_choices, resolve)},
    {.name = "dns",
     .kind = OPTION_TEXT,
     .argument = "SERVER",
     .help = "ADDRESS[:PORT] of the DNS server to ask",
     .offset = offsetof(struct pull_choices, dns_server)},
    {.name = "network",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "label of the address space that this DNS speaks of, as in scan; default empty",
     .offset = offsetof(struct pull_choices, network)},
    {.name = NULL},
};

static bool choose_one(struct pull_choices *choices, const char *word)
{
    for (enum inventory_resource resource = 0; resource < INVENTORY_COUNT; resource++) {
        if (strcmp(inventory_resource_name(resource), word) == 0)
            return choices->wanted[resource] = true;
    }
    for (size_t i = 0; i < OTHER_COUNT; i++) {
        if (strcmp(others[i].name, word) == 0)
            return choices->other[i] = true;
    }
    return false;
}

/* No word means the inventory. */
static enum cs_err choose(struct app *app, struct pull_choices *choices)
{
    for (size_t i = 0; i < app->words.count; i++) {
        if (!choose_one(choices, app->words.items[i]))
            return diag_fail(
                &app->diag, CS_E_INVALID,
                "there is no \"%.40s\" to pull; allowed are organizations, domains, certificates, "
                "rules, tasks, results",
                app->words.items[i]);
    }
    for (size_t i = 0; i < INVENTORY_COUNT && app->words.count == 0; i++)
        choices->wanted[i] = true;
    if (choices->options.bucket != NULL && !choices->other[OTHER_RULES])
        return diag_fail(&app->diag, CS_E_INVALID, "--bucket goes with `scm pull rules`");
    if (choices->options.overwrite && !choices->other[OTHER_RULES] && !choices->other[OTHER_TASKS])
        return diag_fail(&app->diag, CS_E_INVALID, "--overwrite goes with `scm pull rules` and `tasks`");
    if (choices->options.task != NULL && !choices->other[OTHER_RESULTS])
        return diag_fail(&app->diag, CS_E_INVALID, "--task goes with `scm pull results`");
    if (choices->take_mails && !choices->wanted[INVENTORY_ORGANIZATIONS])
        return diag_fail(&app->diag, CS_E_INVALID, "--take-mails goes with `scm pull organizations`");
    return CS_OK;
}

/* One line that is written over itself, on a terminal only. */
void scm_show_count(const char *what, int64_t done, int64_t total)
{
    struct buf line = {0};
    append_count(&line, (uint64_t)done);
    buf_append_str(&line, " of ");
    append_count(&line, (uint64_t)total);
    fprintf(stderr, "\r\033[K%s %s", what, buf_str(&line));
    buf_dispose(&line);
}

static void show_progress(void *context, enum inventory_resource resource, int64_t done, int64_t total)
{
    (void)context;
    scm_show_count(inventory_resource_name(resource), done, total);
}

static void print_result(enum inventory_resource resource, const struct pull_result *result)
{
    struct buf count = {0};
    append_count(&count, (uint64_t)result->count);
    printf("%-16s%s%s\n", inventory_resource_name(resource), buf_str(&count),
           result->resumed ? " (an interrupted pull was brought to its end)" : "");
    if (result->total_count > result->count)
        app_note("SCM counts %" PRId64 " %s, %" PRId64
                 " came: something changed meanwhile, or the account may not see all; pull again",
                 result->total_count, inventory_resource_name(resource), result->count);
    buf_dispose(&count);
}

static enum cs_err print_owners(struct app *app)
{
    int64_t count;
    int64_t adopted;
    enum cs_err err = inventory_count_owners(app->store, INVENTORY_SCM, &count, &adopted, &app->diag);
    if (err == CS_OK)
        printf("                %" PRId64 " of them are owners here%s\n", adopted,
               adopted < count ? "; `certscour org add` makes more, under the same names" : "");
    return err;
}

static enum cs_err pull_one(struct app *app, const struct pull_options *options,
                            enum inventory_resource resource, bool take_mails)
{
    struct pull_result result;
    enum cs_err err = pull_resource(options, resource, &result, &app->diag);
    if (options->progress != NULL)
        fputs("\r\033[K", stderr);
    if (err == CS_OK)
        print_result(resource, &result);
    if (err == CS_OK && resource == INVENTORY_ORGANIZATIONS)
        err = print_owners(app);
    if (err == CS_OK && resource == INVENTORY_ORGANIZATIONS)
        err = scm_offer_mails(app, options->client, take_mails);
    return err;
}

static void show_resolving(size_t done, size_t total)
{
    fprintf(stderr, "\r\033[Knames %zu of %zu", done, total);
}

static enum cs_err resolve_names(struct app *app, const struct pull_choices *choices)
{
    struct inventory_resolve_result result;
    bool terminal = isatty(STDERR_FILENO) == 1;
    enum cs_err err = inventory_resolve(app->store, choices->dns_server, choices->network, app_now_s(),
                                        terminal ? show_resolving : NULL, &result, &app->diag);
    if (terminal)
        fputs("\r\033[K", stderr);
    if (err == CS_OK)
        printf("names           %zu, %zu of them have an address\n", result.names, result.found);
    if (err == CS_OK && result.unanswered > 0)
        app_note("the DNS did not answer for %zu names; what was known of them stays", result.unanswered);
    return err;
}

/* Too large an answer is no wrong input of the user's. */
static int status_of(struct app *app, enum cs_err err)
{
    int status = app_status(app, err);
    if (err == CS_E_CANCELLED) {
        app_note("what was there is as it was; the same command goes on where this one was interrupted");
        return EXIT_RESUMABLE;
    }
    return err == CS_E_LIMIT ? EXIT_FAILED : status;
}

static int pull(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct scm_session session = {0};
    struct pull_choices choices = {0};
    if (!app_begin(app, command, argc, argv, pull_option_table, &choices, false, NULL, 0,
                   INVENTORY_COUNT + OTHER_COUNT, &status))
        return status;
    enum cs_err err = choose(app, &choices);
    if (choices.network == NULL)
        choices.network = "";
    if (err == CS_OK)
        err = scan_network_check(choices.network, &app->diag);
    if (choices.dns_server == NULL)
        choices.dns_server = config_get(&app->config, "dns", "servers");
    if (err == CS_OK && choices.resolve)
        err = inventory_resolve_check(choices.dns_server, &app->diag);
    if (err == CS_OK)
        err = scm_session_open(&session, app);
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    struct pull_options options = {
        .client = &session.client,
        .store = app->store,
        .progress = isatty(STDERR_FILENO) == 1 ? show_progress : NULL,
        .accept_empty = choices.options.accept_empty,
    };
    for (enum inventory_resource resource = 0; resource < INVENTORY_COUNT && err == CS_OK; resource++) {
        if (choices.wanted[resource])
            err = pull_one(app, &options, resource, choices.take_mails);
    }
    for (size_t i = 0; i < OTHER_COUNT && err == CS_OK; i++) {
        if (choices.other[i])
            err = others[i].pull(app, &session.client, &choices.options);
    }
    scm_session_close(&session);
    if (err == CS_OK && choices.resolve)
        err = resolve_names(app, &choices);
    return status_of(app, err);
}

const struct command scm_pull_commands[] = {
    {"scm", "pull", "[organizations] [domains] [certificates] [rules] [tasks] [results] [options]",
     "reads what SCM knows into the inventory (the first three, unless named), its rules, its tasks, what "
     "its "
     "scans found",
     pull},
    {.name = NULL},
};
