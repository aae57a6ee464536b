// SPDX-License-Identifier: Apache-2.0
#include "app/report_pass.h"

#include "app/expiry_setting.h"
#include "db/owners.h"

static enum cs_err find_owner(struct report_pass *pass, const char *owner)
{
    int64_t id;
    enum cs_err err = owner_parse(&pass->owner, owner, &pass->app->diag);
    if (err == CS_OK)
        err = app_open_store(pass->app, STORE_READ);
    if (err == CS_OK)
        err = owners_find(pass->app->store, &pass->owner, &id, &pass->app->diag);
    pass->filter.owner_organization = pass->owner.organization;
    pass->filter.owner_department = pass->owner.department[0] != '\0' ? pass->owner.department : NULL;
    return err;
}

enum cs_err report_pass_begin(struct report_pass *pass, struct app *app, const struct report_scope *scope)
{
    *pass = (struct report_pass){.app = app, .now_s = app_now_s()};
    pass->filter.state = "live";
    pass->filter.now_s = pass->now_s;
    pass->filter.estate_findings = true;
    enum cs_err err = expiry_setting(app, &pass->limits);
    if (err == CS_OK && scope->where != NULL) {
        err = matcher_compile(&pass->where, scope->where, RULES_FILTER, &app->diag);
        if (err != CS_OK)
            diag_prefix(&app->diag, "--where");
    }
    if (err != CS_OK)
        return err;
    pass->filter.where = pass->where != NULL ? matcher_expr(pass->where) : NULL;
    return scope->owner != NULL ? find_owner(pass, scope->owner) : app_open_store(app, STORE_READ);
}

static enum cs_err see(void *context, const struct asset_row *row)
{
    struct report_pass *pass = context;
    const char *findings[ASSET_FINDING_MAX];
    bool wanted = true;
    size_t count = asset_findings(row, pass->now_s, &pass->limits, findings);
    enum cs_err err = CS_OK;
    if (pass->where != NULL && !pass->exact)
        err = asset_matches(pass->where, row, pass->now_s, findings, count, &wanted);
    return err == CS_OK && wanted ? pass->each(pass->context, row, findings, count) : err;
}

enum cs_err report_pass_run(struct report_pass *pass, report_each each, void *context)
{
    pass->each = each;
    pass->context = context;
    return assets_each(pass->app->store, &pass->filter, &pass->exact, see, pass, &pass->app->diag);
}

void report_pass_end(struct report_pass *pass)
{
    matcher_free(pass->where);
    pass->where = NULL;
}
