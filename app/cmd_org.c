// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "app/commands.h"
#include "base/text.h"
#include "db/owners.h"

/* The owner that the first word names. */
static enum cs_err begin_owner(struct app *app, struct owner_name *owner)
{
    enum cs_err err = owner_parse(owner, app->words.items[0], &app->diag);
    return err == CS_OK ? app_open_store(app, STORE_WRITE) : err;
}

static int add(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct owner_name owner;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = begin_owner(app, &owner);
    if (err == CS_OK)
        err = owners_add(app->store, &owner, NULL, &app->diag);
    return app_status(app, err);
}

static int rename_owner(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct owner_name owner;
    struct owner_name renamed;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 2, 2, &status))
        return status;
    enum cs_err err = owner_parse(&renamed, app->words.items[1], &app->diag);
    if (err == CS_OK && renamed.department[0] != '\0')
        err = diag_fail(&app->diag, CS_E_INVALID,
                        "the new name is one name, without a slash (write \\/ for a slash in it)");
    if (err == CS_OK)
        err = begin_owner(app, &owner);
    if (err == CS_OK)
        err = owners_rename(app->store, &owner, renamed.organization, &app->diag);
    return app_status(app, err);
}

static int remove_owner(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct owner_name owner;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = begin_owner(app, &owner);
    if (err == CS_OK)
        err = owners_remove(app->store, &owner, app_now_s(), &app->diag);
    return app_status(app, err);
}

struct contact {
    const char *mail;
    const char *webhook_file;
};

static const struct command_option contact_options[] = {
    {.name = "mail",
     .kind = OPTION_TEXT,
     .argument = "ADDRESS",
     .help = "where its digests go; empty to clear",
     .offset = offsetof(struct contact, mail)},
    {.name = "webhook-file",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "file with the URL of its webhook; empty to clear",
     .offset = offsetof(struct contact, webhook_file)},
    {.name = NULL},
};

static int set_contact(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct contact contact = {0};
    struct owner_name owner;
    if (!app_begin(app, command, argc, argv, contact_options, &contact, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = CS_OK;
    if (contact.mail == NULL && contact.webhook_file == NULL)
        err = diag_fail(&app->diag, CS_E_INVALID, "nothing to set: give --mail or --webhook-file");
    if (err == CS_OK)
        err = begin_owner(app, &owner);
    if (err == CS_OK)
        err = owners_set(app->store, &owner, contact.mail, contact.webhook_file, &app->diag);
    return app_status(app, err);
}

enum {
    COLUMN_OWNER,
    COLUMN_ORGANIZATION,
    COLUMN_DEPARTMENT,
    COLUMN_RULES,
    COLUMN_ASSETS,
    COLUMN_MAIL,
    COLUMN_WEBHOOK,
    COLUMN_COUNT
};

static const struct listing_column columns[] = {
    [COLUMN_OWNER] = {"owner", true},
    [COLUMN_ORGANIZATION] = {"organization", false},
    [COLUMN_DEPARTMENT] = {"department", false},
    [COLUMN_RULES] = {"rules", true},
    [COLUMN_ASSETS] = {"assets", true},
    [COLUMN_MAIL] = {"mail", true},
    [COLUMN_WEBHOOK] = {"webhook_file", false},
};

struct owner_listing {
    struct listing *listing;
    struct diag *diag;
};

static enum cs_err list_owner(void *context, const struct owner_row *row)
{
    struct owner_listing *list = context;
    struct buf owner = {0};
    owner_append(&owner, row->organization, row->department);
    listing_text(list->listing, COLUMN_OWNER, buf_str(&owner));
    listing_text(list->listing, COLUMN_ORGANIZATION, row->organization);
    listing_text(list->listing, COLUMN_DEPARTMENT, row->department);
    listing_int(list->listing, COLUMN_RULES, row->rule_count);
    listing_int(list->listing, COLUMN_ASSETS, row->asset_count);
    listing_text(list->listing, COLUMN_MAIL, row->mail);
    listing_text(list->listing, COLUMN_WEBHOOK, row->webhook_file);
    buf_dispose(&owner);
    return listing_end_row(list->listing, list->diag);
}

static int list(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct list_options options = {0};
    if (!app_begin(app, command, argc, argv, NULL, NULL, true, &options, 0, 0, &status))
        return status;
    struct owner_listing owners = {.diag = &app->diag};
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = app_open_listing(app, &options, columns, COLUMN_COUNT, &owners.listing);
    if (err != CS_OK)
        return app_status(app, err);
    err = owners_each(app->store, list_owner, &owners, &app->diag);
    return app_status(app, listing_close(owners.listing, err, &app->diag));
}

const struct command org_commands[] = {
    {"org", "add", "ORGANIZATION[/DEPARTMENT]", "makes an organization, or a department of one", add},
    {"org", "list", "[options]", "lists organizations and departments", list},
    {"org", "rename", "OWNER NEW-NAME", "gives an organization or department a new name", rename_owner},
    {"org", "remove", "OWNER", "removes one that nothing uses", remove_owner},
    {"org", "set", "OWNER [--mail A] [--webhook-file F]", "says how to reach an owner", set_contact},
    {.name = NULL},
};
