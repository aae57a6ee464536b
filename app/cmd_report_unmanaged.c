// SPDX-License-Identifier: Apache-2.0
/* certscour report unmanaged: how many of each group (in a table), then the rows group by group. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/expiry_setting.h"
#include "app/inventory_age.h"
#include "app/trust_setting.h"
#include "db/owners.h"
#include "report/unmanaged.h"

struct unmanaged_options {
    const char *where;
    const char *owner;
};

static const struct command_option unmanaged_option_table[] = {
    {.name = "where",
     .kind = OPTION_TEXT,
     .argument = "EXPR",
     .help = "only these, e.g. 'name in_domain example.org'",
     .offset = offsetof(struct unmanaged_options, where)},
    {.name = "owner",
     .kind = OPTION_TEXT,
     .argument = "OWNER",
     .help = "only those of an organization, or of one department",
     .offset = offsetof(struct unmanaged_options, owner)},
    {.name = NULL},
};

static enum cs_err compile(struct app *app, const char *where, struct matcher **out)
{
    struct buf all = {0};
    enum cs_err err = CS_OK;
    if (where != NULL) { /* by itself first, so that line and column are those of what was typed */
        err = matcher_compile(out, where, RULES_FILTER, &app->diag);
        matcher_free(*out);
        *out = NULL;
        if (err != CS_OK)
            diag_prefix(&app->diag, "--where");
    }
    buf_append_str(&all, "status = unmanaged");
    if (where != NULL)
        buf_printf(&all, " and (%s)", where);
    if (err == CS_OK)
        err = matcher_compile(out, buf_str(&all), RULES_FILTER, &app->diag);
    buf_dispose(&all);
    return err;
}

static enum cs_err fill_owner(struct app *app, const char *text, struct owner_name *owner,
                              struct asset_filter *filter)
{
    int64_t id;
    if (text == NULL)
        return CS_OK;
    enum cs_err err = owner_parse(owner, text, &app->diag);
    if (err == CS_OK)
        err = owners_find(app->store, owner, &id, &app->diag);
    filter->owner_organization = owner->organization;
    filter->owner_department = owner->department[0] != '\0' ? owner->department : NULL;
    return err;
}

static bool is_table(const struct list_options *options)
{
    return options->format == NULL || strcmp(options->format, "table") == 0;
}

/* In the report itself, for it is read without its stderr too, and at its head. */
static enum cs_err warn(struct app *app, const struct list_options *options)
{
    struct buf warning = {0};
    if (!is_table(options))
        return note_inventory_age(app->store, &app->diag);
    enum cs_err err = append_inventory_warning(app->store, &warning, &app->diag);
    if (err == CS_OK && warning.len > 0)
        printf("ATTENTION: %s\n\n", buf_str(&warning));
    buf_dispose(&warning);
    return err;
}

static void print_groups(const uint64_t counts[UNMANAGED_GROUPS])
{
    uint64_t total = 0;
    for (enum unmanaged_group group = 0; group < UNMANAGED_GROUPS; group++) {
        total += counts[group];
        if (counts[group] > 0 || group != UNMANAGED_UNTOLD)
            printf("%-14s%8" PRIu64 "  %s\n", unmanaged_group_name(group), counts[group],
                   unmanaged_group_advice(group));
    }
    printf("%-14s%8" PRIu64 "\n%s", "unmanaged", total, total > 0 ? "\n" : "");
}

/* The store is read once to count, and once for each group that has rows. */
static enum cs_err write_report(struct app *app, const struct asset_filter *filter,
                                struct unmanaged_list *list, const struct list_options *options)
{
    enum cs_err err =
        assets_each(app->store, filter, &list->assets.exact, unmanaged_list_row, list, &app->diag);
    if (err == CS_OK && is_table(options))
        print_groups(list->counts);
    if (err == CS_OK)
        err =
            app_open_listing(app, options, unmanaged_columns, unmanaged_column_count, &list->assets.listing);
    if (err != CS_OK)
        return err;
    for (list->group = 0; list->group < UNMANAGED_GROUPS && err == CS_OK; list->group++) {
        if (list->counts[list->group] > 0)
            err = assets_each(app->store, filter, &list->assets.exact, unmanaged_list_row, list, &app->diag);
    }
    return listing_close(list->assets.listing, err, &app->diag);
}

static enum cs_err report(struct app *app, const struct unmanaged_options *options,
                          const struct list_options *list_options)
{
    struct expiry_limits limits;
    struct owner_name owner;
    struct asset_filter filter = {.state = "live", .estate_findings = true, .now_s = app_now_s()};
    struct issuers issuers = {0};
    struct unmanaged_list list = {.issuers = &issuers,
                                  .assets = {.now_s = filter.now_s, .expiry = &limits, .diag = &app->diag}};
    enum cs_err err = expiry_setting(app, &limits);
    if (err == CS_OK)
        err = compile(app, options->where, &list.assets.where);
    if (err == CS_OK)
        err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = trust_refresh_for_reading(app);
    if (err == CS_OK)
        err = issuers_read(&issuers, app->store, &app->diag);
    if (err == CS_OK)
        err = fill_owner(app, options->owner, &owner, &filter);
    if (err == CS_OK)
        err = warn(app, list_options);
    if (err == CS_OK) {
        filter.where = matcher_expr(list.assets.where);
        err = write_report(app, &filter, &list, list_options);
    }
    issuers_dispose(&issuers);
    matcher_free(list.assets.where);
    return err;
}

static int run(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct unmanaged_options options = {0};
    struct list_options list = {0};
    if (!app_begin(app, command, argc, argv, unmanaged_option_table, &options, true, &list, 0, 0, &status))
        return status;
    return app_status(app, report(app, &options, &list));
}

const struct command report_unmanaged_commands[] = {
    {"report", "unmanaged", "[options]",
     "what no certificate manager knows: of public CAs, of private ones, self-signed, of devices", run},
    {.name = NULL},
};
