// SPDX-License-Identifier: Apache-2.0
/* [scm] of the configuration as a client that is ready to call. */
#ifndef APP_SCM_SESSION_H
#define APP_SCM_SESSION_H

#include "app/app.h"
#include "scm/client.h"

struct scm_session {
    struct client client;
    struct http *http;
    struct auth *auth;
    char *base_url;
};

/* Sends nothing yet. CS_E_INVALID names the key that is missing or wrong. */
CS_MUST_USE enum cs_err scm_session_open(struct scm_session *session, struct app *app);
/* The same for the Discovery Import API of a bucket: [scm] discovery_url and what belongs to it. */
CS_MUST_USE enum cs_err scm_session_open_bucket(struct scm_session *session, struct app *app);
void scm_session_close(struct scm_session *session); /* wipes secrets; idempotent */

/* Milliseconds between two requests, as configured. */
uint32_t scm_interval_ms(const struct app *app);

/* "0.5", "2": requests a second -> milliseconds between two. CS_E_INVALID. */
CS_MUST_USE enum cs_err scm_interval_parse(const char *text, uint32_t *out_ms, struct diag *diag);

#endif
