// SPDX-License-Identifier: Apache-2.0
#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text_list.h"

#define MAX_REQUEST 65536

struct http_server {
    const struct http_script *script;
    int listener;
    int stop_pipe[2];
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock;
    struct text_list requests;
    size_t connections;
};

/* False: time to stop, or the peer has gone. */
static bool wait_readable(const struct http_server *server, int fd)
{
    struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = server->stop_pipe[0], .events = POLLIN}};
    while (poll(fds, 2, -1) < 0)
        continue;
    return fds[1].revents == 0;
}

static size_t body_length(const char *head)
{
    const char *at = strcasestr(head, "\r\nContent-Length:");
    return at != NULL ? (size_t)strtoul(at + 17, NULL, 10) : 0;
}

/* One request, head and body. False: there is none any more. */
static bool read_request(const struct http_server *server, int fd, char *bytes)
{
    size_t len = 0;
    bytes[0] = '\0';
    for (;;) {
        const char *end = strstr(bytes, "\r\n\r\n");
        if (end != NULL && len >= (size_t)(end + 4 - bytes) + body_length(bytes))
            return true;
        if (!wait_readable(server, fd))
            return false;
        ssize_t got = recv(fd, bytes + len, MAX_REQUEST - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
        bytes[len] = '\0';
    }
}

static const struct http_script *next_answer(struct http_server *server, const char *request)
{
    const struct http_script *answer = server->script;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->requests.count && (answer[1].bytes != NULL || answer[1].json != NULL); i++)
        answer++;
    bool kept = text_list_add(&server->requests, request) == CS_OK;
    pthread_mutex_unlock(&server->lock);
    return kept ? answer : server->script;
}

static void write_answer(const struct http_script *answer, struct buf *out)
{
    if (answer->json == NULL) {
        buf_append_str(out, answer->bytes);
        return;
    }
    buf_printf(
        out,
        "HTTP/1.1 %d Said\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: %zu\r\n%s\r\n%s",
        answer->status != 0 ? answer->status : 200, strlen(answer->json),
        answer->headers != NULL ? answer->headers : "", answer->json);
}

static void send_answer(int fd, const struct http_script *answer)
{
    struct buf bytes = {0};
    write_answer(answer, &bytes);
    for (size_t sent = 0; sent < bytes.len;) {
        ssize_t count = send(fd, bytes.data + sent, bytes.len - sent, MSG_NOSIGNAL);
        if (count <= 0)
            break;
        sent += (size_t)count;
    }
    buf_dispose(&bytes);
}

static void talk(struct http_server *server, int fd)
{
    char *bytes = malloc(MAX_REQUEST + 1);
    while (bytes != NULL && read_request(server, fd, bytes)) {
        const struct http_script *answer = next_answer(server, bytes);
        bool hangs_up = answer->hangs_up; /* once it is sent, the script may be gone with its test */
        if (answer->silent) {
            while (wait_readable(server, fd) && recv(fd, bytes, MAX_REQUEST, 0) > 0)
                continue;
            break;
        }
        send_answer(fd, answer);
        if (hangs_up)
            break;
    }
    free(bytes);
    close(fd);
}

static void *serve(void *context)
{
    struct http_server *server = context;
    while (wait_readable(server, server->listener)) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0)
            continue;
        pthread_mutex_lock(&server->lock);
        server->connections++;
        pthread_mutex_unlock(&server->lock);
        talk(server, fd);
    }
    return NULL;
}

struct http_server *http_server_start(const struct http_script *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    server->script = script;
    pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (pipe(server->stop_pipe) != 0 || bind(server->listener, (struct sockaddr *)&address, len) != 0 ||
        listen(server->listener, 16) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &len) != 0 ||
        pthread_create(&server->thread, NULL, serve, server) != 0) {
        close(server->listener);
        free(server);
        return NULL;
    }
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u", ntohs(address.sin_port));
    return server;
}

void http_server_stop(struct http_server *server)
{
    if (server == NULL)
        return;
    close(server->stop_pipe[1]); /* wakes every poll */
    pthread_join(server->thread, NULL);
    close(server->stop_pipe[0]);
    close(server->listener);
    text_list_dispose(&server->requests);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

const char *http_server_url(const struct http_server *server)
{
    return server->url;
}

const char *http_server_request(struct http_server *server, size_t n)
{
    pthread_mutex_lock(&server->lock);
    const char *request = n < server->requests.count ? server->requests.items[n] : NULL;
    pthread_mutex_unlock(&server->lock);
    return request;
}

size_t http_server_requests(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->requests.count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

size_t http_server_connections(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->connections;
    pthread_mutex_unlock(&server->lock);
    return count;
}
