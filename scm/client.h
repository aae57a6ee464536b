// SPDX-License-Identifier: Apache-2.0
/* Calls of SCM's API: JSON in and out, pages, and errors that say what to do. */
#ifndef SCM_CLIENT_H
#define SCM_CLIENT_H

#include "base/json.h"
#include "scm/advice.h"
#include "scm/api_names.h"
#include "scm/auth.h"
#include "scm/http.h"

struct client { /* filled by the caller; text and objects are borrowed */
    struct http *http;
    struct auth *auth;
    const char *base_url; /* as client_check_base gives it */
    const char *support;  /* whom to ask, for messages; NULL = nobody is named */
    unsigned page_size;   /* 1 to API_PAGE_SIZE */
    enum refusal refusal; /* of the latest call that SCM refused */
    int status;           /* of the latest answer; 0 = there was none */
    int64_t total_count;  /* X-Total-Count of the latest answer; -1 = not said */
};

/* `base_url` of the configuration without what is often put behind it ("/", "/api"). malloc'd into `out`. */
CS_MUST_USE enum cs_err client_check_base(char **out, const char *base_url, struct diag *diag);

/* One call. `id` follows the path where it ends with a slash; `query` ("a=b&c=d", escaped) and `body` may be
 * NULL. `*out` is freed with json_free. CS_E_IO: no answer or a refusal (client->refusal); CS_E_MALFORMED: an
 * answer that is no JSON; CS_E_LIMIT, CS_E_CANCELLED as http_send. */
CS_MUST_USE enum cs_err client_call(struct client *client, enum api_call call, int64_t id, const char *query,
                                    const char *body, struct json_value **out, struct diag *diag);

/* Takes the rows of one page; `*fresh` is how many of them had not come before. */
typedef enum cs_err (*client_page)(void *context, const struct json_value *rows, size_t *fresh,
                                   struct diag *diag);

/* A list, page after page (or whole, where the call knows no pages), until fewer rows come than were asked
 * for and X-Total-Count, if there is one, does not promise more. CS_E_MALFORMED also where a page is no
 * array, or a full page brings nothing fresh. */
CS_MUST_USE enum cs_err client_list(struct client *client, enum api_call call, const char *query,
                                    client_page page, void *context, struct diag *diag);

#endif
