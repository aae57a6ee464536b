// SPDX-License-Identifier: Apache-2.0
/* A server that costs nothing: answers every hello with the same TLS 1.2 flight (ServerHello, Certificate of
 * two, ServerHelloDone), made at its start.
 *   replay_server PORT same|serial|half
 * `serial`: the leaf has another serial number each time; `half`: half of the flight, then silence. Prints
 * "ready", serves until SIGTERM, and prints how many connections there were. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/forge.h"

#define SERIAL_SIZE 8

static uint8_t flight[16384];
static size_t flight_len;
static uint8_t *serial; /* within the flight */

static void put(size_t value, unsigned size)
{
    while (size-- > 0)
        flight[flight_len++] = (uint8_t)(value >> 8 * size);
}

static void make_flight(void)
{
    const uint8_t number[SERIAL_SIZE] = {0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A};
    struct forged ca = forge(&(struct forge_options){
        .common_name = "Bench CA", .key = "rsa:2048", .is_ca = 1, .now_s = (int64_t)time(NULL)});
    struct forged leaf = forge(&(struct forge_options){
        .subject = (struct forge_name[]){{.type = "C", .value = "BE"},
                                         {.type = "O", .value = "University"},
                                         {.type = "CN", .value = "bench.university.example"},
                                         {.type = NULL}},
        .alt_names = "DNS:bench.university.example,DNS:www.university.example,DNS:mail.university.example,"
                     "DNS:a.university.example,DNS:b.university.example",
        .key = "rsa:2048",
        .issuer = &ca,
        .serial = number,
        .serial_len = sizeof number,
        .key_usage = "digitalSignature,keyEncipherment",
        .extended_key_usage = "serverAuth",
        .now_s = (int64_t)time(NULL)});
    size_t certificate = 3 + 3 + leaf.der_len + 3 + ca.der_len;
    put(0x160303, 3);
    put(4 + 38 + 4 + certificate + 4, 2);
    put(2, 1); /* ServerHello */
    put(38, 3);
    put(0x0303, 2);
    for (int i = 0; i < 32; i++)
        put(0xA5, 1);
    put(0, 1);
    put(0xC02F, 2);
    put(0, 1);
    put(11, 1); /* Certificate */
    put(certificate, 3);
    put(certificate - 3, 3);
    put(leaf.der_len, 3);
    uint8_t *at = memcpy(flight + flight_len, leaf.der, leaf.der_len);
    serial = memmem(at, leaf.der_len, number, sizeof number);
    flight_len += leaf.der_len;
    put(ca.der_len, 3);
    memcpy(flight + flight_len, ca.der, ca.der_len);
    flight_len += ca.der_len;
    put(14, 1); /* ServerHelloDone */
    put(0, 3);
    forge_free(&leaf);
    forge_free(&ca);
}

static int listen_everywhere(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_ANY); /* all of 127.0.0.0/8 cannot be named in one bind */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4096) != 0) {
        perror("replay_server");
        exit(1);
    }
    return fd;
}

static void answer(int fd, const char *mode)
{
    static uint64_t counter = 1;
    uint8_t in[4096];
    ssize_t len = read(fd, in, sizeof in);
    if (len <= 0) {
        close(fd);
        return;
    }
    if (strcmp(mode, "serial") == 0) {
        memcpy(serial, &counter, sizeof counter);
        serial[0] &= 0x7F;
        serial[0] |= 0x40; /* positive, of the same length */
        counter++;
    }
    size_t out = strcmp(mode, "half") == 0 ? flight_len / 2 : flight_len;
    if (send(fd, flight, out, MSG_NOSIGNAL) != (ssize_t)out)
        close(fd);
}

static unsigned long accepted;

static void on_term(int number)
{
    char text[32];
    (void)number;
    int len = snprintf(text, sizeof text, "%lu\n", accepted);
    _exit(write(STDOUT_FILENO, text, (size_t)len) == len ? 0 : 1);
}

int main(int argc, char **argv)
{
    struct rlimit files;
    if (argc != 3)
        return 2;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGTERM, on_term);
    make_flight();
    int listener = listen_everywhere((uint16_t)atoi(argv[1]));
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    puts("ready");
    fflush(stdout);
    for (struct epoll_event events[256];;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd != listener) {
                answer(events[i].data.fd, argv[2]);
                continue;
            }
            for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
                accepted++;
                event.data.fd = fd;
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
            }
        }
    }
}
