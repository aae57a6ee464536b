// SPDX-License-Identifier: Apache-2.0
/* One epoll loop. A connection takes what comes, lets its source answer, spoils the answer, and sends it a
 * piece at each turn. */
#include "tests/support/mutation.h"
#include "tests/support/mutating_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/buf.h"
#include "tests/support/forge.h"
#include "tests/support/tls13_server.h"

#define BACKLOG    4096
#define EVENTS     256
#define HOSTS      65536
#define HONEST_ONE 8 /* host in so many is honest */
#define MAX_PIECES 8

enum { HANDSHAKE = 22, CERTIFICATE = 11, FINISHED = 20 };

static const struct {
    int version; /* as the wire has it; the only one */
    const char *key;
    const char *second_key;
    const char *groups;
    bool demands_client_certificate;
} live[] = {
    {0x0304, "ec:P-256", NULL, NULL, false}, {0x0304, "ec:P-256", "rsa:1024", "P-256", true},
    {0x0303, "ec:P-256", NULL, NULL, true},  {0x0303, "rsa:1024", "ec:P-256", NULL, false},
    {0x0302, "rsa:1024", NULL, NULL, false}, {0x0301, "ec:P-256", NULL, NULL, false},
};
#define LIVE_COUNT     (sizeof live / sizeof live[0])
#define FIRST_RECORDED 2 /* what TLS 1.3 says is for one client only */

struct link {
    int fd;
    uint32_t host;
    uint64_t random;
    bool honest;
    bool ended;                 /* nothing more is said */
    const struct buf *recorded; /* one of these three answers */
    SSL *ssl;
    struct tls13_server *tls13;
    struct tls13_record records[3]; /* of tls13 */
    struct buf out;
    struct link *previous;
    struct link *next;
};

struct host {
    uint32_t connections;
    int64_t first_ms;
};

struct mutating_server {
    uint64_t seed;
    uint64_t round;
    pthread_t thread;
    int listener;
    int epoll;
    int stop; /* an eventfd */
    uint16_t port;
    SSL_CTX *contexts[LIVE_COUNT];
    struct buf recordings[LIVE_COUNT];
    struct buf messages; /* of TLS 1.3, for tls13 */
    struct link *links;
    pthread_mutex_t lock; /* of what follows */
    struct mutating_counts counts;
    struct host hosts[HOSTS];
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- chance ---- */

static uint64_t random_of(const struct mutating_server *server, uint32_t host, uint32_t connection)
{
    uint64_t random = server->seed ^ server->round << 48 ^ (uint64_t)host << 8 ^ connection;
    return mutation_draw(&random);
}

bool mutating_server_is_honest(const struct mutating_server *server, uint32_t host)
{
    uint64_t random = random_of(server, host, 255);
    return mutation_below(&random, HONEST_ONE) == 0;
}

/* ---- mutations ---- */

static void spoil(struct mutating_server *server, struct link *link)
{
    for (size_t i = mutation_below(&link->random, 4); i > 0 && link->out.len > 0; i--)
        mutate(&link->out, &link->random);
    pthread_mutex_lock(&server->lock);
    server->counts.mutated++;
    pthread_mutex_unlock(&server->lock);
}

/* ---- honest answers ---- */

static void choose_source(struct mutating_server *server, struct link *link)
{
    size_t which = mutation_below(&link->random, LIVE_COUNT);
    switch (mutation_below(&link->random, 3)) {
    case 0:
        link->recorded = &server->recordings[which >= FIRST_RECORDED ? which : which + FIRST_RECORDED];
        break;
    case 1:
        link->ssl = SSL_new(server->contexts[which]);
        SSL_set_bio(link->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_accept_state(link->ssl);
        break;
    default: {
        static const uint16_t groups[] = {0, 0, 0x17, 0x18};
        size_t half = mutation_below(&link->random, server->messages.len);
        link->records[0] = (struct tls13_record){.type = 20, .bytes = "\1", .len = 1, .how = TLS13_CLEAR};
        link->records[1] = (struct tls13_record){.type = HANDSHAKE,
                                                 .bytes = server->messages.data,
                                                 .len = half,
                                                 .padding = mutation_below(&link->random, 100)};
        link->records[2] = (struct tls13_record){
            .type = HANDSHAKE, .bytes = server->messages.data + half, .len = server->messages.len - half};
        struct tls13_server_options options = {.suite = (uint16_t)(0x1301 + mutation_below(&link->random, 3)),
                                               .group = groups[mutation_below(&link->random, 4)],
                                               .records = link->records,
                                               .record_count = 3};
        if (mutation_below(&link->random, 4) == 0) {
            options.retries = 1;
            options.cookie = "biscuit";
            options.cookie_len = 7;
        }
        link->tls13 = tls13_server_new(&options);
        break;
    }
    }
}

static void answer_by_libssl(SSL *ssl, const uint8_t *in, size_t len, struct buf *out)
{
    char *bytes;
    BIO_write(SSL_get_rbio(ssl), in, (int)len);
    SSL_do_handshake(ssl);
    long ready = BIO_get_mem_data(SSL_get_wbio(ssl), &bytes);
    if (ready > 0)
        buf_append(out, bytes, (size_t)ready);
    (void)BIO_reset(SSL_get_wbio(ssl));
    ERR_clear_error();
}

static void answer(struct link *link, const uint8_t *in, size_t len)
{
    if (link->recorded != NULL)
        buf_append(&link->out, link->recorded->data, link->recorded->len);
    else if (link->ssl != NULL)
        answer_by_libssl(link->ssl, in, len, &link->out);
    else
        (void)tls13_server_take(link->tls13, in, len, &link->out);
}

/* ---- a connection ---- */

static void watch(const struct mutating_server *server, struct link *link)
{
    struct epoll_event event = {.events = EPOLLIN | (link->out.len > 0 ? EPOLLOUT : 0u), .data.ptr = link};
    epoll_ctl(server->epoll, EPOLL_CTL_MOD, link->fd, &event);
}

static void drop(struct mutating_server *server, struct link *link)
{
    if (link->previous != NULL)
        link->previous->next = link->next;
    else
        server->links = link->next;
    if (link->next != NULL)
        link->next->previous = link->previous;
    pthread_mutex_lock(&server->lock);
    uint32_t took_ms = (uint32_t)(now_ms() - server->hosts[link->host % HOSTS].first_ms);
    if (took_ms > server->counts.longest_ms)
        server->counts.longest_ms = took_ms;
    server->counts.open--;
    pthread_mutex_unlock(&server->lock);
    close(link->fd);
    SSL_free(link->ssl);
    tls13_server_free(link->tls13);
    buf_dispose(&link->out);
    free(link);
}

/* Behind a spoilt answer; true: the link is gone. */
static bool end_somehow(struct mutating_server *server, struct link *link)
{
    struct linger at_once = {.l_onoff = 1};
    switch (mutation_below(&link->random, 8)) {
    case 0:
    case 1: /* goes on as if nothing was */
        return false;
    case 2:
    case 3:
    case 4:
        shutdown(link->fd, SHUT_WR);
        link->ended = true;
        return false;
    case 5:
    case 6:
        setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        drop(server, link);
        return true;
    default: /* holds the line */
        link->ended = true;
        return false;
    }
}

/* The next piece; false: the link is gone. */
static bool say_piece(struct mutating_server *server, struct link *link)
{
    size_t most = link->out.len / (1 + mutation_below(&link->random, MAX_PIECES)) + 1;
    size_t len = 1 + mutation_below(&link->random, most < link->out.len ? most : link->out.len);
    if (mutation_below(&link->random, 4) == 0)
        len = link->out.len;
    ssize_t sent = send(link->fd, link->out.data, len, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        drop(server, link);
        return false;
    }
    buf_consume(&link->out, sent > 0 ? (size_t)sent : 0);
    if (link->out.len == 0 && !link->honest && end_somehow(server, link))
        return false;
    return true;
}

static void on_event(struct mutating_server *server, struct link *link, uint32_t events)
{
    uint8_t in[16384];
    ssize_t len = recv(link->fd, in, sizeof in, MSG_DONTWAIT);
    if (len == 0 || (len < 0 && errno != EAGAIN)) { /* the client has gone */
        drop(server, link);
        return;
    }
    if (len > 0 && !link->ended && link->out.len == 0) {
        answer(link, in, (size_t)len);
        if (!link->honest)
            spoil(server, link);
        if (link->out.len == 0 && !link->honest && end_somehow(server, link))
            return;
    } else if ((events & EPOLLOUT) != 0 && link->out.len > 0 && !say_piece(server, link)) {
        return;
    }
    watch(server, link);
}

static uint32_t local_host(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t len = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &len);
    return ntohl(address.sin_addr.s_addr);
}

static uint32_t count_connection(struct mutating_server *server, uint32_t number)
{
    struct host *host = &server->hosts[number % HOSTS];
    pthread_mutex_lock(&server->lock);
    if (host->connections++ == 0)
        host->first_ms = now_ms();
    uint32_t connections = host->connections;
    if (connections > server->counts.most_per_host)
        server->counts.most_per_host = connections;
    server->counts.accepted++;
    server->counts.open++;
    pthread_mutex_unlock(&server->lock);
    return connections;
}

static void accept_one(struct mutating_server *server, int fd)
{
    int on = 1;
    struct link *link = calloc(1, sizeof *link);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};
    if (link == NULL || epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        close(fd);
        free(link);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    link->fd = fd;
    link->host = local_host(fd);
    uint32_t connection = count_connection(server, link->host);
    link->random = random_of(server, link->host, connection);
    link->honest = connection == 1 && mutating_server_is_honest(server, link->host);
    link->next = server->links;
    if (server->links != NULL)
        server->links->previous = link;
    server->links = link;
    choose_source(server, link);
}

static void *serve(void *data)
{
    struct mutating_server *server = data;
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(server->epoll, events, EVENTS, -1);
        bool has_new = false;
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &server->stop)
                return NULL;
            if (events[i].data.ptr == &server->listener)
                has_new = true;
            else
                on_event(server, events[i].data.ptr, events[i].events);
        }
        int fd;
        while (has_new && (fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
            accept_one(server, fd);
    }
}

/* ---- life ---- */

static int accept_any_client(X509_STORE_CTX *store, void *data)
{
    (void)store;
    (void)data;
    return 1;
}

static bool use_key(SSL_CTX *ctx, const char *kind)
{
    if (kind == NULL)
        return true;
    struct forged identity = forge(&(struct forge_options){.common_name = "server.example", .key = kind});
    bool done =
        SSL_CTX_use_certificate(ctx, identity.x509) == 1 && SSL_CTX_use_PrivateKey(ctx, identity.key) == 1;
    forge_free(&identity);
    return done;
}

static bool make_context(struct mutating_server *server, size_t which)
{
    SSL_CTX *ctx = server->contexts[which] = SSL_CTX_new(TLS_server_method());
    if (ctx == NULL)
        return false;
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (live[which].demands_client_certificate) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_cert_verify_callback(ctx, accept_any_client, NULL);
    }
    return SSL_CTX_set_min_proto_version(ctx, live[which].version) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, live[which].version) == 1 &&
           SSL_CTX_set_cipher_list(ctx, "ALL:!aNULL:@SECLEVEL=0") == 1 &&
           (live[which].groups == NULL || SSL_CTX_set1_groups_list(ctx, live[which].groups) == 1) &&
           use_key(ctx, live[which].key) && use_key(ctx, live[which].second_key);
}

/* The first flight of such a server, to a client of libssl's. */
static bool record_flight(struct mutating_server *server, size_t which)
{
    char *bytes;
    SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(client_ctx, 0);
    SSL_CTX_set_cipher_list(client_ctx, "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(client_ctx, 0x0301);
    SSL *client = SSL_new(client_ctx);
    SSL *ssl = SSL_new(server->contexts[which]);
    SSL_set_bio(client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client);
    SSL_set_accept_state(ssl);
    SSL_do_handshake(client);
    long len = BIO_get_mem_data(SSL_get_wbio(client), &bytes);
    answer_by_libssl(ssl, (const uint8_t *)bytes, (size_t)len, &server->recordings[which]);
    SSL_free(client);
    SSL_free(ssl);
    SSL_CTX_free(client_ctx);
    ERR_clear_error();
    return server->recordings[which].len > 300;
}

static void put_number(struct buf *out, size_t value, unsigned bytes)
{
    while (bytes-- > 0)
        buf_append_char(out, (char)(value >> (8 * bytes)));
}

static bool make_messages(struct buf *out)
{
    static const char verify_data[32] = "not checked";
    struct forged leaf = forge(&(struct forge_options){.common_name = "server.example"});
    buf_append(out, "\x08\x00\x00\x02\x00\x00", 6);
    put_number(out, CERTIFICATE, 1);
    put_number(out, 1 + 3 + 3 + leaf.der_len + 2, 3);
    put_number(out, 0, 1);
    put_number(out, 3 + leaf.der_len + 2, 3);
    put_number(out, leaf.der_len, 3);
    buf_append(out, leaf.der, leaf.der_len);
    put_number(out, 0, 2);
    put_number(out, FINISHED, 1);
    put_number(out, sizeof verify_data, 3);
    buf_append(out, verify_data, sizeof verify_data);
    forge_free(&leaf);
    return out->err == CS_OK;
}

static bool prepare(struct mutating_server *server)
{
    for (size_t i = 0; i < LIVE_COUNT; i++) {
        if (!make_context(server, i) || (i >= FIRST_RECORDED && !record_flight(server, i)))
            return false;
    }
    return make_messages(&server->messages);
}

static int listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET}; /* the wildcard, on the loopback device */
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof "lo") == 0 &&
        bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, BACKLOG) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0) {
        *port = ntohs(address.sin_port);
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool watch_always(const struct mutating_server *server, int fd, void *name)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = name};
    return fd >= 0 && epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void dispose(struct mutating_server *server)
{
    while (server->links != NULL)
        drop(server, server->links);
    for (size_t i = 0; i < LIVE_COUNT; i++) {
        SSL_CTX_free(server->contexts[i]);
        buf_dispose(&server->recordings[i]);
    }
    buf_dispose(&server->messages);
    if (server->listener >= 0)
        close(server->listener);
    if (server->epoll >= 0)
        close(server->epoll);
    if (server->stop >= 0)
        close(server->stop);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

struct mutating_server *mutating_server_start(uint64_t seed)
{
    struct mutating_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    server->seed = seed;
    pthread_mutex_init(&server->lock, NULL);
    server->listener = listen_on_loopback(&server->port);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    server->stop = eventfd(0, EFD_CLOEXEC);
    if (!prepare(server) || !watch_always(server, server->listener, &server->listener) ||
        !watch_always(server, server->stop, &server->stop) ||
        pthread_create(&server->thread, NULL, serve, server) != 0) {
        dispose(server);
        return NULL;
    }
    return server;
}

uint16_t mutating_server_port(const struct mutating_server *server)
{
    return server->port;
}

struct mutating_counts mutating_server_counts(struct mutating_server *server)
{
    pthread_mutex_lock(&server->lock);
    struct mutating_counts counts = server->counts;
    pthread_mutex_unlock(&server->lock);
    return counts;
}

void mutating_server_next_round(struct mutating_server *server)
{
    pthread_mutex_lock(&server->lock);
    memset(server->hosts, 0, sizeof server->hosts);
    server->round++;
    pthread_mutex_unlock(&server->lock);
}

void mutating_server_stop(struct mutating_server *server)
{
    uint64_t one = 1;
    if (server == NULL)
        return;
    if (write(server->stop, &one, sizeof one) == sizeof one)
        pthread_join(server->thread, NULL);
    dispose(server);
}
