// SPDX-License-Identifier: Apache-2.0
/* One c-ares channel, driven by poll: start look-ups up to the limit, wait, process, until none is left.
 * c-ares keeps each look-up's time-out, so every one of them ends. */
#include "scanner/resolver.h"

#include <ares.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MAX_ADDRESSES 64 /* of one name */
#define MAX_SOCKETS   256
#define ABSOLUTE_NAME 512 /* room for a name and a dot; longer ones are cut, which no server knows */

struct resolver {
    ares_channel channel;
    bool has_own_server; /* one that was named, not the system's */
    const struct text_list *names;
    size_t begun;
    size_t ended;
    resolver_found found;
    void *context;
    enum cs_err err; /* of the callback: the first one ends the run */
    struct pollfd sockets[MAX_SOCKETS];
    nfds_t socket_count;
};

struct lookup {
    struct resolver *resolver;
    const char *name;
};

static void on_socket(void *data, ares_socket_t fd, int readable, int writable)
{
    struct resolver *resolver = data;
    nfds_t at = 0;
    while (at < resolver->socket_count && resolver->sockets[at].fd != fd)
        at++;
    short events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    if (events == 0) {
        if (at < resolver->socket_count)
            resolver->sockets[at] = resolver->sockets[--resolver->socket_count];
        return;
    }
    if (at == resolver->socket_count) {
        if (at == MAX_SOCKETS)
            return; /* never so many: c-ares keeps one UDP socket for each server, and a few for TCP */
        resolver->socket_count++;
    }
    resolver->sockets[at] = (struct pollfd){.fd = fd, .events = events};
}

static bool take_address(const struct sockaddr *from, struct ip *out)
{
    if (from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        *out = ip_from_v4(ntohl(v4.sin_addr.s_addr));
        return true;
    }
    if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof v6);
        memcpy(out->bytes, v6.sin6_addr.s6_addr, sizeof out->bytes);
        return true;
    }
    return false;
}

static bool has_ip(const struct ip *ips, size_t count, struct ip ip)
{
    for (size_t i = 0; i < count; i++) {
        if (ip_equals(ips[i], ip))
            return true;
    }
    return false;
}

static size_t take_addresses(const struct ares_addrinfo *answer, struct ip ips[MAX_ADDRESSES])
{
    size_t count = 0;
    const struct ares_addrinfo_node *node = answer != NULL ? answer->nodes : NULL;
    for (; node != NULL && count < MAX_ADDRESSES; node = node->ai_next) {
        if (take_address(node->ai_addr, &ips[count]) && !has_ip(ips, count, ips[count]))
            count++;
    }
    return count;
}

static void on_answer(void *data, int status, int timeouts, struct ares_addrinfo *answer)
{
    struct lookup *lookup = data;
    struct resolver *resolver = lookup->resolver;
    struct ip ips[MAX_ADDRESSES];
    (void)timeouts;
    size_t count = status == ARES_SUCCESS ? take_addresses(answer, ips) : 0;
    const char *reason = status != ARES_SUCCESS ? ares_strerror(status) : count == 0 ? "no address" : NULL;
    resolver->ended++;
    if (resolver->err == CS_OK)
        resolver->err = resolver->found(resolver->context, lookup->name, ips, count, reason);
    if (answer != NULL)
        ares_freeaddrinfo(answer);
    free(lookup);
}

/* The system's search list is for short names of the system's own servers; a full name that does not exist
 * must not become another one in somebody's domain. */
static const char *absolute(const struct resolver *resolver, const char *name, char full[ABSOLUTE_NAME])
{
    bool is_short = strchr(name, '.') == NULL;
    if (is_short && !resolver->has_own_server)
        return name;
    snprintf(full, ABSOLUTE_NAME, "%s.", name);
    return full;
}

static void begin_lookup(struct resolver *resolver, const char *name)
{
    char full[ABSOLUTE_NAME];
    struct ares_addrinfo_hints hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = ARES_AI_NOSORT};
    struct lookup *lookup = malloc(sizeof *lookup);
    resolver->begun++;
    if (lookup == NULL) {
        resolver->err = CS_E_NOMEM;
        resolver->ended++;
        return;
    }
    *lookup = (struct lookup){resolver, name};
    ares_getaddrinfo(resolver->channel, absolute(resolver, name, full), NULL, &hints, on_answer, lookup);
}

static void wait_and_process(struct resolver *resolver)
{
    struct timeval longest = {.tv_sec = 1};
    struct timeval left;
    struct timeval *wait = ares_timeout(resolver->channel, &longest, &left);
    struct pollfd ready[MAX_SOCKETS];
    nfds_t count = resolver->socket_count;
    memcpy(ready, resolver->sockets, count * sizeof *ready);
    int got = poll(ready, count, (int)(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1));
    if (got <= 0)
        ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* time-outs alone */
    for (nfds_t i = 0; i < count && got > 0; i++) {
        if (ready[i].revents == 0)
            continue;
        bool readable = (ready[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
        ares_process_fd(resolver->channel, readable ? ready[i].fd : ARES_SOCKET_BAD,
                        (ready[i].revents & POLLOUT) != 0 ? ready[i].fd : ARES_SOCKET_BAD);
    }
}

/* ADDRESS, ADDRESS:PORT, [v6] or [v6]:PORT as c-ares wants it. */
static enum cs_err set_server(struct resolver *resolver, const char *server, struct diag *diag)
{
    char csv[IP_TEXT_SIZE + 16];
    struct ip ip;
    bool is_bare_v6 = ip_parse(server, strlen(server), &ip) == CS_OK && !ip_is_v4(ip);
    size_t host_len = server[0] == '[' ? strcspn(server, "]") : strcspn(server, ":");
    const char *host = server + (server[0] == '[');
    const char *rest = server + host_len + (server[host_len] == ']');
    uint64_t port = 53;
    bool closed = server[0] != '[' || server[host_len] == ']';
    bool valid = is_bare_v6 || (closed && ip_parse(host, host_len - (size_t)(host - server), &ip) == CS_OK);
    if (valid && !is_bare_v6 && *rest != '\0')
        valid = *rest == ':' && text_to_u64(rest + 1, strlen(rest + 1), 65535, &port) == CS_OK && port > 0;
    if (!valid)
        return diag_fail(diag, CS_E_INVALID, "DNS server \"%.80s\": expected ADDRESS or ADDRESS:PORT",
                         server);
    char text[IP_TEXT_SIZE];
    snprintf(csv, sizeof csv, ip_is_v4(ip) ? "%s:%u" : "[%s]:%u", ip_format(text, ip), (unsigned)port);
    if (ares_set_servers_ports_csv(resolver->channel, csv) != ARES_SUCCESS)
        return diag_fail(diag, CS_E_INVALID, "DNS server \"%.80s\" cannot be used", server);
    return CS_OK;
}

static enum cs_err open_channel(struct resolver *resolver, const struct resolver_options *options,
                                struct diag *diag)
{
    char own_server_only[] = "b"; /* no hosts file: the server that was named decides */
    struct ares_options ares = {
        .timeout = (int)(options->timeout_ms != 0 ? options->timeout_ms : 2000),
        .tries = (int)(options->tries != 0 ? options->tries : 2),
        .lookups = own_server_only,
        .sock_state_cb = on_socket,
        .sock_state_cb_data = resolver,
    };
    int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    resolver->has_own_server = options->server != NULL;
    if (resolver->has_own_server)
        mask |= ARES_OPT_LOOKUPS;
    int status = ares_init_options(&resolver->channel, &ares, mask);
    if (status != ARES_SUCCESS)
        return diag_fail(diag, CS_E_IO, "the resolver does not start: %s", ares_strerror(status));
    enum cs_err err = options->server != NULL ? set_server(resolver, options->server, diag) : CS_OK;
    if (err != CS_OK)
        ares_destroy(resolver->channel);
    return err;
}

enum cs_err resolver_run(const struct text_list *names, const struct resolver_options *options,
                         resolver_found found, void *context, struct diag *diag)
{
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        return diag_fail(diag, CS_E_IO, "the resolver does not start");
    struct resolver *resolver = calloc(1, sizeof *resolver);
    enum cs_err err = resolver != NULL ? CS_OK : CS_E_NOMEM;
    if (err == CS_OK) {
        *resolver = (struct resolver){.names = names, .found = found, .context = context};
        err = open_channel(resolver, options, diag);
    }
    if (err == CS_OK) {
        size_t at_once = options->max_at_once != 0 ? options->max_at_once : 64;
        while (resolver->ended < names->count && resolver->err == CS_OK) {
            while (resolver->begun < names->count && resolver->begun - resolver->ended < at_once)
                begin_lookup(resolver, names->items[resolver->begun]);
            if (resolver->ended < resolver->begun)
                wait_and_process(resolver);
        }
        err = resolver->err;
        ares_destroy(resolver->channel); /* ends what is still open, with a callback each */
    }
    free(resolver);
    ares_library_cleanup();
    return err;
}
