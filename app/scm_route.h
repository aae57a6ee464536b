// SPDX-License-Identifier: Apache-2.0
/* [scm] asset_route: the way on which assets go to SCM. */
#ifndef APP_SCM_ROUTE_H
#define APP_SCM_ROUTE_H

#include "app/scm_session.h"
#include "scm/push.h"

struct scm_route {    /* text is the configuration's, or constant */
    const char *name; /* PUSH_ROUTE_IMPORT, PUSH_ROUTE_DISCOVERY */
    bool discovery;
    struct discovery_names names;
    const char *path; /* of the Discovery Import call; NULL = the usual one */
};

/* CS_E_INVALID names the key and what is allowed. */
CS_MUST_USE enum cs_err scm_route_read(struct scm_route *route, struct app *app);
/* The route of a push that was begun, whatever is configured now. */
CS_MUST_USE enum cs_err scm_route_of(struct scm_route *route, struct app *app, const char *name);
/* A session with whom this route sends to. */
CS_MUST_USE enum cs_err scm_route_open(const struct scm_route *route, struct scm_session *session,
                                       struct app *app);
/* Base URL of the configuration as a session would have it; malloc'd. */
CS_MUST_USE enum cs_err scm_route_server(const struct scm_route *route, const struct app *app, char **out,
                                         struct diag *diag);
CS_MUST_USE enum cs_err scm_route_run(const struct scm_route *route, const struct push_options *options,
                                      int64_t push_id, struct diag *diag);

#endif
