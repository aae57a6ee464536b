// SPDX-License-Identifier: Apache-2.0
/* Calls of SCM's API: JSON in and out, pages, and errors that say what to do. */
#ifndef SCM_CLIENT_H
#define SCM_CLIENT_H

#include "base/json.h"
#include "scm/advice.h"
#include "scm/api_names.h"
#include "scm/auth.h"
#include "scm/http.h"

/* Every call that changes something in SCM is written down before it goes out, and its answer behind it: a
 * row without answer is one whose effect is not known. Where it cannot be written down, nothing is sent. */
struct client_journal {
    enum cs_err (*begin)(void *context, const char *call, const char *about, int64_t *row, struct diag *diag);
    /* `status` 0: no answer came. `said`: "" or SCM's reason, without secrets. */
    enum cs_err (*end)(void *context, int64_t row, int status, const char *said, struct diag *diag);
    void *context;
    int64_t row; /* of the latest call; set by the client */
};

struct client { /* filled by the caller; text and objects are borrowed */
    struct http *http;
    struct auth *auth;
    const char *base_url;           /* as client_check_base gives it */
    const char *support;            /* whom to ask, for messages; NULL = nobody is named */
    unsigned page_size;             /* 1 to API_PAGE_SIZE */
    enum refusal refusal;           /* of the latest call that SCM refused */
    int status;                     /* of the latest answer; 0 = there was none */
    int64_t total_count;            /* X-Total-Count of the latest answer; -1 = not said */
    int64_t code;                   /* SCM's own, of the latest refusal; 0 = none */
    char location[256];             /* Location of the latest answer; "" = none */
    struct client_journal *journal; /* NULL = nobody writes down */
};

/* `base_url` of the configuration without what is often put behind it ("/", "/api"). malloc'd into `out`. */
CS_MUST_USE enum cs_err client_check_base(char **out, const char *base_url, struct diag *diag);

/* One call. `id` follows the path where it ends with a slash; `query` ("a=b&c=d", escaped) and `body` may be
 * NULL. `*out` is freed with json_free. CS_E_IO: no answer or a refusal (client->refusal); CS_E_MALFORMED: an
 * answer that is no JSON; CS_E_LIMIT, CS_E_CANCELLED as http_send. */
CS_MUST_USE enum cs_err client_call(struct client *client, enum api_call call, int64_t id, const char *query,
                                    const char *body, struct json_value **out, struct diag *diag);

struct client_question { /* text is borrowed; 0 or NULL where the call has no such part */
    enum api_call call;
    const char *path; /* instead of the one in the table */
    int64_t id;
    const char *id_text; /* instead of a number; escaped by the client */
    int64_t sub;
    const char *sub_text; /* instead of that number; escaped by the client */
    const char *query;
    const char *body;
    const char *about; /* what it is about, for the journal */
};

/* The same with all that a call may have. `*out` is NULL where a call without body has none. */
CS_MUST_USE enum cs_err client_ask(struct client *client, const struct client_question *question,
                                   struct json_value **out, struct diag *diag);

/* The id at the end of the Location of the latest answer. False, or NULL: there is none. */
bool client_created_id(const struct client *client, int64_t *id);
const char *client_created_name(const struct client *client);

/* Takes the rows of one page; `*fresh` is how many of them had not come before. */
typedef enum cs_err (*client_page)(void *context, const struct json_value *rows, size_t *fresh,
                                   struct diag *diag);

/* A list, page after page (or whole, where the call knows no pages), until fewer rows come than were asked
 * for and X-Total-Count, if there is one, does not promise more. CS_E_MALFORMED also where a page is no
 * array, or a full page brings nothing fresh. */
CS_MUST_USE enum cs_err client_list(struct client *client, enum api_call call, const char *query,
                                    client_page page, void *context, struct diag *diag);
/* The same where the path has ids in it. The question's own query comes before size and position. */
CS_MUST_USE enum cs_err client_list_under(struct client *client, const struct client_question *question,
                                          client_page page, void *context, struct diag *diag);

#endif
