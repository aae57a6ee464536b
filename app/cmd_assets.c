// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/asset_name.h"
#include "app/commands.h"
#include "app/expiry_setting.h"
#include "app/inventory_age.h"
#include "app/rule_apply.h"
#include "app/trust_setting.h"
#include "base/text.h"
#include "db/estate_finding.h"
#include "db/owners.h"
#include "report/asset_list.h"

#define DAY_S 86400

struct asset_options {
    const char *where;
    const char *owner;
    const char *expiring;
    const char *finding;
    const char *state;
    const char *task;
    bool unmanaged;
    bool expired;
    bool unassigned;
};

static const struct command_option asset_option_table[] = {
    {.name = "where",
     .kind = OPTION_TEXT,
     .argument = "EXPR",
     .help = "only these, e.g. 'key_bits < 2048 and name in_domain example.org'",
     .offset = offsetof(struct asset_options, where)},
    {.name = "owner",
     .kind = OPTION_TEXT,
     .argument = "OWNER",
     .help = "only those of an organization, or of one department",
     .offset = offsetof(struct asset_options, owner)},
    {.name = "unassigned",
     .kind = OPTION_FLAG,
     .help = "only those that nobody owns",
     .offset = offsetof(struct asset_options, unassigned)},
    {.name = "unmanaged",
     .kind = OPTION_FLAG,
     .help = "only those the certificate manager does not know",
     .offset = offsetof(struct asset_options, unmanaged)},
    {.name = "expiring",
     .kind = OPTION_OPTIONAL,
     .argument = "30d",
     .help = "valid, but not much longer: with the finding `expiring`, or for so many days at most",
     .offset = offsetof(struct asset_options, expiring)},
    {.name = "expired",
     .kind = OPTION_FLAG,
     .help = "only those whose validity has ended",
     .offset = offsetof(struct asset_options, expired)},
    {.name = "finding",
     .kind = OPTION_TEXT,
     .argument = "F",
     .help = "only those with this finding, e.g. self-signed",
     .offset = offsetof(struct asset_options, finding)},
    {.name = "task",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "only those that a scan of this task has seen",
     .offset = offsetof(struct asset_options, task)},
    {.name = "state",
     .kind = OPTION_TEXT,
     .argument = "S",
     .help = "live (default), gone, moved or all",
     .offset = offsetof(struct asset_options, state)},
    {.name = NULL},
};

static enum cs_err check_choice(struct app *app, const char *option, const char *value,
                                const char *const *allowed)
{
    struct buf list = {0};
    for (size_t i = 0; allowed[i] != NULL; i++) {
        if (strcmp(allowed[i], value) == 0) {
            buf_dispose(&list);
            return CS_OK;
        }
        buf_printf(&list, "%s%s", i > 0 ? ", " : "", allowed[i]);
    }
    diag_set(&app->diag, "--%s %.60s: allowed are %s", option, value, buf_str(&list));
    buf_dispose(&list);
    return CS_E_INVALID;
}

static enum cs_err check_finding(struct app *app, const char *finding)
{
    const char *names[ASSET_FINDING_MAX + 1] = {NULL};
    for (size_t i = 0; i < all_finding_count(); i++)
        names[i] = all_finding_at(i)->name;
    return finding != NULL ? check_choice(app, "finding", finding, names) : CS_OK;
}

/* "30d" or "30". */
static enum cs_err parse_days(struct app *app, const char *text, uint64_t *out)
{
    size_t len = strlen(text);
    len -= len > 0 && text[len - 1] == 'd';
    if (text_to_u64(text, len, EXPIRY_MAX_DAYS, out) != CS_OK)
        return diag_fail(&app->diag, CS_E_INVALID, "--expiring=%.40s: expected a number of days, e.g. 30d",
                         text);
    return CS_OK;
}

static void add_condition(struct buf *where, const char *condition)
{
    buf_printf(where, "%s%s", where->len > 0 ? " and " : "", condition);
}

/* Without a number of days it is the finding that decides; days are what an index finds it by. */
static enum cs_err add_expiring(struct app *app, const char *days_text, const struct expiry_limits *limits,
                                struct buf *where)
{
    uint64_t days = EXPIRY_MAX_DAYS;
    int64_t most_s = expiry_limit_most_s(&limits->warning);
    int64_t critical_s = expiry_limit_most_s(&limits->critical);
    enum cs_err err = CS_OK;
    most_s = critical_s > most_s ? critical_s : most_s;
    if (days_text[0] != '\0')
        err = parse_days(app, days_text, &days);
    else if (most_s / DAY_S < EXPIRY_MAX_DAYS)
        days = (uint64_t)(most_s / DAY_S);
    buf_printf(where, "%sdays_left >= 0 and days_left <= %" PRIu64, where->len > 0 ? " and " : "", days);
    if (days_text[0] == '\0')
        add_condition(where, "finding = expiring");
    return err;
}

static void add_task(struct buf *where, const char *name)
{
    add_condition(where, "task = \"");
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\')
            buf_append_char(where, '\\');
        buf_append_char(where, *name);
    }
    buf_append_char(where, '"');
}

/* All conditions as one expression, so that they meet the same SQL and the same evaluator. */
static enum cs_err build_where(struct app *app, const struct asset_options *options,
                               const struct expiry_limits *limits, struct buf *where)
{
    struct matcher *alone = NULL;
    char condition[80];
    enum cs_err err = CS_OK;
    if (options->where != NULL) { /* by itself first, so that line and column are those of what was typed */
        err = matcher_compile(&alone, options->where, RULES_FILTER, &app->diag);
        matcher_free(alone);
        if (err != CS_OK) {
            diag_prefix(&app->diag, "--where");
            return err;
        }
        buf_printf(where, "(%s)", options->where);
    }
    if (options->task != NULL)
        add_task(where, options->task);
    if (options->finding != NULL) { /* one of the table */
        snprintf(condition, sizeof condition, "finding = %s", options->finding);
        add_condition(where, condition);
    }
    if (options->unmanaged)
        add_condition(where, "status = unmanaged");
    if (options->expired)
        add_condition(where, "days_left < 0");
    if (options->expiring != NULL)
        err = add_expiring(app, options->expiring, limits, where);
    return err;
}

static enum cs_err fill_filter(struct app *app, const struct asset_options *options, struct owner_name *owner,
                               struct asset_filter *filter)
{
    static const char *const states[] = {"live", "gone", "moved", "all", NULL};
    const char *state = options->state != NULL ? options->state : "live";
    enum cs_err err = check_choice(app, "state", state, states);
    if (err == CS_OK)
        err = check_finding(app, options->finding);
    if (err == CS_OK && options->owner != NULL)
        err = owner_parse(owner, options->owner, &app->diag);
    if (err != CS_OK)
        return err;
    filter->state = strcmp(state, "all") != 0 ? state : NULL;
    filter->unassigned = options->unassigned;
    filter->now_s = app_now_s();
    if (options->owner != NULL) {
        filter->owner_organization = owner->organization;
        filter->owner_department = owner->department[0] != '\0' ? owner->department : NULL;
    }
    return CS_OK;
}

/* Who asks for what the inventory says has to know how old it is. */
static bool shows_status(const struct asset_options *options, const struct list_options *list)
{
    return options->unmanaged || estate_finding_of_inventory(options->finding) ||
           estate_finding_of_inventory(options->where) ||
           (options->where != NULL && text_contains(options->where, "status")) ||
           (list->columns != NULL && text_contains(list->columns, "status"));
}

static bool is_table(const struct list_options *list)
{
    return list->format == NULL || strcmp(list->format, "table") == 0;
}

/* Pseudo services among what is wanted, so that a table can say how many endpoints stand behind a line. */
static enum cs_err count_groups(struct app *app, struct asset_filter *filter, struct asset_list *assets)
{
    enum cs_err err = pseudo_groups_new(&assets->groups);
    if (err != CS_OK)
        return diag_fail(&app->diag, err, "out of memory");
    filter->pseudo_services = assets->counts_groups = true;
    err = assets_each(app->store, filter, &assets->exact, asset_list_row, assets, &app->diag);
    filter->pseudo_services = assets->counts_groups = false;
    return err;
}

static enum cs_err list_assets(struct app *app, const struct asset_options *options,
                               const struct list_options *list)
{
    struct asset_filter filter = {0};
    struct owner_name owner;
    struct buf where = {0};
    struct asset_list assets = {.now_s = app_now_s(), .diag = &app->diag};
    struct expiry_limits limits;
    int64_t owner_id;
    enum cs_err err = expiry_setting(app, &limits);
    assets.expiry = &limits;
    if (err == CS_OK)
        err = fill_filter(app, options, &owner, &filter);
    if (err == CS_OK)
        err = build_where(app, options, &limits, &where);
    if (err == CS_OK && where.len > 0)
        err = matcher_compile(&assets.where, buf_str(&where), RULES_FILTER, &app->diag);
    if (err == CS_OK)
        err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = trust_refresh_for_reading(app);
    if (err == CS_OK && options->owner != NULL)
        err = owners_find(app->store, &owner, &owner_id, &app->diag);
    if (err == CS_OK)
        err = app_open_listing(app, list, asset_columns, asset_column_count, &assets.listing);
    if (err == CS_OK) {
        filter.where = assets.where != NULL ? matcher_expr(assets.where) : NULL;
        if (is_table(list))
            err = count_groups(app, &filter, &assets);
        filter.estate_findings = asset_list_shows_findings(assets.listing);
        if (err == CS_OK)
            err = assets_each(app->store, &filter, &assets.exact, asset_list_row, &assets, &app->diag);
        err = listing_close(assets.listing, err, &app->diag);
    }
    if (err == CS_OK && assets.silenced > 0)
        app_note("%" PRIu64 " accepted findings are not told of; `certscour accept list` does",
                 assets.silenced);
    if (err == CS_OK && shows_status(options, list))
        err = note_inventory_age(app->store, &app->diag);
    pseudo_groups_free(assets.groups);
    matcher_free(assets.where);
    buf_dispose(&where);
    return err;
}

static int list(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct asset_options options = {0};
    struct list_options list = {0};
    if (!app_begin(app, command, argc, argv, asset_option_table, &options, true, &list, 0, 0, &status))
        return status;
    return app_status(app, list_assets(app, &options, &list));
}

struct assign_options {
    const char *reason;
};

static const struct command_option assign_option_table[] = {
    {.name = "reason",
     .kind = OPTION_TEXT,
     .argument = "TEXT",
     .help = "why, for whoever asks later",
     .offset = offsetof(struct assign_options, reason)},
    {.name = NULL},
};

static int assign(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct assign_options options = {0};
    struct asset_name name;
    struct owner_name owner;
    int64_t owner_id;
    int64_t count = 0;
    if (!app_begin(app, command, argc, argv, assign_option_table, &options, false, NULL, 2, 2, &status))
        return status;
    enum cs_err err = CS_OK;
    if (options.reason == NULL || options.reason[0] == '\0')
        err = diag_fail(&app->diag, CS_E_INVALID,
                        "give a --reason: an assignment by hand wins over every rule");
    if (err == CS_OK)
        err = owner_parse(&owner, app->words.items[1], &app->diag);
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = asset_name_parse(&name, app->store, app->words.items[0], &app->diag);
    if (err == CS_OK)
        err = owners_find(app->store, &owner, &owner_id, &app->diag);
    if (err == CS_OK)
        err = assets_assign(app->store, name.is_endpoint ? &name.endpoint : NULL, name.sha256, owner_id,
                            options.reason, app_now_s(), &count, &app->diag);
    if (err == CS_OK)
        printf("%" PRId64 " assets assigned\n", count);
    return app_status(app, err);
}

static int unassign(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct asset_name name;
    int64_t count = 0;
    uint64_t changed;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = asset_name_parse(&name, app->store, app->words.items[0], &app->diag);
    if (err == CS_OK)
        err = assets_unassign(app->store, name.is_endpoint ? &name.endpoint : NULL, name.sha256, app_now_s(),
                              &count, &app->diag);
    if (err == CS_OK)
        err = apply_rules(app, &changed); /* the rules decide again */
    if (err == CS_OK)
        printf("%" PRId64 " assets are back under the rules\n", count);
    return app_status(app, err);
}

const struct command assets_commands[] = {
    {"assets", NULL, "[options]",
     "lists the network assets: where which certificate is served, and whose it is", list},
    {"assets", "assign", "ENDPOINT|SHA256 OWNER --reason TEXT", "assigns by hand, which wins over rules",
     assign},
    {"assets", "unassign", "ENDPOINT|SHA256", "takes an assignment by hand back", unassign},
    {.name = NULL},
};
