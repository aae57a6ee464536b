// SPDX-License-Identifier: Apache-2.0
/* One epoll loop. A connection is read all the time (so that its end is seen), and written to by play(),
 * which is called when something may have changed: bytes came, the socket takes more, or a pause is over. */
#include "tests/support/hostile_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG          4096
#define EVENTS           256
#define WRITES_AT_A_TIME 16
#define IDLE_WAIT_MS     1000

struct connection {
    int fd;
    const struct hostile_script *script;
    uint32_t host; /* the server's side of it, host byte order; 0 for IPv6 */
    bool heard;    /* the client has sent something */
    bool said;     /* all of the script */
    bool ended;    /* the FIN is out */
    size_t at;     /* in the script's bytes */
    int64_t due_ms;
    struct connection *previous;
    struct connection *next;
};

struct hostile_server {
    struct hostile_script first_script;
    const struct hostile_script *script; /* of the next connection */
    bool has_pauses;                     /* in one of the scripts */
    pthread_t thread;
    int listener;
    int epoll;
    int stop; /* an eventfd */
    uint16_t port;
    struct connection *connections;
    _Atomic uint64_t accepted;
    _Atomic uint32_t most_at_once;
    _Atomic uint32_t most_per_host;
    _Atomic uint32_t most_per_prefix;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- connections ---- */

static void drop(struct hostile_server *server, struct connection *connection)
{
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    /* closing alone does not do that while a child that was just forked has the descriptor, too */
    epoll_ctl(server->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
    close(connection->fd);
    free(connection);
}

static bool is_established(const struct connection *connection)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    return getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
           info.tcpi_state == TCP_ESTABLISHED;
}

static void raise_to(_Atomic uint32_t *most, uint32_t value)
{
    if (value > atomic_load(most))
        atomic_store(most, value);
}

/* A connection that the client has reset already does not count, whether or not its end was handled here. */
static void count_at_once(struct hostile_server *server, uint32_t host)
{
    uint32_t all = 0;
    uint32_t same_host = 0;
    uint32_t same_prefix = 0;
    for (const struct connection *it = server->connections; it != NULL; it = it->next) {
        if (!is_established(it))
            continue;
        all++;
        same_host += it->host == host;
        same_prefix += it->host >> 8 == host >> 8;
    }
    raise_to(&server->most_at_once, all);
    raise_to(&server->most_per_host, same_host);
    raise_to(&server->most_per_prefix, same_prefix);
}

static uint32_t local_host(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0 || address.ss_family != AF_INET)
        return 0;
    return ntohl(((const struct sockaddr_in *)&address)->sin_addr.s_addr);
}

static void reset(struct hostile_server *server, struct connection *connection)
{
    struct linger at_once = {.l_onoff = 1};
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    drop(server, connection);
}

/* ---- the script ---- */

static void watch(const struct hostile_server *server, struct connection *connection, bool writes)
{
    struct epoll_event event = {.events = EPOLLIN | (writes ? EPOLLOUT : 0u), .data.ptr = connection};
    epoll_ctl(server->epoll, EPOLL_CTL_MOD, connection->fd, &event);
}

/* False when there is nothing more to say for now. */
static bool say_piece(struct hostile_server *server, struct connection *connection)
{
    const struct hostile_script *script = connection->script;
    size_t left = script->len - connection->at;
    size_t want = script->piece != 0 && script->piece < left ? script->piece : left;
    ssize_t sent = send(connection->fd, (const char *)script->bytes + connection->at, want, MSG_NOSIGNAL);
    watch(server, connection, sent < (ssize_t)want);
    if (sent < 0)
        return false; /* full, or broken: then reading tells */
    connection->at += (size_t)sent;
    if (connection->at == script->len && script->endless)
        connection->at = 0;
    connection->due_ms = script->every_ms > 0 ? now_ms() + script->every_ms : 0;
    return sent == (ssize_t)want && script->every_ms == 0;
}

static void play(struct hostile_server *server, struct connection *connection)
{
    const struct hostile_script *script = connection->script;
    if (connection->ended || (script->waits && !connection->heard) || now_ms() < connection->due_ms)
        return;
    for (int i = 0; connection->at < script->len; i++) {
        if (i == WRITES_AT_A_TIME)
            watch(server, connection, true); /* come back after the others */
        if (i == WRITES_AT_A_TIME || !say_piece(server, connection))
            return;
    }
    if (!connection->said && script->hold_ms > 0) {
        connection->said = true;
        connection->due_ms = now_ms() + script->hold_ms;
        return;
    }
    connection->ended = true;
    if (script->end == HOSTILE_CLOSES || script->end == HOSTILE_CLOSES_AND_RESETS)
        shutdown(connection->fd, SHUT_WR);
    if (script->end == HOSTILE_RESETS || script->end == HOSTILE_CLOSES_AND_RESETS)
        reset(server, connection);
}

static void play_all_due(struct hostile_server *server)
{
    int64_t now = now_ms();
    for (struct connection *it = server->connections; it != NULL;) {
        struct connection *next = it->next;
        if (it->due_ms != 0 && it->due_ms <= now)
            play(server, it);
        it = next;
    }
}

static int wait_ms(const struct hostile_server *server)
{
    int64_t wait = IDLE_WAIT_MS;
    int64_t now = now_ms();
    if (!server->has_pauses)
        return IDLE_WAIT_MS;
    for (const struct connection *it = server->connections; it != NULL; it = it->next) {
        if (it->due_ms != 0 && !it->ended && it->due_ms - now < wait)
            wait = it->due_ms > now ? it->due_ms - now : 0;
    }
    return (int)wait;
}

/* ---- events ---- */

static void accept_one(struct hostile_server *server, int fd)
{
    struct connection *connection = calloc(1, sizeof *connection);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (connection == NULL || epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        close(fd);
        free(connection);
        return;
    }
    connection->fd = fd;
    connection->script = server->script;
    if (server->script->next != NULL)
        server->script = server->script->next;
    connection->host = local_host(fd);
    connection->next = server->connections;
    if (server->connections != NULL)
        server->connections->previous = connection;
    server->connections = connection;
    atomic_fetch_add(&server->accepted, 1);
    if (connection->script->counts)
        count_at_once(server, connection->host);
    play(server, connection);
}

static void accept_all(struct hostile_server *server)
{
    int fd;
    while ((fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        accept_one(server, fd);
}

/* By the version in the message, behind 5 bytes of record and 4 of message header. */
static bool is_newer_hello(const uint8_t *bytes, size_t len)
{
    return len >= 11 && bytes[0] == 22 && bytes[5] == 1 && (bytes[9] << 8 | bytes[10]) > 0x0301;
}

static void on_event(struct hostile_server *server, struct connection *connection)
{
    char heard[4096];
    ssize_t len = recv(connection->fd, heard, sizeof heard, MSG_DONTWAIT);
    if (len == 0 || (len < 0 && errno != EAGAIN)) { /* the client has closed, or reset */
        drop(server, connection);
        return;
    }
    if (len > 0 && connection->script->only_small_hello &&
        is_newer_hello((const uint8_t *)heard, (size_t)len)) {
        reset(server, connection);
        return;
    }
    connection->heard |= len > 0;
    play(server, connection);
}

static void *serve(void *data)
{
    struct hostile_server *server = data;
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(server->epoll, events, EVENTS, wait_ms(server));
        bool has_new = false;
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &server->stop)
                return NULL;
            if (events[i].data.ptr == &server->listener)
                has_new = true;
            else
                on_event(server, events[i].data.ptr);
        }
        play_all_due(server);
        if (has_new) /* last, for an event above may name a connection that this one would replace */
            accept_all(server);
    }
}

/* ---- life ---- */

static bool make_address(const char *text, struct sockaddr_storage *out, socklen_t *len)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof *out);
    *len = sizeof *v4;
    v4->sin_family = AF_INET;
    if (strcmp(text, "127.0.0.0/8") == 0)
        return true; /* the wildcard, on the loopback device */
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    *len = sizeof *v6;
    v6->sin6_family = AF_INET6;
    return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static int listen_on(const char *text, uint16_t *port)
{
    struct sockaddr_storage address;
    socklen_t len;
    int on = 1;
    if (!make_address(text, &address, &len))
        return -1;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof "lo") != 0 ||
        bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(((const struct sockaddr_in *)&address)->sin_port); /* the same place in both families */
    return fd;
}

static bool watch_always(const struct hostile_server *server, int fd, void *name)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = name};
    return fd >= 0 && epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void dispose(struct hostile_server *server)
{
    for (struct connection *it = server->connections; it != NULL;) {
        struct connection *next = it->next;
        close(it->fd);
        free(it);
        it = next;
    }
    if (server->listener >= 0)
        close(server->listener);
    if (server->epoll >= 0)
        close(server->epoll);
    if (server->stop >= 0)
        close(server->stop);
    free(server);
}

struct hostile_server *hostile_server_start(const char *address, const struct hostile_script *script)
{
    struct hostile_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    server->first_script = *script;
    server->script = &server->first_script;
    for (const struct hostile_script *it = script; it != NULL; it = it->next)
        server->has_pauses |= it->every_ms > 0 || it->hold_ms > 0;
    server->listener = listen_on(address, &server->port);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    server->stop = eventfd(0, EFD_CLOEXEC);
    if (!watch_always(server, server->listener, &server->listener) ||
        !watch_always(server, server->stop, &server->stop) ||
        pthread_create(&server->thread, NULL, serve, server) != 0) {
        dispose(server);
        return NULL;
    }
    return server;
}

uint16_t hostile_server_port(const struct hostile_server *server)
{
    return server->port;
}

struct hostile_counts hostile_server_counts(const struct hostile_server *server)
{
    return (struct hostile_counts){
        .accepted = atomic_load(&server->accepted),
        .most_at_once = atomic_load(&server->most_at_once),
        .most_per_host = atomic_load(&server->most_per_host),
        .most_per_prefix = atomic_load(&server->most_per_prefix),
    };
}

void hostile_server_stop(struct hostile_server *server)
{
    uint64_t one = 1;
    if (server == NULL)
        return;
    if (write(server->stop, &one, sizeof one) == sizeof one)
        pthread_join(server->thread, NULL);
    dispose(server);
}
