// SPDX-License-Identifier: Apache-2.0
#include "scm/http_loop.h"

#include <signal.h>
#include <stdlib.h>

struct watch { /* one socket of libcurl's */
    uv_poll_t poll;
    struct http_loop *loop;
    curl_socket_t socket;
};

static void collect(struct http_loop *loop)
{
    int left;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        loop->result = message->data.result;
        loop->done = true;
        uv_stop(&loop->loop); /* timers run before the loop waits: it shall not wait any more */
    }
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct http_loop *loop = watch->loop; /* libcurl may close the watch */
    int running;
    int what = status < 0 ? CURL_CSELECT_ERR
                          : ((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                                ((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(loop->multi, watch->socket, what, &running);
    collect(loop);
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct watch *watch_new(struct http_loop *loop, curl_socket_t socket)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    *watch = (struct watch){.loop = loop, .socket = socket};
    if (uv_poll_init_socket(&loop->loop, &watch->poll, socket) != 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    curl_multi_assign(loop->multi, socket, watch);
    return watch;
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *known)
{
    struct http_loop *loop = context;
    struct watch *watch = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL) {
            uv_poll_stop(&watch->poll);
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
            curl_multi_assign(loop->multi, socket, NULL);
        }
        return 0;
    }
    if (watch == NULL)
        watch = watch_new(loop, socket);
    if (watch == NULL)
        return -1;
    int events =
        ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
    return uv_poll_start(&watch->poll, events, on_socket);
}

static void on_timeout(uv_timer_t *timer);

static int set_timeout(CURLM *multi, long ms, void *context)
{
    struct http_loop *loop = context;
    (void)multi;
    if (ms < 0)
        return uv_timer_stop(&loop->timeout);
    uv_update_time(&loop->loop); /* else it counts from when the loop last looked */
    return uv_timer_start(&loop->timeout, on_timeout, (uint64_t)ms, 0);
}

/* A timer that fires a moment early by libcurl's clock does nothing there, and libcurl does not ask again for
 * what it has asked for: so we look what is still due. */
static void on_timeout(uv_timer_t *timer)
{
    struct http_loop *loop = timer->data;
    int running;
    long ms = -1;
    curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(loop);
    if (!uv_is_active((uv_handle_t *)timer) && curl_multi_timeout(loop->multi, &ms) == CURLM_OK && ms >= 0)
        uv_timer_start(timer, on_timeout, (uint64_t)ms + 1, 0);
}

static void on_pause_over(uv_timer_t *timer)
{
    struct http_loop *loop = timer->data;
    loop->pausing = false;
    uv_stop(&loop->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct http_loop *loop = handle->data;
    (void)number;
    loop->stopped = true;
    uv_stop(&loop->loop);
}

enum cs_err http_loop_init(struct http_loop *loop)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    *loop = (struct http_loop){0};
    if (uv_loop_init(&loop->loop) != 0)
        return CS_E_IO;
    uv_timer_init(&loop->loop, &loop->timeout);
    uv_timer_init(&loop->loop, &loop->pause);
    loop->timeout.data = loop;
    loop->pause.data = loop;
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&loop->loop, &loop->signals[i]);
        loop->signals[i].data = loop;
        uv_signal_start(&loop->signals[i], on_signal, numbers[i]);
    }
    loop->multi = curl_multi_init();
    if (loop->multi == NULL) {
        http_loop_close(loop);
        return CS_E_NOMEM;
    }
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, set_timeout);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 1L);
    return CS_OK;
}

void http_loop_close(struct http_loop *loop)
{
    if (loop->multi != NULL)
        curl_multi_cleanup(loop->multi); /* closes its sockets, and so their watches */
    uv_close((uv_handle_t *)&loop->timeout, NULL);
    uv_close((uv_handle_t *)&loop->pause, NULL);
    for (int i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&loop->signals[i], NULL);
    uv_run(&loop->loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop->loop);
}

bool http_loop_transfer(struct http_loop *loop, CURL *easy, CURLcode *result)
{
    loop->done = false;
    if (curl_multi_add_handle(loop->multi, easy) != CURLM_OK) {
        *result = CURLE_FAILED_INIT;
        return true;
    }
    while (!loop->done && !loop->stopped)
        uv_run(&loop->loop, UV_RUN_DEFAULT); /* signals keep it alive */
    curl_multi_remove_handle(loop->multi, easy);
    *result = loop->result;
    return loop->done;
}

bool http_loop_pause(struct http_loop *loop, uint64_t ms)
{
    loop->pausing = true;
    uv_timer_start(&loop->pause, on_pause_over, ms, 0);
    while (loop->pausing && !loop->stopped)
        uv_run(&loop->loop, UV_RUN_DEFAULT);
    uv_timer_stop(&loop->pause);
    return !loop->stopped;
}
