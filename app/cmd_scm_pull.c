// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/progress.h"
#include "app/scm_session.h"
#include "base/text.h"
#include "db/inventory_contact.h"
#include "scm/contact.h"
#include "scm/pull.h"

struct pull_choices {
    bool wanted[INVENTORY_COUNT];
    bool accept_empty;
    bool take_mails;
};

static const struct command_option pull_option_table[] = {
    {.name = "accept-empty",
     .kind = OPTION_FLAG,
     .help = "an empty list from SCM is right, though there were rows before",
     .offset = offsetof(struct pull_choices, accept_empty)},
    {.name = "take-mails",
     .kind = OPTION_FLAG,
     .help = "organizations without mail here get the contact mail that SCM has (else it is only proposed)",
     .offset = offsetof(struct pull_choices, take_mails)},
    {.name = NULL},
};

/* No word means everything. */
static enum cs_err choose(struct app *app, struct pull_choices *choices)
{
    for (size_t i = 0; i < app->words.count; i++) {
        enum inventory_resource resource = 0;
        while (resource < INVENTORY_COUNT &&
               strcmp(inventory_resource_name(resource), app->words.items[i]) != 0)
            resource++;
        if (resource == INVENTORY_COUNT)
            return diag_fail(
                &app->diag, CS_E_INVALID,
                "there is no \"%.40s\" to pull; allowed are organizations, domains, certificates",
                app->words.items[i]);
        choices->wanted[resource] = true;
    }
    for (size_t i = 0; i < INVENTORY_COUNT && app->words.count == 0; i++)
        choices->wanted[i] = true;
    if (choices->take_mails && !choices->wanted[INVENTORY_ORGANIZATIONS])
        return diag_fail(&app->diag, CS_E_INVALID,
                         "--take-mails is about organizations, which this pull leaves out");
    return CS_OK;
}

/* One line that is written over itself, on a terminal only. */
static void show_progress(void *context, enum inventory_resource resource, int64_t done, int64_t total)
{
    struct buf line = {0};
    (void)context;
    append_count(&line, (uint64_t)done);
    buf_append_str(&line, " of ");
    append_count(&line, (uint64_t)total);
    fprintf(stderr, "\r\033[K%s %s", inventory_resource_name(resource), buf_str(&line));
    buf_dispose(&line);
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

static void print_proposal(const char *owner, const struct contact *contact)
{
    struct buf line = {0};
    buf_append_str(&line, "certscour org set ");
    text_append_shell_word(&line, owner);
    buf_append_str(&line, " --mail ");
    text_append_shell_word(&line, contact->mail);
    if (contact->count > 1)
        buf_printf(&line, "  # the first of %u addresses", contact->count);
    puts(buf_str(&line));
    buf_dispose(&line);
}

static enum cs_err offer_mail(struct app *app, const struct inventory_mailless *without,
                              const struct contact *contact, bool take)
{
    struct buf owner = {0};
    bool taken;
    enum cs_err err = CS_OK;
    owner_append(&owner, without->owner.organization, without->owner.department);
    if (take)
        err = inventory_take_mail(app->store, without->owner_id, contact->mail, &taken, &app->diag);
    else
        print_proposal(buf_str(&owner), contact);
    if (take && err == CS_OK && taken)
        printf("%-16s%s: %s\n", "mail taken", buf_str(&owner), contact->mail);
    buf_dispose(&owner);
    return err;
}

/* What is asked of SCM here is for those alone whose mail is not known. A refusal ends it, and not the pull,
 * whose organizations are in. */
static enum cs_err offer_mails(struct app *app, struct client *client, bool take)
{
    struct inventory_mailless without = {0};
    struct contact contact;
    enum cs_err err = CS_OK;
    while (err == CS_OK) {
        err = inventory_next_mailless(app->store, INVENTORY_SCM, without.external_id, &without, &app->diag);
        if (err != CS_OK)
            return err == CS_E_NOT_FOUND ? CS_OK : err;
        err = contact_read(client, without.external_id, &contact, &app->diag);
        if ((err == CS_E_IO || err == CS_E_MALFORMED) && !take) {
            app_note("no contact mails are proposed: %s", app->diag.text);
            return CS_OK;
        }
        if (err == CS_OK && contact.count > 0)
            err = offer_mail(app, &without, &contact, take);
    }
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
        err = offer_mails(app, options->client, take_mails);
    return err;
}

/* Too large an answer is no wrong input of the user's. */
static int status_of(struct app *app, enum cs_err err)
{
    int status = app_status(app, err);
    if (err == CS_E_CANCELLED) {
        app_note("the inventory is as it was; the same command goes on where this one was interrupted");
        return EXIT_RESUMABLE;
    }
    return err == CS_E_LIMIT ? EXIT_FAILED : status;
}

static int pull(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct scm_session session = {0};
    struct pull_choices choices = {0};
    if (!app_begin(app, command, argc, argv, pull_option_table, &choices, false, NULL, 0, INVENTORY_COUNT,
                   &status))
        return status;
    enum cs_err err = choose(app, &choices);
    if (err == CS_OK)
        err = scm_session_open(&session, app);
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    struct pull_options options = {
        .client = &session.client,
        .store = app->store,
        .progress = isatty(STDERR_FILENO) == 1 ? show_progress : NULL,
        .accept_empty = choices.accept_empty,
    };
    for (enum inventory_resource resource = 0; resource < INVENTORY_COUNT && err == CS_OK; resource++) {
        if (choices.wanted[resource])
            err = pull_one(app, &options, resource, choices.take_mails);
    }
    scm_session_close(&session);
    return status_of(app, err);
}

const struct command scm_pull_commands[] = {
    {"scm", "pull", "[organizations] [domains] [certificates] [options]",
     "reads what SCM knows into the inventory (everything, unless named)", pull},
    {.name = NULL},
};
