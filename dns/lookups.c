// SPDX-License-Identifier: Apache-2.0
/* Driven by poll: start look-ups up to the limit, wait, process, until none is left. c-ares keeps each
 * look-up's time-out, so every one of them ends. */
#include "dns/lookups.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "model/ip.h"

#define BURST 64 /* look-ups begun at once where there is a pace to keep */

static void on_socket(void *data, ares_socket_t fd, int readable, int writable)
{
    struct lookups *lookups = data;
    nfds_t at = 0;
    while (at < lookups->socket_count && lookups->sockets[at].fd != fd)
        at++;
    short events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    if (events == 0) {
        if (at < lookups->socket_count)
            lookups->sockets[at] = lookups->sockets[--lookups->socket_count];
        return;
    }
    if (at == lookups->socket_count) {
        if (at == LOOKUPS_MAX_SOCKETS)
            return; /* never so many: c-ares keeps one UDP socket for each server, and a few for TCP */
        lookups->socket_count++;
    }
    lookups->sockets[at] = (struct pollfd){.fd = fd, .events = events};
}

bool lookup_is_silence(int status)
{
    return status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED || status == ARES_ECANCELLED ||
           status == ARES_EDESTRUCTION;
}

bool lookup_is_answer(int status)
{
    return status == ARES_SUCCESS || status == ARES_ENOTFOUND || status == ARES_ENODATA;
}

bool lookup_end(struct lookup *lookup, int status)
{
    struct lookups *lookups = lookup->lookups;
    bool is_silence = lookup_is_silence(status);
    lookups->ended++;
    lookups->has_answered |= !is_silence;
    lookups->unanswered += is_silence;
    lookups->unanswered_in_a_row = is_silence ? lookups->unanswered_in_a_row + 1 : 0;
    free(lookup);
    return lookup_is_answer(status);
}

static void begin_lookup(struct lookups *lookups)
{
    struct lookup *lookup = malloc(sizeof *lookup);
    size_t number = lookups->begun++;
    if (lookup == NULL) {
        lookups->err = CS_E_NOMEM;
        lookups->ended++;
        return;
    }
    *lookup = (struct lookup){lookups, number};
    lookups->begin(lookups, number, lookup);
}

/* Those that are not to be begun any more. */
static void leave_rest(struct lookups *lookups)
{
    ares_cancel(lookups->channel); /* what is under way ends, with a callback each */
    for (; lookups->begun < lookups->count && lookups->err == CS_OK; lookups->ended++)
        lookups->leave(lookups, lookups->begun++);
}

static bool gives_up(const struct lookups *lookups)
{
    const struct resolver_options *options = lookups->options;
    return (options->stop != NULL && *options->stop != 0) ||
           (lookups->is_stopped != NULL && lookups->is_stopped(lookups)) ||
           (options->lost_after != 0 && lookups->unanswered_in_a_row >= options->lost_after) ||
           (options->give_up_after != 0 && !lookups->has_answered &&
            lookups->unanswered >= options->give_up_after);
}

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* As many as pace and number at once allow. */
static void begin_more(struct lookups *lookups)
{
    const struct resolver_options *options = lookups->options;
    size_t at_once = options->max_at_once != 0 ? options->max_at_once : 64;
    uint64_t elapsed_ms = monotonic_ms() - lookups->begun_at_ms;
    uint64_t allowed =
        options->rate_per_s != 0 ? BURST + elapsed_ms * options->rate_per_s / 1000 : UINT64_MAX;
    while (lookups->begun < lookups->count && lookups->begun - lookups->ended < at_once &&
           lookups->begun < allowed && lookups->err == CS_OK)
        begin_lookup(lookups);
}

static void wait_and_process(struct lookups *lookups)
{
    struct timeval longest = {.tv_usec = lookups->options->rate_per_s != 0 ? 20000 : 500000};
    struct timeval left;
    struct timeval *wait = ares_timeout(lookups->channel, &longest, &left);
    struct pollfd ready[LOOKUPS_MAX_SOCKETS];
    nfds_t count = lookups->socket_count;
    memcpy(ready, lookups->sockets, count * sizeof *ready);
    int got = poll(ready, count, (int)(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1));
    if (got <= 0)
        ares_process_fd(lookups->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* time-outs alone */
    for (nfds_t i = 0; i < count && got > 0; i++) {
        if (ready[i].revents == 0)
            continue;
        bool readable = (ready[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
        ares_process_fd(lookups->channel, readable ? ready[i].fd : ARES_SOCKET_BAD,
                        (ready[i].revents & POLLOUT) != 0 ? ready[i].fd : ARES_SOCKET_BAD);
    }
}

/* ADDRESS, ADDRESS:PORT, [v6] or [v6]:PORT as c-ares wants it. */
static enum cs_err set_server(struct lookups *lookups, const char *server, struct diag *diag)
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
    if (ares_set_servers_ports_csv(lookups->channel, csv) != ARES_SUCCESS)
        return diag_fail(diag, CS_E_INVALID, "DNS server \"%.80s\" cannot be used", server);
    return CS_OK;
}

static enum cs_err open_channel(struct lookups *lookups, const struct resolver_options *options,
                                struct diag *diag)
{
    char own_server_only[] = "b"; /* no hosts file: the server that was named decides */
    struct ares_options ares = {
        .timeout = (int)(options->timeout_ms != 0 ? options->timeout_ms : 2000),
        .tries = (int)(options->tries != 0 ? options->tries : 2),
        .lookups = own_server_only,
        .sock_state_cb = on_socket,
        .sock_state_cb_data = lookups,
    };
    int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    lookups->has_own_server = options->server != NULL;
    if (lookups->has_own_server)
        mask |= ARES_OPT_LOOKUPS;
    int status = ares_init_options(&lookups->channel, &ares, mask);
    if (status != ARES_SUCCESS)
        return diag_fail(diag, CS_E_IO, "the resolver does not start: %s", ares_strerror(status));
    enum cs_err err = options->server != NULL ? set_server(lookups, options->server, diag) : CS_OK;
    if (err != CS_OK)
        ares_destroy(lookups->channel);
    return err;
}

/* Whether anything more may come to what is counted. */
static bool take_more(struct lookups *lookups)
{
    return lookups->feed != NULL && lookups->feed(lookups, lookups->ended == lookups->count);
}

static void end_all(struct lookups *lookups)
{
    bool more = take_more(lookups);
    while ((more || lookups->ended < lookups->count) && lookups->err == CS_OK) {
        if (gives_up(lookups))
            leave_rest(lookups);
        else
            begin_more(lookups);
        if (lookups->ended < lookups->count && lookups->err == CS_OK)
            wait_and_process(lookups);
        more = more && take_more(lookups);
    }
}

static int library_status;

static void begin_library(void)
{
    library_status = ares_library_init(ARES_LIB_INIT_ALL); /* needs no cleanup but on Windows */
}

enum cs_err lookups_run(struct lookups *lookups, struct diag *diag)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT; /* several threads may run look-ups */
    if (pthread_once(&once, begin_library) != 0 || library_status != ARES_SUCCESS)
        return diag_fail(diag, CS_E_IO, "the resolver does not start");
    lookups->begun_at_ms = monotonic_ms();
    enum cs_err err = open_channel(lookups, lookups->options, diag);
    if (err == CS_OK) {
        end_all(lookups);
        err = lookups->err;
        ares_destroy(lookups->channel); /* ends what is still open, with a callback each */
    }
    return err;
}
