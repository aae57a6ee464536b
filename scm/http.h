// SPDX-License-Identifier: Apache-2.0
/* One HTTP request at a time over one connection, by libcurl on a libuv loop of its own: strict TLS, a rate,
 * time-outs, a limit on what comes back, and repetitions where they are safe. Blocks its thread; SIGINT and
 * SIGTERM end it. Redirects are not followed: nobody else shall get a password. */
#ifndef SCM_HTTP_H
#define SCM_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"

/* Time, so that tests need none. */
struct http_clock {
    uint64_t (*now_ms)(void *context); /* monotonic */
    int64_t (*now_s)(void *context);   /* Unix time */
    void (*wait)(void *context, uint64_t ms);
    void *context;
};

struct http_options {        /* text is borrowed for the object's life */
    const char *proxy;       /* NULL: the environment's (https_proxy, no_proxy); "" = none */
    const char *ca_file;     /* trusted instead of the system's CAs; NULL = the system's */
    const char *client_cert; /* PEM files; NULL = none */
    const char *client_key;
    uint32_t connect_timeout_ms;
    uint32_t timeout_ms;            /* for one attempt as a whole */
    uint32_t interval_ms;           /* between the beginnings of two requests, repetitions included */
    uint32_t retry_ms;              /* before the first repetition; 0 = RETRY_FIRST_MS */
    uint64_t seed;                  /* of the jitter */
    const struct http_clock *clock; /* NULL = the real one */
    void (*notice)(void *context, const char *sentence); /* a repetition is due; NULL = nobody listens */
    void *notice_context;
};

struct http_request {
    const char *method;         /* GET, POST, PUT, DELETE */
    const char *url;            /* https://, or http:// to a loopback address */
    const char *shown;          /* how messages name the call; without secrets */
    const char *const *headers; /* "Name: value" */
    size_t header_count;
    const char *body; /* NULL = none */
    size_t body_len;
    size_t max_body; /* of the answer, in bytes */
    bool repeatable; /* doing it twice is like doing it once */
};

struct http_response { /* zero-initialise; dispose after use, also after an error */
    int status;
    char content_type[96]; /* "" = not said, as all of these */
    char retry_after[64];
    char location[256];
    char authenticate[256];
    int64_t total_count; /* X-Total-Count; -1 = not said */
    struct buf body;
};

struct http;

CS_MUST_USE enum cs_err http_new(struct http **out, const struct http_options *options, struct diag *diag);
void http_free(struct http *http); /* NULL is fine */

/* CS_OK: there is an answer, whatever its status. CS_E_INVALID: the URL must not be used. CS_E_LIMIT: the
 * answer is too large. CS_E_CANCELLED: a signal. CS_E_IO: no answer, after all repetitions. */
CS_MUST_USE enum cs_err http_send(struct http *http, const struct http_request *request,
                                  struct http_response *response, struct diag *diag);
void http_response_dispose(struct http_response *response); /* wipes too: tokens come in answers */

/* https, or http to a loopback address; no user name in it. CS_E_INVALID; `what` names it ("base_url"). */
CS_MUST_USE enum cs_err http_check_url(const char *url, const char *what, struct diag *diag);

/* Everything but letters, digits and -._~ as %XX (RFC 3986). */
void http_append_escaped(struct buf *out, const char *text);

int64_t http_now_s(struct http *http); /* by its clock */

#endif
