// SPDX-License-Identifier: Apache-2.0
/* Rules over stored assets: dry run, explanation, and assigning them again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/asset_name.h"
#include "app/commands.h"
#include "app/rule_apply.h"
#include "base/text.h"

#define EXAMPLES_SHOWN  5
#define CHANGES_AT_ONCE 1000

typedef enum cs_err (*with_facts)(void *context, const struct asset_row *row, const struct facts *facts);

struct visiting {
    with_facts visit;
    void *context;
    int64_t now_s;
};

static enum cs_err visit_row(void *context, const struct asset_row *row)
{
    struct visiting *visiting = context;
    struct facts facts = {0};
    struct cert_fact_scratch scratch = {0};
    enum cs_err err = asset_facts(row, visiting->now_s, &facts, &scratch);
    if (err == CS_OK)
        err = visiting->visit(visiting->context, row, &facts);
    cert_fact_scratch_dispose(&scratch);
    return err;
}

static enum cs_err visit_assets(struct app *app, const struct asset_filter *filter, with_facts visit,
                                void *context)
{
    struct visiting visiting = {visit, context, app_now_s()};
    return assets_each(app->store, filter, NULL, visit_row, &visiting, &app->diag);
}

/* ---- rule test ---- */

struct tally {
    struct ruleset rules;
    uint64_t *taken;   /* by rule: first to match */
    uint64_t *matched; /* by rule: whether first or not */
    uint64_t manual;
    uint64_t nobody;
    uint64_t assets;
    struct matcher *match; /* --match; NULL = the rules */
    uint64_t hits;
};

static enum cs_err tally_asset(void *context, const struct asset_row *row, const struct facts *facts)
{
    struct tally *tally = context;
    bool taken = false;
    tally->assets++;
    tally->manual += row->manual;
    for (size_t i = 0; i < tally->rules.count; i++) {
        if (!matcher_holds(tally->rules.rules[i].matcher, facts))
            continue;
        tally->matched[i]++;
        tally->taken[i] += !taken;
        taken = true;
    }
    tally->nobody += !taken && !row->manual;
    return CS_OK;
}

static enum cs_err match_asset(void *context, const struct asset_row *row, const struct facts *facts)
{
    struct tally *tally = context;
    char endpoint[ENDPOINT_TEXT_SIZE];
    char name[100];
    tally->assets++;
    if (!matcher_holds(tally->match, facts))
        return CS_OK;
    if (tally->hits++ < EXAMPLES_SHOWN)
        printf(
            "  %s  %s\n", endpoint_format(endpoint, &row->endpoint),
            text_printable(name, sizeof name, row->cert.common_name != NULL ? row->cert.common_name : "-"));
    return CS_OK;
}

enum { COLUMN_POSITION, COLUMN_NAME, COLUMN_TAKES, COLUMN_MATCHES, COLUMN_REMARK, COLUMN_COUNT };

static const struct listing_column test_columns[] = {
    [COLUMN_POSITION] = {"position", true}, [COLUMN_NAME] = {"name", true},
    [COLUMN_TAKES] = {"takes", true},       [COLUMN_MATCHES] = {"matches", true},
    [COLUMN_REMARK] = {"remark", true},
};

static enum cs_err list_tally(struct app *app, const struct tally *tally, const struct list_options *options)
{
    struct listing *listing;
    enum cs_err err = app_open_listing(app, options, test_columns, COLUMN_COUNT, &listing);
    if (err != CS_OK)
        return err;
    for (size_t i = 0; i < tally->rules.count && err == CS_OK; i++) {
        const char *remark = tally->matched[i] == 0 ? "matches nothing"
                             : tally->taken[i] == 0 ? "never reached: earlier rules take all it matches"
                                                    : NULL;
        listing_int(listing, COLUMN_POSITION, (int64_t)i + 1);
        listing_text(listing, COLUMN_NAME, tally->rules.rules[i].name);
        listing_int(listing, COLUMN_TAKES, (int64_t)tally->taken[i]);
        listing_int(listing, COLUMN_MATCHES, (int64_t)tally->matched[i]);
        listing_text(listing, COLUMN_REMARK, remark);
        err = listing_end_row(listing, &app->diag);
    }
    return listing_close(listing, err, &app->diag);
}

struct test_options {
    const char *match;
};

static const struct command_option test_options[] = {
    {.name = "match",
     .kind = OPTION_TEXT,
     .argument = "EXPR",
     .help = "try this condition instead of the rules",
     .offset = offsetof(struct test_options, match)},
    {.name = NULL},
};

static enum cs_err test_rules(struct app *app, struct tally *tally, const struct list_options *list)
{
    struct asset_filter filter = {.state = "live"};
    enum cs_err err = app_load_rules(app, &tally->rules);
    tally->taken = calloc(tally->rules.count + 1, sizeof *tally->taken);
    tally->matched = calloc(tally->rules.count + 1, sizeof *tally->matched);
    if (err == CS_OK && (tally->taken == NULL || tally->matched == NULL))
        err = diag_fail(&app->diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK)
        err = visit_assets(app, &filter, tally_asset, tally);
    if (err == CS_OK)
        err = list_tally(app, tally, list);
    if (err == CS_OK)
        app_note("of %" PRIu64 " live assets nobody would own %" PRIu64 "; %" PRIu64 " are assigned by hand",
                 tally->assets, tally->nobody, tally->manual);
    return err;
}

static enum cs_err test_match(struct app *app, struct tally *tally)
{
    struct asset_filter filter = {.state = "live"};
    enum cs_err err = visit_assets(app, &filter, match_asset, tally);
    if (err == CS_OK)
        printf("%" PRIu64 " of %" PRIu64 " live assets match\n", tally->hits, tally->assets);
    return err;
}

static int test(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct test_options options = {0};
    struct list_options list = {0};
    struct tally tally = {0};
    if (!app_begin(app, command, argc, argv, test_options, &options, true, &list, 0, 0, &status))
        return status;
    enum cs_err err = CS_OK;
    if (options.match != NULL)
        err = matcher_compile(&tally.match, options.match, RULES_ASSIGN, &app->diag);
    if (err == CS_OK)
        err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = options.match != NULL ? test_match(app, &tally) : test_rules(app, &tally, &list);
    matcher_free(tally.match);
    ruleset_dispose(&tally.rules);
    free(tally.taken);
    free(tally.matched);
    return app_status(app, err);
}

/* ---- rule explain ---- */

struct explaining {
    struct ruleset rules;
    uint64_t assets;
};

static void print_owner(const char *organization, const char *department)
{
    struct buf owner = {0};
    struct buf safe = {0};
    owner_append(&owner, organization, department);
    text_append_printable(&safe, buf_str(&owner), owner.len);
    fputs(buf_str(&safe), stdout);
    buf_dispose(&owner);
    buf_dispose(&safe);
}

static void print_why(const struct rule *rule, size_t number, const struct facts *facts)
{
    struct buf why = {0};
    char name[2 * RULE_MAX_NAME];
    bool holds = matcher_holds(rule->matcher, facts);
    matcher_explain(&why, rule->matcher, facts);
    printf("  rule %zu \"%s\" %s: %s\n", number, text_printable(name, sizeof name, rule->name),
           holds ? "takes it" : "does not match", buf_str(&why));
    buf_dispose(&why);
}

static enum cs_err explain_asset(void *context, const struct asset_row *row, const struct facts *facts)
{
    struct explaining *explaining = context;
    char endpoint[ENDPOINT_TEXT_SIZE];
    char name[160];
    size_t taker = ruleset_match(&explaining->rules, facts);
    explaining->assets++;
    printf("%s (%s), common name %s\n", endpoint_format(endpoint, &row->endpoint), row->slot,
           text_printable(name, sizeof name, row->cert.common_name != NULL ? row->cert.common_name : "-"));
    if (row->manual) {
        fputs("  assigned by hand to ", stdout);
        print_owner(row->owner_organization, row->owner_department);
        printf(": %s (this wins over every rule)\n", text_printable(name, sizeof name, row->reason));
    }
    for (size_t i = 0; i < explaining->rules.count && (taker == RULESET_NO_MATCH || i <= taker); i++)
        print_why(&explaining->rules.rules[i], i + 1, facts);
    if (taker != RULESET_NO_MATCH && !row->manual) {
        fputs("  so it belongs to ", stdout);
        print_owner(explaining->rules.rules[taker].owner.organization,
                    explaining->rules.rules[taker].owner.department);
        puts("");
    } else if (taker == RULESET_NO_MATCH && !row->manual) {
        puts("  so nobody owns it");
    }
    return CS_OK;
}

static int explain(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct asset_name name;
    struct explaining explaining = {0};
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = asset_name_parse(&name, app->store, app->words.items[0], &app->diag);
    if (err == CS_OK)
        err = app_load_rules(app, &explaining.rules);
    if (err == CS_OK) {
        struct asset_filter filter = asset_name_filter(&name);
        err = visit_assets(app, &filter, explain_asset, &explaining);
    }
    if (err == CS_OK && explaining.assets == 0)
        err = diag_fail(&app->diag, CS_E_NOT_FOUND,
                        "no asset is known there; `certscour assets --state all` lists them");
    ruleset_dispose(&explaining.rules);
    return app_status(app, err);
}

/* ---- rule apply ---- */

struct change {
    int64_t asset_id;
    size_t rule; /* RULESET_NO_MATCH = nobody */
};

struct applying {
    struct ruleset rules;
    struct change *changes; /* owned */
    size_t count;
    size_t cap;
};

static bool is_as_decided(const struct asset_row *row, const struct rule *rule)
{
    if (rule == NULL)
        return row->owner_id == 0 && row->rule == NULL;
    return row->owner_id == rule->owner_id && row->rule != NULL && strcmp(row->rule, rule->name) == 0;
}

static enum cs_err decide_asset(void *context, const struct asset_row *row, const struct facts *facts)
{
    struct applying *applying = context;
    size_t taker = ruleset_match(&applying->rules, facts);
    if (row->manual || is_as_decided(row, taker != RULESET_NO_MATCH ? &applying->rules.rules[taker] : NULL))
        return CS_OK;
    if (applying->count == applying->cap) {
        size_t cap = applying->cap == 0 ? 256 : applying->cap * 2;
        struct change *changes = realloc(applying->changes, cap * sizeof *changes);
        if (changes == NULL)
            return CS_E_NOMEM;
        applying->changes = changes;
        applying->cap = cap;
    }
    applying->changes[applying->count++] = (struct change){row->id, taker};
    return CS_OK;
}

static enum cs_err write_changes(struct app *app, struct applying *applying, size_t from, size_t to)
{
    enum cs_err err = store_begin(app->store, &app->diag);
    if (err != CS_OK)
        return err;
    for (size_t i = from; i < to && err == CS_OK; i++) {
        size_t taker = applying->changes[i].rule;
        const struct rule *rule = taker != RULESET_NO_MATCH ? &applying->rules.rules[taker] : NULL;
        bool changed;
        err = assets_set_owner(app->store, applying->changes[i].asset_id, rule != NULL ? rule->owner_id : 0,
                               rule != NULL ? rule->id : 0, rule != NULL ? rule->name : NULL, app_now_s(),
                               &changed, &app->diag);
    }
    if (err == CS_OK)
        err = store_commit(app->store, &app->diag);
    if (err != CS_OK)
        store_rollback(app->store);
    return err;
}

enum cs_err apply_rules(struct app *app, uint64_t *changed)
{
    struct applying applying = {0};
    struct asset_filter filter = {0};
    enum cs_err err = app_load_rules(app, &applying.rules);
    if (err == CS_OK)
        err = visit_assets(app, &filter, decide_asset, &applying);
    for (size_t at = 0; at < applying.count && err == CS_OK; at += CHANGES_AT_ONCE) {
        size_t end = at + CHANGES_AT_ONCE < applying.count ? at + CHANGES_AT_ONCE : applying.count;
        err = write_changes(app, &applying, at, end);
    }
    *changed = applying.count;
    free(applying.changes);
    ruleset_dispose(&applying.rules);
    return err;
}

static int apply(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    uint64_t changed = 0;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 0, 0, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = apply_rules(app, &changed);
    if (err == CS_OK)
        printf("%" PRIu64 " assets have another owner or rule now\n", changed);
    return app_status(app, err);
}

const struct command rule_apply_commands[] = {
    {"rule", "test", "[--match EXPR] [options]", "dry run on the stored assets: what each rule takes", test},
    {"rule", "explain", "ENDPOINT|SHA256", "which rule took it, and why each earlier one did not", explain},
    {"rule", "apply", "", "assigns all stored assets again", apply},
    {.name = NULL},
};
