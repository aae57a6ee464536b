// SPDX-License-Identifier: Apache-2.0
/* A name is asked for twice, A and AAAA by themselves: of the two in one, c-ares tells how the last one
 * ended, and a server that fails for A and knows no AAAA would seem to say that there is no such name. */
#include "dns/resolver.h"

#include <ares.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "dns/lookups.h"

#define MAX_ADDRESSES 256 /* of one name */
#define ABSOLUTE_NAME 512 /* room for a name and a dot; longer ones are cut, which no server knows */
#define ARPA_NAME     80  /* 32 nibbles with dots, and a suffix */
#define CLASS_IN      1   /* RFC 1035, 3.2 */
#define TYPE_PTR      12

/* ---- names to addresses ---- */

struct forward {
    struct lookups lookups;
    const struct text_list *names;
    resolver_found found;
    void *context;
};

struct both { /* families of one name */
    struct lookup *lookup;
    const char *name;
    int pending;    /* questions */
    int status;     /* of the first that did not succeed */
    bool answered;  /* all of them so far */
    bool silent;    /* likewise */
    struct ip *ips; /* owned */
    size_t ip_count;
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

static enum cs_err take_addresses(struct both *both, const struct ares_addrinfo *answer)
{
    const struct ares_addrinfo_node *node = answer != NULL ? answer->nodes : NULL;
    for (; node != NULL; node = node->ai_next) {
        struct ip ip;
        if (!take_address(node->ai_addr, &ip) || has_ip(both->ips, both->ip_count, ip))
            continue;
        if (both->ip_count == MAX_ADDRESSES) {
            both->answered = false; /* more than are taken */
            return CS_OK;
        }
        if (both->ips == NULL && (both->ips = calloc(MAX_ADDRESSES, sizeof *both->ips)) == NULL)
            return CS_E_NOMEM;
        both->ips[both->ip_count++] = ip;
    }
    return CS_OK;
}

static void take_status(struct both *both, int status)
{
    both->pending--;
    both->silent &= lookup_is_silence(status);
    both->answered &= lookup_is_answer(status);
    if (both->status == ARES_SUCCESS)
        both->status = status;
}

static void tell_addresses(struct lookups *lookups, const struct both *both)
{
    const struct forward *forward = lookups->context;
    const char *reason = both->ip_count > 0             ? NULL
                         : both->status != ARES_SUCCESS ? ares_strerror(both->status)
                                                        : "no address";
    if (lookups->err == CS_OK)
        lookups->err =
            forward->found(forward->context, both->name, both->ips, both->ip_count, both->answered, reason);
}

static void on_answer(void *data, int status, int timeouts, struct ares_addrinfo *answer)
{
    struct both *both = data;
    struct lookups *lookups = both->lookup->lookups;
    (void)timeouts;
    take_status(both, status);
    enum cs_err err = status == ARES_SUCCESS ? take_addresses(both, answer) : CS_OK;
    if (answer != NULL)
        ares_freeaddrinfo(answer);
    if (lookups->err == CS_OK)
        lookups->err = err;
    if (both->pending > 0)
        return;
    lookup_end(both->lookup, both->answered ? ARES_SUCCESS : both->silent ? ARES_ETIMEOUT : ARES_ESERVFAIL);
    tell_addresses(lookups, both);
    free(both->ips);
    free(both);
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

/* Both families apart, so that each answer counts on its own; but c-ares 1.18 forgets memory where it knows
 * localhost in one family from the hosts file and is asked for the other. */
static size_t families_of(const char *name, const int **out)
{
    static const int apart[] = {AF_INET, AF_INET6};
    static const int together[] = {AF_UNSPEC};
    bool is_local = text_equals(name, "localhost");
    *out = is_local ? together : apart;
    return is_local ? 1 : 2;
}

static void ask_for_addresses(struct lookups *lookups, size_t number, struct lookup *lookup)
{
    const int *families;
    const struct forward *forward = lookups->context;
    struct both *both = calloc(1, sizeof *both);
    char full[ABSOLUTE_NAME];
    if (both == NULL) {
        lookup_end(lookup, ARES_ENOMEM);
        lookups->err = CS_E_NOMEM;
        return;
    }
    size_t count = families_of(forward->names->items[number], &families);
    *both = (struct both){.lookup = lookup,
                          .name = forward->names->items[number],
                          .pending = (int)count,
                          .status = ARES_SUCCESS,
                          .answered = true,
                          .silent = true};
    const char *name = absolute(lookups, both->name, full);
    for (size_t i = 0; i < count; i++) { /* the last answer frees `both` */
        const struct ares_addrinfo_hints hints = {
            .ai_family = families[i], .ai_socktype = SOCK_STREAM, .ai_flags = ARES_AI_NOSORT};
        ares_getaddrinfo(lookups->channel, name, NULL, &hints, on_answer, both);
    }
}

static void leave_name(struct lookups *lookups, size_t number)
{
    const struct forward *forward = lookups->context;
    const struct both nobody = {.name = forward->names->items[number], .status = ARES_ETIMEOUT};
    tell_addresses(lookups, &nobody);
}

enum cs_err resolver_run(const struct text_list *names, const struct resolver_options *options,
                         resolver_found found, void *context, struct diag *diag)
{
    struct forward forward = {.names = names, .found = found, .context = context};
    forward.lookups = (struct lookups){
        .options = options,
        .count = names->count,
        .begin = ask_for_addresses,
        .leave = leave_name,
        .context = &forward,
    };
    return lookups_run(&forward.lookups, diag);
}

/* ---- addresses to names ---- */

struct reverse {
    struct lookups lookups;
    const struct resolver_feed *feed;
    struct ip *ips; /* by number; owned */
    size_t cap;
};

static void tell_name(struct lookups *lookups, size_t number, bool answered, const char *name)
{
    const struct reverse *reverse = lookups->context;
    if (lookups->err == CS_OK)
        lookups->err = reverse->feed->named(reverse->feed->context, reverse->ips[number], name, answered);
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
    static const uint8_t any[16]; /* ares_parse_ptr_reply wants an address to copy */
    struct lookup at = *(const struct lookup *)data;
    struct hostent *host = NULL;
    (void)timeouts;
    if (status == ARES_SUCCESS)
        status = ares_parse_ptr_reply(reply, len, any, sizeof any, AF_INET6, &host);
    bool answered = lookup_end(data, status);
    tell_name(at.lookups, at.number, answered, host != NULL ? choose_name(host) : NULL);
    if (host != NULL)
        ares_free_hostent(host);
}

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
static void ask_for_name(struct lookups *lookups, size_t number, struct lookup *lookup)
{
    const struct reverse *reverse = lookups->context;
    char name[ARPA_NAME];
    arpa_name(name, reverse->ips[number]);
    ares_query(lookups->channel, name, CLASS_IN, TYPE_PTR, on_name, lookup);
}

static void leave_address(struct lookups *lookups, size_t number)
{
    tell_name(lookups, number, false, NULL);
}

static bool take_more(struct lookups *lookups, bool may_wait)
{
    struct reverse *reverse = lookups->context;
    for (;;) {
        struct ip ip;
        enum resolver_next next = reverse->feed->next(reverse->feed->context, may_wait, &ip);
        if (next != RESOLVER_NEXT)
            return next == RESOLVER_NONE_YET;
        may_wait = false;
        if (lookups->count == reverse->cap) {
            size_t cap = reverse->cap == 0 ? 64 : reverse->cap * 2;
            struct ip *more = realloc(reverse->ips, cap * sizeof *more);
            if (more == NULL) {
                lookups->err = CS_E_NOMEM;
                return false;
            }
            reverse->ips = more;
            reverse->cap = cap;
        }
        reverse->ips[lookups->count++] = ip;
    }
}

static bool is_stopped(const struct lookups *lookups)
{
    const struct reverse *reverse = lookups->context;
    return reverse->feed->stopped(reverse->feed->context);
}

enum cs_err resolver_run_fed(const struct resolver_feed *feed, const struct resolver_options *options,
                             struct diag *diag)
{
    struct reverse reverse = {.feed = feed};
    reverse.lookups = (struct lookups){
        .options = options,
        .begin = ask_for_name,
        .leave = leave_address,
        .feed = take_more,
        .is_stopped = is_stopped,
        .context = &reverse,
    };
    enum cs_err err = lookups_run(&reverse.lookups, diag);
    free(reverse.ips);
    return err;
}
