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
#include <time.h>

#include "base/text.h"

#define MAX_ADDRESSES 64 /* of one name */
#define MAX_SOCKETS   256
#define ABSOLUTE_NAME 512 /* room for a name and a dot; longer ones are cut, which no server knows */

struct resolver {
    ares_channel channel;
    bool has_own_server; /* one that was named, not the system's */
    const struct resolver_options *options;
    const struct text_list *names; /* forward, or NULL: reverse, with `ips` */
    const struct ip *ips;
    size_t count;
    size_t begun;
    size_t ended;
    size_t unanswered;
    bool has_answered; /* somebody, once */
    uint64_t begun_at_ms;
    resolver_found found;
    resolver_named named;
    void *context;
    enum cs_err err; /* of the callback: the first one ends the run */
    struct pollfd sockets[MAX_SOCKETS];
    nfds_t socket_count;
};

struct lookup {
    struct resolver *resolver;
    size_t number;
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

/* The DNS knows what it said: an answer, or that there is none. A server that fails or refuses knows nothing.
 */
static bool take_status(struct resolver *resolver, int status)
{
    bool is_silence = status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED || status == ARES_ECANCELLED ||
                      status == ARES_EDESTRUCTION;
    resolver->ended++;
    resolver->has_answered |= !is_silence;
    resolver->unanswered += is_silence;
    return status == ARES_SUCCESS || status == ARES_ENOTFOUND || status == ARES_ENODATA;
}

static void tell_addresses(struct resolver *resolver, size_t number, int status, bool answered,
                           const struct ares_addrinfo *answer)
{
    struct ip ips[MAX_ADDRESSES];
    size_t count = status == ARES_SUCCESS ? take_addresses(answer, ips) : 0;
    const char *reason = status != ARES_SUCCESS ? ares_strerror(status) : count == 0 ? "no address" : NULL;
    if (resolver->err == CS_OK)
        resolver->err =
            resolver->found(resolver->context, resolver->names->items[number], ips, count, answered, reason);
}

static void on_answer(void *data, int status, int timeouts, struct ares_addrinfo *answer)
{
    struct lookup *lookup = data;
    (void)timeouts;
    bool answered = take_status(lookup->resolver, status);
    tell_addresses(lookup->resolver, lookup->number, status, answered, answer);
    if (answer != NULL)
        ares_freeaddrinfo(answer);
    free(lookup);
}

static void tell_name(struct resolver *resolver, size_t number, bool answered, const char *name)
{
    if (resolver->err == CS_OK)
        resolver->err = resolver->named(resolver->context, resolver->ips[number], name, answered);
}

static void on_name(void *data, int status, int timeouts, struct hostent *host)
{
    struct lookup *lookup = data;
    (void)timeouts;
    bool answered = take_status(lookup->resolver, status);
    tell_name(lookup->resolver, lookup->number, answered,
              status == ARES_SUCCESS && host != NULL ? host->h_name : NULL);
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

static void ask_for_name(struct resolver *resolver, struct ip ip, struct lookup *lookup)
{
    bool is_v4 = ip_is_v4(ip);
    ares_gethostbyaddr(resolver->channel, is_v4 ? ip.bytes + 12 : ip.bytes, is_v4 ? 4 : 16,
                       is_v4 ? AF_INET : AF_INET6, on_name, lookup);
}

static void ask_for_addresses(struct resolver *resolver, const char *name, struct lookup *lookup)
{
    char full[ABSOLUTE_NAME];
    struct ares_addrinfo_hints hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = ARES_AI_NOSORT};
    ares_getaddrinfo(resolver->channel, absolute(resolver, name, full), NULL, &hints, on_answer, lookup);
}

static void begin_lookup(struct resolver *resolver)
{
    struct lookup *lookup = malloc(sizeof *lookup);
    size_t number = resolver->begun++;
    if (lookup == NULL) {
        resolver->err = CS_E_NOMEM;
        resolver->ended++;
        return;
    }
    *lookup = (struct lookup){resolver, number};
    if (resolver->names != NULL)
        ask_for_addresses(resolver, resolver->names->items[number], lookup);
    else
        ask_for_name(resolver, resolver->ips[number], lookup);
}

/* Those that are not to be begun any more. */
static void leave_rest(struct resolver *resolver)
{
    for (; resolver->begun < resolver->count && resolver->err == CS_OK; resolver->ended++) {
        size_t number = resolver->begun++;
        if (resolver->names != NULL)
            tell_addresses(resolver, number, ARES_ETIMEOUT, false, NULL);
        else
            tell_name(resolver, number, false, NULL);
    }
}

static bool gives_up(const struct resolver *resolver)
{
    const struct resolver_options *options = resolver->options;
    return (options->stop != NULL && *options->stop != 0) ||
           (options->give_up_after != 0 && !resolver->has_answered &&
            resolver->unanswered >= options->give_up_after);
}

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* As many as pace and number at once allow. */
static void begin_more(struct resolver *resolver)
{
    const struct resolver_options *options = resolver->options;
    size_t at_once = options->max_at_once != 0 ? options->max_at_once : 64;
    uint64_t elapsed_ms = monotonic_ms() - resolver->begun_at_ms;
    uint64_t allowed =
        options->rate_per_s != 0 ? at_once + elapsed_ms * options->rate_per_s / 1000 : UINT64_MAX;
    while (resolver->begun < resolver->count && resolver->begun - resolver->ended < at_once &&
           resolver->begun < allowed && resolver->err == CS_OK)
        begin_lookup(resolver);
}

static void wait_and_process(struct resolver *resolver)
{
    struct timeval longest = {.tv_usec = resolver->options->rate_per_s != 0 ? 20000 : 500000};
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

static enum cs_err run(const struct resolver *what, struct diag *diag)
{
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        return diag_fail(diag, CS_E_IO, "the resolver does not start");
    struct resolver *resolver = calloc(1, sizeof *resolver);
    enum cs_err err = resolver != NULL ? CS_OK : CS_E_NOMEM;
    if (err == CS_OK) {
        *resolver = *what;
        resolver->begun_at_ms = monotonic_ms();
        err = open_channel(resolver, what->options, diag);
    }
    if (err == CS_OK) {
        while (resolver->ended < resolver->count && resolver->err == CS_OK) {
            if (gives_up(resolver)) {
                ares_cancel(resolver->channel); /* with a callback each */
                leave_rest(resolver);
                break;
            }
            begin_more(resolver);
            if (resolver->ended < resolver->count)
                wait_and_process(resolver);
        }
        err = resolver->err;
        ares_destroy(resolver->channel); /* ends what is still open, with a callback each */
    }
    free(resolver);
    ares_library_cleanup();
    return err;
}

enum cs_err resolver_run(const struct text_list *names, const struct resolver_options *options,
                         resolver_found found, void *context, struct diag *diag)
{
    const struct resolver what = {
        .options = options, .names = names, .count = names->count, .found = found, .context = context};
    return run(&what, diag);
}

enum cs_err resolver_run_reverse(const struct ip *ips, size_t count, const struct resolver_options *options,
                                 resolver_named named, void *context, struct diag *diag)
{
    const struct resolver what = {
        .options = options, .ips = ips, .count = count, .named = named, .context = context};
    return run(&what, diag);
}
