// SPDX-License-Identifier: Apache-2.0
/* A TLS server to measure clients against: one process, epoll, every loopback address on one port.
 *   bench_server PORT 1.2|1.3
 * Prints "ready", serves until SIGTERM, and prints how many connections there were. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/ssl.h>

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_NAME_new();
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"bench.example", -1, -1, 0);
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_set_subject_name(cert, name);
    X509_set_issuer_name(cert, name);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * 90);
    X509_set_pubkey(cert, key);
    X509_sign(cert, key, EVP_sha256());
    X509_NAME_free(name);
    return cert;
}

static SSL_CTX *server_context(int version)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = self_signed(key);
    SSL_CTX_use_certificate(ctx, cert);
    SSL_CTX_use_PrivateKey(ctx, key);
    SSL_CTX_set_min_proto_version(ctx, version);
    SSL_CTX_set_max_proto_version(ctx, version);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    X509_free(cert);
    EVP_PKEY_free(key);
    return ctx;
}

static int listen_everywhere(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_ANY); /* all of 127.0.0.0/8 cannot be named in one bind */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4096) != 0) {
        perror("bench_server");
        exit(1);
    }
    return fd;
}

static unsigned long accepted;

static void on_term(int number)
{
    char text[32];
    (void)number;
    int len = snprintf(text, sizeof text, "%lu\n", accepted);
    _exit(write(STDOUT_FILENO, text, (size_t)len) == len ? 0 : 1);
}

static void accept_all(SSL_CTX *ctx, int epoll, int listener)
{
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        accepted++;
        SSL *ssl = SSL_new(ctx);
        SSL_set_fd(ssl, fd);
        SSL_set_accept_state(ssl);
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = ssl};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

static void serve(SSL *ssl)
{
    char unread[512];
    int result = SSL_is_init_finished(ssl) ? SSL_read(ssl, unread, sizeof unread) : SSL_do_handshake(ssl);
    int why = SSL_get_error(ssl, result);
    if (result > 0 || why == SSL_ERROR_WANT_READ)
        return;
    int fd = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    struct rlimit files = {.rlim_cur = 0};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    signal(SIGPIPE, SIG_IGN); /* clients reset */
    signal(SIGTERM, on_term);
    SSL_CTX *ctx = server_context(strcmp(argv[2], "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION);
    int listener = listen_everywhere((uint16_t)atoi(argv[1]));
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    puts("ready");
    fflush(stdout);
    for (struct epoll_event events[256];;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr == NULL)
                accept_all(ctx, epoll, listener);
            else
                serve(events[i].data.ptr);
        }
    }
}
