// SPDX-License-Identifier: Apache-2.0
/* libcurl's multi interface driven by libuv: transfers one easy handle, waits, and notices signals. For
 * http.c only. */
#ifndef SCM_HTTP_LOOP_H
#define SCM_HTTP_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

struct http_loop {
    uv_loop_t loop;
    uv_timer_t timeout; /* libcurl's */
    uv_timer_t pause;   /* ours */
    uv_signal_t signals[2];
    CURLM *multi;
    bool done; /* the transfer, with `result` */
    bool pausing;
    bool stopped; /* by a signal; for good */
    CURLcode result;
};

CS_MUST_USE enum cs_err http_loop_init(struct http_loop *loop);
void http_loop_close(struct http_loop *loop); /* easy handles go first */

/* Runs one transfer to its end. False: a signal came. */
bool http_loop_transfer(struct http_loop *loop, CURL *easy, CURLcode *result);
/* False: a signal came. */
bool http_loop_pause(struct http_loop *loop, uint64_t ms);

#endif
