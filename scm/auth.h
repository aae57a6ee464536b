// SPDX-License-Identifier: Apache-2.0
/* How SCM knows who asks: login and password headers, login and TLS client certificate, or a token that
 * client credentials give (OAuth 2.0) and that is renewed before it ends. */
#ifndef SCM_AUTH_H
#define SCM_AUTH_H

#include "scm/http.h"
#include "scm/secret.h"

enum auth_kind { AUTH_PASSWORD, AUTH_CERTIFICATE, AUTH_TOKEN };

#define AUTH_MAX_HEADERS 3

struct auth_options { /* text is copied where it is kept */
    enum auth_kind kind;
    const char *login; /* AUTH_PASSWORD, AUTH_CERTIFICATE */
    const char *customer_uri;
    const char *client_id; /* AUTH_TOKEN */
    const char *token_url;
    struct secret secret; /* password or client secret; taken over, and wiped by auth_free */
};

struct auth;

/* CS_E_INVALID: a name that no header can carry. The secret is taken over in every case. */
CS_MUST_USE enum cs_err auth_new(struct auth **out, struct auth_options *options, struct diag *diag);
void auth_free(struct auth *auth); /* wipes; NULL is fine */

/* The headers of the next request, valid until the next call: fetches a token first where there is none, or
 * one that is about to end. Errors of http_send; CS_E_IO where no token is given, with the reason. */
CS_MUST_USE enum cs_err auth_headers(struct auth *auth, struct http *http,
                                     const char *headers[AUTH_MAX_HEADERS], size_t *count, struct diag *diag);

/* SCM did not take the headers. True: a new token may help, the old one is forgotten. */
bool auth_renew(struct auth *auth);

enum auth_kind auth_kind(const struct auth *auth);
const char *auth_login(const struct auth *auth);             /* NULL for AUTH_TOKEN */
const char *auth_account(const struct auth *auth);           /* login or client id: who it is */
void auth_hide_secrets(const struct auth *auth, char *text); /* stars over password, client secret, token */

#endif
