// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"
#include "app/inventory_age.h"
#include "db/assets.h"
#include "db/inventory.h"

enum {
    COLUMN_NAME,
    COLUMN_ID,
    COLUMN_STATE,
    COLUMN_DELEGATION,
    COLUMN_ORGANIZATIONS,
    COLUMN_VALIDATION,
    COLUMN_METHOD,
    COLUMN_UNTIL,
    COLUMN_DAYS_LEFT,
    COLUMN_HAS_TWIN,
    COLUMN_COUNT
};

static const struct listing_column columns[] = {
    [COLUMN_NAME] = {"name", true},
    [COLUMN_ID] = {"id", true},
    [COLUMN_STATE] = {"state", true},
    [COLUMN_DELEGATION] = {"delegation", true},
    [COLUMN_ORGANIZATIONS] = {"organizations", false},
    [COLUMN_VALIDATION] = {"validation", true},
    [COLUMN_METHOD] = {"validation_method", false},
    [COLUMN_UNTIL] = {"validated_until", true},
    [COLUMN_DAYS_LEFT] = {"days_left", true},
    [COLUMN_HAS_TWIN] = {"has_twin", true},
};

struct domain_listing {
    struct listing *listing;
    int64_t now_s;
    struct diag *diag;
};

static enum cs_err list_domain(void *context, const struct inventory_domain_row *row)
{
    const struct domain_listing *list = context;
    const struct inventory_domain *domain = &row->domain;
    listing_text(list->listing, COLUMN_NAME, row->name);
    listing_int(list->listing, COLUMN_ID, domain->external_id);
    listing_text(list->listing, COLUMN_STATE, domain->state);
    listing_text(list->listing, COLUMN_DELEGATION, domain->delegation);
    listing_text(list->listing, COLUMN_ORGANIZATIONS, domain->organizations);
    listing_text(list->listing, COLUMN_VALIDATION, domain->validation);
    listing_text(list->listing, COLUMN_METHOD, domain->validation_method);
    if (domain->validated_until_s != 0) {
        listing_time(list->listing, COLUMN_UNTIL, domain->validated_until_s);
        listing_int(list->listing, COLUMN_DAYS_LEFT, asset_days_left(domain->validated_until_s, list->now_s));
    }
    listing_bool(list->listing, COLUMN_HAS_TWIN, row->has_twin);
    return listing_end_row(list->listing, list->diag);
}

static int list(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct list_options options = {0};
    if (!app_begin(app, command, argc, argv, NULL, NULL, true, &options, 0, 0, &status))
        return status;
    struct domain_listing domains = {.now_s = app_now_s(), .diag = &app->diag};
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = app_open_listing(app, &options, columns, COLUMN_COUNT, &domains.listing);
    if (err != CS_OK)
        return app_status(app, err);
    err = inventory_each_domain(app->store, INVENTORY_SCM, list_domain, &domains, &app->diag);
    err = listing_close(domains.listing, err, &app->diag);
    if (err == CS_OK)
        err = note_domain_age(app->store, &app->diag);
    return app_status(app, err);
}

const struct command scm_domain_commands[] = {
    {"scm", "domains", "[options]", "lists the domains that SCM knows, and how long they are validated",
     list},
    {.name = NULL},
};
