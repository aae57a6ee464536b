// SPDX-License-Identifier: Apache-2.0
#include "tests/support/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_SIZE   12
#define MAX_MESSAGE   512
#define MAX_NAME      256
#define MAX_QUESTIONS 4096
#define MAX_CHAIN     8 /* CNAMEs */

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_PTR = 12, TYPE_AAAA = 28 };
enum { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3 };

struct dns_server {
    const struct dns_record *records;
    size_t record_count;
    int socket;
    int stop[2]; /* a pipe: closing its end stops the thread */
    char address[32];
    pthread_t thread;
    pthread_mutex_t lock;
    size_t question_count; /* under lock, as are the questions */
    char questions[MAX_QUESTIONS][64];
};

struct message {
    uint8_t bytes[MAX_MESSAGE];
    size_t len;
    unsigned answers;
};

static void put(struct message *message, const void *bytes, size_t len)
{
    if (message->len + len > sizeof message->bytes)
        abort(); /* the records of one test fit */
    memcpy(message->bytes + message->len, bytes, len);
    message->len += len;
}

static void put_u16(struct message *message, unsigned value)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(message, bytes, sizeof bytes);
}

static void put_name(struct message *message, const char *name)
{
    while (*name != '\0') {
        uint8_t len = (uint8_t)strcspn(name, ".");
        put(message, &len, 1);
        put(message, name, len);
        name += len + (name[len] == '.');
    }
    put(message, "", 1);
}

static void put_record(struct message *message, const struct dns_record *record, unsigned type)
{
    put_name(message, record->name);
    put_u16(message, type);
    put_u16(message, 1); /* IN */
    put_u16(message, 0);
    put_u16(message, 60); /* seconds to live */
    size_t length_at = message->len;
    put_u16(message, 0);
    uint8_t address[16];
    if (type == TYPE_CNAME || type == TYPE_PTR)
        put_name(message, record->data);
    else if (inet_pton(type == TYPE_A ? AF_INET : AF_INET6, record->data, address) == 1)
        put(message, address, type == TYPE_A ? 4 : 16);
    size_t len = message->len - length_at - 2;
    message->bytes[length_at] = (uint8_t)(len >> 8);
    message->bytes[length_at + 1] = (uint8_t)len;
    message->answers++;
}

/* The first record of `name` with this type; any type if NULL. */
static const struct dns_record *find(const struct dns_server *server, const char *name, const char *type)
{
    for (size_t i = 0; i < server->record_count; i++) {
        const struct dns_record *record = &server->records[i];
        if (strcasecmp(record->name, name) == 0 && (type == NULL || strcmp(record->type, type) == 0))
            return record;
    }
    return NULL;
}

/* All that is known about `name`, CNAMEs followed. */
static void put_answers(const struct dns_server *server, struct message *message, const char *name,
                        unsigned type)
{
    const char *type_name = type == TYPE_A ? "A" : type == TYPE_PTR ? "PTR" : "AAAA";
    for (unsigned i = 0; i < MAX_CHAIN; i++) {
        const struct dns_record *alias = find(server, name, "CNAME");
        if (alias == NULL)
            break;
        put_record(message, alias, TYPE_CNAME);
        name = alias->data;
    }
    for (size_t i = 0; i < server->record_count; i++) {
        const struct dns_record *record = &server->records[i];
        if (strcasecmp(record->name, name) == 0 && strcmp(record->type, type_name) == 0)
            put_record(message, record, type);
    }
}

/* The name and type asked for; false if it is no question. */
static bool read_question(const struct message *query, char name[MAX_NAME], unsigned *type, size_t *end)
{
    size_t at = HEADER_SIZE;
    size_t out = 0;
    while (at < query->len && query->bytes[at] != 0) {
        size_t len = query->bytes[at++];
        if (len > 63 || at + len >= query->len || out + len + 2 > MAX_NAME)
            return false;
        if (out > 0)
            name[out++] = '.';
        memcpy(name + out, query->bytes + at, len);
        out += len;
        at += len;
    }
    name[out] = '\0';
    *end = at + 5;
    if (*end > query->len)
        return false;
    *type = (unsigned)query->bytes[at + 1] << 8 | query->bytes[at + 2];
    return true;
}

static void note_question(struct dns_server *server, const char *name)
{
    pthread_mutex_lock(&server->lock);
    if (server->question_count < MAX_QUESTIONS)
        snprintf(server->questions[server->question_count++], sizeof server->questions[0], "%.63s", name);
    pthread_mutex_unlock(&server->lock);
}

static bool does(const struct dns_server *server, const char *name, const char *what)
{
    return find(server, name, what) != NULL;
}

/* The answer to `query`; its length is 0 where there is none. */
static void answer(struct dns_server *server, const struct message *query, struct message *reply)
{
    char name[MAX_NAME];
    unsigned type;
    size_t end;
    *reply = (struct message){0};
    if (query->len < HEADER_SIZE || !read_question(query, name, &type, &end))
        return;
    note_question(server, name);
    if (does(server, name, "silent") || (type == TYPE_A && does(server, name, "silent-a")))
        return;
    put(reply, query->bytes, end); /* header and question */
    bool fails = does(server, name, "servfail") || (type == TYPE_A && does(server, name, "servfail-a"));
    unsigned rcode = fails                              ? RCODE_SERVFAIL
                     : find(server, name, NULL) == NULL ? RCODE_NXDOMAIN
                                                        : RCODE_NOERROR;
    put_answers(server, reply, name, type);
    reply->bytes[2] = 0x85; /* response, authoritative, recursion desired */
    reply->bytes[3] = (uint8_t)(0x80 | rcode);
    reply->bytes[7] = (uint8_t)reply->answers;
    memset(reply->bytes + 8, 0, 4); /* no authority, no additional records */
    if (does(server, name, "garbage"))
        memset(reply->bytes + 4, 0xFF, reply->len - 4);
    if (does(server, name, "cut") && reply->len > end + 6)
        reply->len = end + 6;
}

static void *serve(void *data)
{
    struct dns_server *server = data;
    struct pollfd wait[2] = {{.fd = server->socket, .events = POLLIN},
                             {.fd = server->stop[0], .events = POLLIN}};
    while (poll(wait, 2, -1) >= 0 && wait[1].revents == 0) {
        struct sockaddr_in from;
        socklen_t from_len = sizeof from;
        struct message query = {0};
        struct message reply;
        ssize_t got =
            recvfrom(server->socket, query.bytes, sizeof query.bytes, 0, (struct sockaddr *)&from, &from_len);
        if (got <= 0)
            continue;
        query.len = (size_t)got;
        answer(server, &query, &reply);
        if (reply.len > 0 &&
            sendto(server->socket, reply.bytes, reply.len, 0, (struct sockaddr *)&from, from_len) < 0)
            break;
    }
    return NULL;
}

static bool listen_on_loopback(struct dns_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    server->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (server->socket < 0 || bind(server->socket, (struct sockaddr *)&address, len) != 0 ||
        getsockname(server->socket, (struct sockaddr *)&address, &len) != 0)
        return false;
    snprintf(server->address, sizeof server->address, "127.0.0.1:%u", ntohs(address.sin_port));
    return true;
}

static void release(struct dns_server *server)
{
    if (server->socket >= 0)
        close(server->socket);
    if (server->stop[0] >= 0)
        close(server->stop[0]);
    if (server->stop[1] >= 0)
        close(server->stop[1]);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

struct dns_server *dns_server_start(const struct dns_record *records, size_t count)
{
    struct dns_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    server->records = records;
    server->record_count = count;
    server->socket = server->stop[0] = server->stop[1] = -1;
    pthread_mutex_init(&server->lock, NULL);
    if (!listen_on_loopback(server) || pipe(server->stop) != 0 ||
        pthread_create(&server->thread, NULL, serve, server) != 0) {
        release(server);
        return NULL;
    }
    return server;
}

const char *dns_server_address(const struct dns_server *server)
{
    return server->address;
}

size_t dns_server_questions(struct dns_server *server, const char *prefix)
{
    size_t count = 0;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->question_count; i++)
        count += strncasecmp(server->questions[i], prefix, strlen(prefix)) == 0;
    pthread_mutex_unlock(&server->lock);
    return count;
}

void dns_server_stop(struct dns_server *server)
{
    if (server == NULL)
        return;
    close(server->stop[1]);
    server->stop[1] = -1;
    pthread_join(server->thread, NULL);
    release(server);
}
