// SPDX-License-Identifier: Apache-2.0
/* The floor a scan is measured against: a bare epoll client on libssl, nothing but connect, handshake, close.
 *   floor_client COUNT PORT AT_ONCE full|stop
 * connects to COUNT addresses from 127.1.0.0 on; `full` finishes the handshake, `stop` ends it in the verify
 * callback. Prints one JSON line: certificates seen, CPU seconds, peak resident KiB. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

struct conn {
    int fd;
    SSL *ssl;
};

static unsigned long certificates;

static int refuse_after_counting(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    certificates += X509_STORE_CTX_get0_cert(store) != NULL;
    return 0;
}

static int accept_after_counting(X509_STORE_CTX *store, void *unused)
{
    refuse_after_counting(store, unused);
    return 1;
}

static struct conn *begin(SSL_CTX *ctx, int epoll, uint32_t number, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(0x7F010000u + number);
    struct conn *conn = calloc(1, sizeof *conn);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (conn == NULL || fd < 0)
        abort();
    conn->fd = fd;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
        abort();
    conn->ssl = SSL_new(ctx);
    SSL_set_fd(conn->ssl, fd);
    SSL_set_connect_state(conn->ssl);
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = conn};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    return conn;
}

static void end(struct conn *conn)
{
    struct linger by_reset = {.l_onoff = 1};
    setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &by_reset, sizeof by_reset);
    SSL_free(conn->ssl);
    close(conn->fd);
    free(conn);
}

/* True when the connection is over. */
static bool drive(int epoll, struct conn *conn)
{
    int result = SSL_do_handshake(conn->ssl);
    int why = SSL_get_error(conn->ssl, result);
    if (result == 1 || (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE))
        return true;
    struct epoll_event event = {.events = why == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT, .data.ptr = conn};
    epoll_ctl(epoll, EPOLL_CTL_MOD, conn->fd, &event);
    return false;
}

static void scan(SSL_CTX *ctx, uint32_t count, uint16_t port, uint32_t at_once)
{
    struct epoll_event events[256];
    int epoll = epoll_create1(0);
    uint32_t begun = 0;
    uint32_t ended = 0;
    while (ended < count) {
        while (begun < count && begun - ended < at_once)
            begin(ctx, epoll, begun++, port);
        int ready = epoll_wait(epoll, events, 256, 10000);
        if (ready <= 0)
            abort();
        for (int i = 0; i < ready; i++) {
            if (!drive(epoll, events[i].data.ptr))
                continue;
            end(events[i].data.ptr);
            ended++;
        }
    }
    close(epoll);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    bool full = strcmp(argv[4], "full") == 0;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, full ? accept_after_counting : refuse_after_counting, NULL);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    scan(ctx, (uint32_t)atoi(argv[1]), (uint16_t)atoi(argv[2]), (uint32_t)atoi(argv[3]));
    SSL_CTX_free(ctx);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                   (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("{\"certificates\":%lu,\"cpu_s\":%.6f,\"rss_kib\":%ld}\n", certificates, cpu_s, used.ru_maxrss);
    return 0;
}
