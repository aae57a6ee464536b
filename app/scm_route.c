// SPDX-License-Identifier: Apache-2.0
#include "app/scm_route.h"

#include <string.h>

#include "db/push_plan.h"

static const char *key(const struct app *app, const char *name)
{
    return config_get(&app->config, "scm", name);
}

static const char *set_key(const struct app *app, const char *name)
{
    const char *value = key(app, name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

enum cs_err scm_route_of(struct scm_route *route, struct app *app, const char *name)
{
    const char *path = set_key(app, "discovery_import_path");
    *route = (struct scm_route){
        .name = name,
        .discovery = strcmp(name, PUSH_ROUTE_DISCOVERY) == 0,
        .names = {key(app, "discovery_list_field"), set_key(app, "discovery_certificate_field"),
                  set_key(app, "discovery_location_field")}, /* a list without a name is the body itself */
        .path = path,
    };
    if (path != NULL && (path[0] != '/' || strstr(path, "{id}") == NULL))
        return diag_fail(&app->diag, CS_E_INVALID,
                         "[scm] discovery_import_path: expected a path with {id} in it, the operation's");
    return CS_OK;
}

enum cs_err scm_route_read(struct scm_route *route, struct app *app)
{
    const char *name = set_key(app, "asset_route");
    if (name == NULL)
        name = PUSH_ROUTE_IMPORT;
    if (strcmp(name, PUSH_ROUTE_IMPORT) != 0 && strcmp(name, PUSH_ROUTE_DISCOVERY) != 0)
        return diag_fail(&app->diag, CS_E_INVALID,
                         "[scm] asset_route: allowed are " PUSH_ROUTE_IMPORT ", " PUSH_ROUTE_DISCOVERY);
    return scm_route_of(route, app, name);
}

enum cs_err scm_route_open(const struct scm_route *route, struct scm_session *session, struct app *app)
{
    return route->discovery ? scm_session_open_bucket(session, app) : scm_session_open(session, app);
}

enum cs_err scm_route_server(const struct scm_route *route, const struct app *app, char **out,
                             struct diag *diag)
{
    const char *name = route->discovery ? "discovery_url" : "base_url";
    const char *url = set_key(app, name);
    *out = NULL;
    if (url == NULL)
        return diag_fail(diag, CS_E_INVALID,
                         "SCM is not configured: [scm] %s is missing; docs/scm.md has examples", name);
    return client_check_base(out, url, diag);
}

enum cs_err scm_route_run(const struct scm_route *route, const struct push_options *options, int64_t push_id,
                          struct diag *diag)
{
    return route->discovery ? push_run_discovery(options, push_id, diag) : push_run(options, push_id, diag);
}
