// SPDX-License-Identifier: Apache-2.0
/* One c-ares channel, driven by poll: start look-ups up to the limit, wait, process, until none is left.
 * c-ares keeps each look-up's time-out, so every one of them ends. A name is asked for twice, A and AAAA by
 * themselves: of the two in one, c-ares tells how the last one ended, and a server that fails for A and knows
 * no AAAA would seem to say that there is no such name. */
#include "scanner/resolver.h"

#include <ares.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text.h"

#define MAX_ADDRESSES   256 /* of one name */
#define MAX_SOCKETS     256
#define DEFAULT_AT_ONCE 64
#define ABSOLUTE_NAME   512 /* room for a name and a dot; longer ones are cut, which no server knows */

struct resolver {
    ares_channel channel;
    bool has_own_server; /* one that was named, not the system's */
    const struct resolver_options *options;
    const struct text_list *names;    /* what is asked about: these, ... */
    const struct resolver_feed *feed; /* ... or what this tells */
    size_t count;
    size_t begun;
    size_t ended;
    bool at_end; /* nothing more will be begun */
    size_t unanswered;
    bool has_answered; /* somebody, once */
    uint64_t begun_at_ms;
    resolver_found found;
    void *context;
    enum cs_err err; /* of the callback: the first one ends the run */
    struct pollfd sockets[MAX_SOCKETS];
    nfds_t socket_count;
};

struct lookup {
    struct resolver *resolver;
    const char *name; /* forward: borrowed from the list */
    struct ip ip;     /* reverse */
    int pending;      /* questions */
    int status;       /* of the first that did not succeed */
    bool answered;    /* all of them so far */
    bool silent;
    struct ip *ips; /* owned */
    size_t ip_count;
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

static enum cs_err take_addresses(struct lookup *lookup, const struct ares_addrinfo *answer)
{
    const struct ares_addrinfo_node *node = answer != NULL ? answer->nodes : NULL;
    for (; node != NULL; node = node->ai_next) {
        struct ip ip;
        if (!take_address(node->ai_addr, &ip) || has_ip(lookup->ips, lookup->ip_count, ip))
            continue;
        if (lookup->ip_count == MAX_ADDRESSES) {
            lookup->answered = false; /* more than are taken */
            return CS_OK;
        }
        if (lookup->ips == NULL && (lookup->ips = calloc(MAX_ADDRESSES, sizeof *lookup->ips)) == NULL)
            return CS_E_NOMEM;
        lookup->ips[lookup->ip_count++] = ip;
    }
    return CS_OK;
}

/* The DNS knows what it said: an answer, or that there is none. A server that fails or refuses knows nothing.
 */
static void take_status(struct lookup *lookup, int status)
{
    bool is_silence = status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED || status == ARES_ECANCELLED ||
                      status == ARES_EDESTRUCTION;
    lookup->pending--;
    lookup->silent &= is_silence;
    lookup->answered &= status == ARES_SUCCESS || status == ARES_ENOTFOUND || status == ARES_ENODATA;
    if (lookup->status == ARES_SUCCESS)
        lookup->status = status;
}

static void tell_addresses(struct resolver *resolver, const struct lookup *lookup)
{
    const char *reason = lookup->ip_count > 0             ? NULL
                         : lookup->status != ARES_SUCCESS ? ares_strerror(lookup->status)
                                                          : "no address";
    if (resolver->err == CS_OK)
        resolver->err = resolver->found(resolver->context, lookup->name, lookup->ips, lookup->ip_count,
                                        lookup->answered, reason);
}

static void tell_name(struct resolver *resolver, const struct lookup *lookup, const char *name)
{
    if (resolver->err == CS_OK)
        resolver->err = resolver->feed->named(resolver->feed->context, lookup->ip, name, lookup->answered);
}

static void end_lookup(struct lookup *lookup)
{
    struct resolver *resolver = lookup->resolver;
    resolver->ended++;
    resolver->has_answered |= !lookup->silent;
    resolver->unanswered += lookup->silent;
    free(lookup->ips);
    free(lookup);
}

static void on_answer(void *data, int status, int timeouts, struct ares_addrinfo *answer)
{
    struct lookup *lookup = data;
    (void)timeouts;
    take_status(lookup, status);
    enum cs_err err = status == ARES_SUCCESS ? take_addresses(lookup, answer) : CS_OK;
    if (answer != NULL)
        ares_freeaddrinfo(answer);
    if (lookup->resolver->err == CS_OK)
        lookup->resolver->err = err;
    if (lookup->pending > 0)
        return;
    tell_addresses(lookup->resolver, lookup);
    end_lookup(lookup);
}

/* Of several names the first by alphabet, whatever order they came in: rules may ask for it. */
static const char *choose_name(const struct hostent *host)
{
    const char *best = host->h_name;
    for (char **alias = host->h_aliases; alias != NULL && *alias != NULL; alias++) {
        if (best == NULL || strcasecmp(*alias, best) < 0)
            best = *alias;
    }
    return best;
}

static void on_name(void *data, int status, int timeouts, unsigned char *reply, int len)
{
    struct lookup *lookup = data;
    struct hostent *host = NULL;
    (void)timeouts;
    if (status == ARES_SUCCESS) /* it looks at no address, but wants one */
        status = ares_parse_ptr_reply(reply, len, lookup->ip.bytes, sizeof lookup->ip.bytes, AF_INET6, &host);
    take_status(lookup, status);
    tell_name(lookup->resolver, lookup, host != NULL ? choose_name(host) : NULL);
    if (host != NULL)
        ares_free_hostent(host);
    end_lookup(lookup);
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

#define ARPA_NAME 80 /* 32 nibbles with dots, and a suffix */
#define CLASS_IN  1  /* RFC 1035, 3.2 */
#define TYPE_PTR  12

static void arpa_name(char out[ARPA_NAME], struct ip ip)
{
    const uint8_t *v4 = ip.bytes + 12;
    if (ip_is_v4(ip)) {
        snprintf(out, ARPA_NAME, "%u.%u.%u.%u.in-addr.arpa", v4[3], v4[2], v4[1], v4[0]);
        return;
    }
    for (size_t i = 0; i < sizeof ip.bytes; i++)
        snprintf(out + 4 * i, 5, "%x.%x.", ip.bytes[15 - i] & 15u, ip.bytes[15 - i] >> 4u);
    snprintf(out + 4 * sizeof ip.bytes, ARPA_NAME - 4 * sizeof ip.bytes, "ip6.arpa");
}

/* Not by ares_gethostbyaddr, which makes a server that fails one that knows no name. */
static void ask_for_name(struct lookup *lookup)
{
    char name[ARPA_NAME];
    arpa_name(name, lookup->ip);
    lookup->pending = 1;
    ares_query(lookup->resolver->channel, name, CLASS_IN, TYPE_PTR, on_name, lookup);
}

static void ask_for_addresses(struct lookup *lookup)
{
    static const int families[] = {AF_INET, AF_INET6};
    ares_channel channel = lookup->resolver->channel;
    char full[ABSOLUTE_NAME];
    const char *name = absolute(lookup->resolver, lookup->name, full);
    lookup->pending = 2;
    for (int i = 0; i < 2; i++) { /* the last answer frees the look-up */
        const struct ares_addrinfo_hints hints = {
            .ai_family = families[i], .ai_socktype = SOCK_STREAM, .ai_flags = ARES_AI_NOSORT};
        ares_getaddrinfo(channel, name, NULL, &hints, on_answer, lookup);
    }
}

/* What is asked about next. */
static enum resolver_next next_question(struct resolver *resolver, bool may_wait, struct lookup *out)
{
    *out = (struct lookup){.resolver = resolver, .status = ARES_SUCCESS, .answered = true, .silent = true};
    if (resolver->feed != NULL)
        return resolver->feed->next(resolver->feed->context, may_wait, &out->ip);
    if (resolver->begun == resolver->count)
        return RESOLVER_END;
    out->name = resolver->names->items[resolver->begun];
    return RESOLVER_NEXT;
}

static void begin_lookup(struct resolver *resolver, const struct lookup *question)
{
    struct lookup *lookup = malloc(sizeof *lookup);
    resolver->begun++;
    if (lookup == NULL) {
        resolver->err = CS_E_NOMEM;
        resolver->ended++;
        return;
    }
    *lookup = *question;
    if (lookup->name != NULL)
        ask_for_addresses(lookup);
    else
        ask_for_name(lookup);
}

/* Tells that nobody answered what is not begun any more. */
static void leave_lookup(struct resolver *resolver, struct lookup *question)
{
    resolver->begun++;
    resolver->ended++;
    question->status = ARES_ETIMEOUT;
    question->answered = false;
    if (question->name != NULL)
        tell_addresses(resolver, question);
    else
        tell_name(resolver, question, NULL);
}

static bool gives_up(const struct resolver *resolver)
{
    const struct resolver_options *options = resolver->options;
    return (options->stop != NULL && *options->stop != 0) ||
           (resolver->feed != NULL && resolver->feed->stopped(resolver->feed->context)) ||
           (options->give_up_after != 0 && !resolver->has_answered &&
            resolver->unanswered >= options->give_up_after);
}

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool has_room(const struct resolver *resolver)
{
    const struct resolver_options *options = resolver->options;
    size_t at_once = options->max_at_once != 0 ? options->max_at_once : DEFAULT_AT_ONCE;
    uint64_t elapsed_ms = monotonic_ms() - resolver->begun_at_ms;
    uint64_t allowed =
        options->rate_per_s != 0 ? at_once + elapsed_ms * options->rate_per_s / 1000 : UINT64_MAX;
    return resolver->begun - resolver->ended < at_once && resolver->begun < allowed;
}

/* As many as pace and number at once allow; all the rest once it has given up. */
static void begin_more(struct resolver *resolver)
{
    while (!resolver->at_end && resolver->err == CS_OK) {
        struct lookup question;
        bool given_up = gives_up(resolver);
        if (given_up)
            ares_cancel(resolver->channel); /* with a callback each */
        else if (!has_room(resolver))
            return;
        enum resolver_next next = next_question(resolver, resolver->begun == resolver->ended, &question);
        resolver->at_end = next == RESOLVER_END;
        if (next != RESOLVER_NEXT)
            return;
        if (given_up)
            leave_lookup(resolver, &question);
        else
            begin_lookup(resolver, &question);
    }
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

static void ask_all(struct resolver *resolver)
{
    do {
        begin_more(resolver);
        if (resolver->ended < resolver->begun && gives_up(resolver))
            ares_cancel(resolver->channel);
        bool waits_for_pace = !resolver->at_end && !has_room(resolver);
        if ((resolver->ended < resolver->begun || waits_for_pace) && resolver->err == CS_OK)
            wait_and_process(resolver);
    } while ((!resolver->at_end || resolver->ended < resolver->begun) && resolver->err == CS_OK);
}

static enum cs_err run(const struct resolver *what, struct diag *diag)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    enum cs_err err = resolver != NULL ? CS_OK : CS_E_NOMEM;
    if (err == CS_OK) {
        *resolver = *what;
        resolver->begun_at_ms = monotonic_ms();
        err = open_channel(resolver, what->options, diag);
    }
    if (err == CS_OK) {
        ask_all(resolver);
        err = resolver->err;
        ares_destroy(resolver->channel); /* ends what is still open, with a callback each */
    }
    free(resolver);
    return err;
}

enum cs_err resolver_run(const struct text_list *names, const struct resolver_options *options,
                         resolver_found found, void *context, struct diag *diag)
{
    const struct resolver what = {
        .options = options, .names = names, .count = names->count, .found = found, .context = context};
    return run(&what, diag);
}

enum cs_err resolver_run_fed(const struct resolver_feed *feed, const struct resolver_options *options,
                             struct diag *diag)
{
    const struct resolver what = {.options = options, .feed = feed};
    return run(&what, diag);
}
