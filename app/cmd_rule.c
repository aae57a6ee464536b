// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "base/text.h"
#include "db/rule_table.h"

struct rule_options {
    const char *match;
    const char *assign;
    const char *name;
    const char *before;
};

static const struct command_option add_options[] = {
    {.name = "match",
     .kind = OPTION_TEXT,
     .argument = "EXPR",
     .help = "which certificates, e.g. 'common_name ends_with \"mydomain.be\"'",
     .offset = offsetof(struct rule_options, match)},
    {.name = "assign",
     .kind = OPTION_TEXT,
     .argument = "OWNER",
     .help = "ORGANIZATION or ORGANIZATION/DEPARTMENT",
     .offset = offsetof(struct rule_options, assign)},
    {.name = NULL},
};

static const struct command_option edit_options[] = {
    {.name = "name",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "a new name",
     .offset = offsetof(struct rule_options, name)},
    {.name = "match",
     .kind = OPTION_TEXT,
     .argument = "EXPR",
     .help = "another condition",
     .offset = offsetof(struct rule_options, match)},
    {.name = "assign",
     .kind = OPTION_TEXT,
     .argument = "OWNER",
     .help = "another owner",
     .offset = offsetof(struct rule_options, assign)},
    {.name = NULL},
};

static const struct command_option move_options[] = {
    {.name = "before",
     .kind = OPTION_TEXT,
     .argument = "OTHER",
     .help = "the rule to stand before; without it: to the end",
     .offset = offsetof(struct rule_options, before)},
    {.name = NULL},
};

static void mention_apply(void)
{
    app_note("stored assets keep their owner until `certscour rule apply` or the next scan");
}

/* Compiles a rule as the store would, so that nothing wrong gets in. NULL parts are not checked. */
static enum cs_err check_rule(struct app *app, const char *name, const char *match)
{
    struct ruleset set = {0};
    struct owner_name nobody = {0};
    enum cs_err err = ruleset_add(&set, 0, name != NULL ? name : "-", match != NULL ? match : "port = 1",
                                  &nobody, 0, &app->diag);
    ruleset_dispose(&set);
    return err;
}

static int add(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct rule_options options = {0};
    struct owner_name owner;
    if (!app_begin(app, command, argc, argv, add_options, &options, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = CS_OK;
    if (options.match == NULL || options.assign == NULL)
        err = diag_fail(&app->diag, CS_E_INVALID, "a rule needs --match EXPR and --assign OWNER");
    if (err == CS_OK)
        err = check_rule(app, app->words.items[0], options.match);
    if (err == CS_OK)
        err = owner_parse(&owner, options.assign, &app->diag);
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = rule_table_add(app->store, app->words.items[0], options.match, &owner, NULL, &app->diag);
    if (err == CS_OK)
        mention_apply();
    return app_status(app, err);
}

static int edit(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct rule_options options = {0};
    struct owner_name owner;
    if (!app_begin(app, command, argc, argv, edit_options, &options, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = CS_OK;
    if (options.name == NULL && options.match == NULL && options.assign == NULL)
        err = diag_fail(&app->diag, CS_E_INVALID, "nothing to change: give --name, --match or --assign");
    if (err == CS_OK)
        err = check_rule(app, options.name, options.match);
    if (err == CS_OK && options.assign != NULL)
        err = owner_parse(&owner, options.assign, &app->diag);
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = rule_table_edit(app->store, app->words.items[0], options.name, options.match,
                              options.assign != NULL ? &owner : NULL, &app->diag);
    if (err == CS_OK)
        mention_apply();
    return app_status(app, err);
}

static int move(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct rule_options options = {0};
    if (!app_begin(app, command, argc, argv, move_options, &options, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = rule_table_move(app->store, app->words.items[0], options.before, &app->diag);
    if (err == CS_OK)
        mention_apply();
    return app_status(app, err);
}

static int remove_rule(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = rule_table_remove(app->store, app->words.items[0], &app->diag);
    if (err == CS_OK)
        mention_apply();
    return app_status(app, err);
}

enum { COLUMN_POSITION, COLUMN_NAME, COLUMN_MATCH, COLUMN_ASSIGN, COLUMN_COUNT };

static const struct listing_column columns[] = {
    [COLUMN_POSITION] = {"position", true},
    [COLUMN_NAME] = {"name", true},
    [COLUMN_MATCH] = {"match", true},
    [COLUMN_ASSIGN] = {"assign", true},
};

struct rule_listing {
    struct listing *listing;
    const char *name; /* only this one; NULL = all */
    bool found;
    struct diag *diag;
};

static enum cs_err list_rule(void *context, const struct rule_row *row)
{
    struct rule_listing *list = context;
    struct buf owner = {0};
    if (list->name != NULL && !text_equals(list->name, row->name))
        return CS_OK;
    list->found = true;
    owner_append(&owner, row->owner.organization, row->owner.department);
    listing_int(list->listing, COLUMN_POSITION, row->position);
    listing_text(list->listing, COLUMN_NAME, row->name);
    listing_text(list->listing, COLUMN_MATCH, row->match);
    listing_text(list->listing, COLUMN_ASSIGN, buf_str(&owner));
    buf_dispose(&owner);
    return listing_end_row(list->listing, list->diag);
}

static int list_rules(struct app *app, const struct command *command, int argc, char **argv, size_t words)
{
    int status;
    struct list_options options = {0};
    if (!app_begin(app, command, argc, argv, NULL, NULL, true, &options, words, words, &status))
        return status;
    struct rule_listing rules = {.diag = &app->diag, .name = words > 0 ? app->words.items[0] : NULL};
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = app_open_listing(app, &options, columns, COLUMN_COUNT, &rules.listing);
    if (err != CS_OK)
        return app_status(app, err);
    err = rule_table_each(app->store, list_rule, &rules, &app->diag);
    if (err == CS_OK && rules.name != NULL && !rules.found)
        err = diag_fail(&app->diag, CS_E_NOT_FOUND, "there is no rule \"%.100s\"", rules.name);
    return app_status(app, listing_close(rules.listing, err, &app->diag));
}

static int list(struct app *app, const struct command *command, int argc, char **argv)
{
    return list_rules(app, command, argc, argv, 0);
}

static int show(struct app *app, const struct command *command, int argc, char **argv)
{
    return list_rules(app, command, argc, argv, 1);
}

enum { FIELDS_NAME, FIELDS_TYPE, FIELDS_VALUES, FIELDS_USE, FIELDS_OPERATORS, FIELDS_HELP, FIELDS_COUNT };

static const struct listing_column field_columns[] = {
    [FIELDS_NAME] = {"field", true},          [FIELDS_TYPE] = {"type", true},
    [FIELDS_VALUES] = {"values", true},       [FIELDS_USE] = {"use", true},
    [FIELDS_OPERATORS] = {"operators", true}, [FIELDS_HELP] = {"help", true},
};

static enum cs_err list_field(struct listing *listing, enum field field, struct diag *diag)
{
    const struct field_info *info = field_info(field);
    const char *operators[OP_COUNT];
    size_t count = 0;
    for (int op = 0; op < OP_COUNT; op++) {
        if (expr_op_allows((enum expr_op)op, info->type))
            operators[count++] = expr_op_name((enum expr_op)op);
    }
    listing_text(listing, FIELDS_NAME, info->name);
    listing_text(listing, FIELDS_TYPE, field_type_name(info->type));
    listing_text(listing, FIELDS_VALUES, info->multiple ? "many" : "one");
    listing_text(listing, FIELDS_USE, info->assignable ? "rules, --where" : "--where");
    listing_texts(listing, FIELDS_OPERATORS, operators, count);
    listing_text(listing, FIELDS_HELP, info->help);
    return listing_end_row(listing, diag);
}

static int fields(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct list_options options = {0};
    struct listing *listing = NULL;
    if (!app_begin(app, command, argc, argv, NULL, NULL, true, &options, 0, 0, &status))
        return status;
    enum cs_err err = app_open_listing(app, &options, field_columns, FIELDS_COUNT, &listing);
    if (err != CS_OK)
        return app_status(app, err);
    for (int field = 0; field < FIELD_COUNT && err == CS_OK; field++)
        err = list_field(listing, (enum field)field, &app->diag);
    return app_status(app, listing_close(listing, err, &app->diag));
}

const struct command rule_commands[] = {
    {"rule", "add", "NAME --match EXPR --assign OWNER", "adds an assignment rule behind the others", add},
    {"rule", "list", "[options]", "lists the rules in order: the first that matches decides", list},
    {"rule", "show", "NAME", "shows one rule", show},
    {"rule", "edit", "NAME [--name N] [--match EXPR] [--assign OWNER]", "changes a rule", edit},
    {"rule", "move", "NAME [--before OTHER]", "changes the order", move},
    {"rule", "remove", "NAME", "removes a rule", remove_rule},
    {"rule", "fields", "[options]", "lists what rules and --where can ask", fields},
    {.name = NULL},
};
