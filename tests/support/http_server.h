// SPDX-License-Identifier: Apache-2.0
/* An HTTP server on loopback that gives the answers of a list, one to each request, from a thread of its own,
 * and keeps what it was asked. */
#ifndef TESTS_SUPPORT_HTTP_SERVER_H
#define TESTS_SUPPORT_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct http_script {     /* neither `json` nor `bytes` ends a list; its last answer repeats */
    const char *json;    /* a body: head and length are made for it */
    int status;          /* with `json`; 0 = 200 */
    const char *headers; /* with `json`: more lines, each with its end */
    const char *bytes;   /* else the whole answer as it goes over the wire */
    bool hangs_up;       /* closes the connection behind it */
    bool silent;         /* says nothing and holds the connection until the client goes */
};

struct http_server;

struct http_server *http_server_start(const struct http_script *script); /* borrowed; NULL on failure */
void http_server_stop(struct http_server *server);                       /* NULL is fine */
const char *http_server_url(const struct http_server *server);           /* "http://127.0.0.1:PORT" */
/* The n-th request as it came, head and body; NULL = there was none. Valid until stop. */
const char *http_server_request(struct http_server *server, size_t n);
size_t http_server_requests(struct http_server *server);
size_t http_server_connections(struct http_server *server);

#endif
