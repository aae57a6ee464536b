// SPDX-License-Identifier: Apache-2.0
#include "dns/resolver.h"

#include <ares.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/lookups.h"

#define MAX_ADDRESSES 64  /* of one name */
#define ABSOLUTE_NAME 512 /* room for a name and a dot; longer ones are cut, which no server knows */

struct resolver {
    struct lookups lookups;
    const struct text_list *names; /* forward, or NULL: reverse, with `ips` */
    const struct ip *ips;
    resolver_found found;
    resolver_named named;
    void *context;
};

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

static void tell_addresses(struct lookups *lookups, size_t number, int status, bool answered,
                           const struct ares_addrinfo *answer)
{
    const struct resolver *resolver = lookups->context;
    struct ip ips[MAX_ADDRESSES];
    size_t count = status == ARES_SUCCESS ? take_addresses(answer, ips) : 0;
    const char *reason = status != ARES_SUCCESS ? ares_strerror(status) : count == 0 ? "no address" : NULL;
    if (lookups->err == CS_OK)
        lookups->err =
            resolver->found(resolver->context, resolver->names->items[number], ips, count, answered, reason);
}

static void on_answer(void *data, int status, int timeouts, struct ares_addrinfo *answer)
{
    struct lookup at = *(const struct lookup *)data;
    (void)timeouts;
    bool answered = lookup_end(data, status);
    tell_addresses(at.lookups, at.number, status, answered, answer);
    if (answer != NULL)
        ares_freeaddrinfo(answer);
}

static void tell_name(struct lookups *lookups, size_t number, bool answered, const char *name)
{
    const struct resolver *resolver = lookups->context;
    if (lookups->err == CS_OK)
        lookups->err = resolver->named(resolver->context, resolver->ips[number], name, answered);
}

static void on_name(void *data, int status, int timeouts, struct hostent *host)
{
    struct lookup at = *(const struct lookup *)data;
    (void)timeouts;
    bool answered = lookup_end(data, status);
    tell_name(at.lookups, at.number, answered, status == ARES_SUCCESS && host != NULL ? host->h_name : NULL);
}

/* The system's search list is for short names of the system's own servers; a full name that does not exist
 * must not become another one in somebody's domain. */
static const char *absolute(const struct lookups *lookups, const char *name, char full[ABSOLUTE_NAME])
{
    bool is_short = strchr(name, '.') == NULL;
    if (is_short && !lookups->has_own_server)
        return name;
    snprintf(full, ABSOLUTE_NAME, "%s.", name);
    return full;
}

static void ask_for_name(struct lookups *lookups, size_t number, struct lookup *lookup)
{
    const struct resolver *resolver = lookups->context;
    struct ip ip = resolver->ips[number];
    bool is_v4 = ip_is_v4(ip);
    ares_gethostbyaddr(lookups->channel, is_v4 ? ip.bytes + 12 : ip.bytes, is_v4 ? 4 : 16,
                       is_v4 ? AF_INET : AF_INET6, on_name, lookup);
}

static void ask_for_addresses(struct lookups *lookups, size_t number, struct lookup *lookup)
{
    const struct resolver *resolver = lookups->context;
    char full[ABSOLUTE_NAME];
    struct ares_addrinfo_hints hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = ARES_AI_NOSORT};
    ares_getaddrinfo(lookups->channel, absolute(lookups, resolver->names->items[number], full), NULL, &hints,
                     on_answer, lookup);
}

static void leave(struct lookups *lookups, size_t number)
{
    const struct resolver *resolver = lookups->context;
    if (resolver->names != NULL)
        tell_addresses(lookups, number, ARES_ETIMEOUT, false, NULL);
    else
        tell_name(lookups, number, false, NULL);
}

static enum cs_err run(struct resolver *resolver, const struct resolver_options *options, size_t count,
                       struct diag *diag)
{
    resolver->lookups = (struct lookups){
        .options = options,
        .count = count,
        .begin = resolver->names != NULL ? ask_for_addresses : ask_for_name,
        .leave = leave,
        .context = resolver,
    };
    return lookups_run(&resolver->lookups, diag);
}

enum cs_err resolver_run(const struct text_list *names, const struct resolver_options *options,
                         resolver_found found, void *context, struct diag *diag)
{
    struct resolver resolver = {.names = names, .found = found, .context = context};
    return run(&resolver, options, names->count, diag);
}

enum cs_err resolver_run_reverse(const struct ip *ips, size_t count, const struct resolver_options *options,
                                 resolver_named named, void *context, struct diag *diag)
{
    struct resolver resolver = {.ips = ips, .named = named, .context = context};
    return run(&resolver, options, count, diag);
}
