// SPDX-License-Identifier: Apache-2.0
/* The certificates behind one address: which server names to try where, decided by what was met so far. No
 * socket, no DNS, no clock.
 *
 *   place      an address, port and protocol that has shown a certificate (or an alert for want of a name)
 *   candidate  a name that may be served at an address: its PTR, or a name seen whose DNS says that address
 *
 * Only addresses that have shown something are ever named, so nothing outside of a scan is. For each place
 * one name is given out at a time (a round), since what it brings decides about the next: three in a row that
 * bring a certificate already seen there, and the rest is left. */
#ifndef SCANNER_FOLLOW_UPS_H
#define SCANNER_FOLLOW_UPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text_list.h"
#include "model/endpoint.h"
#include "model/observation.h"
#include "scanner/name_source.h"

#define FOLLOW_UPS_IN_A_ROW 3
/* What anybody can make a scan ask the DNS about by certificates that he makes up. */
#define FOLLOW_UPS_NAMES_AT   1000 /* names that only one address has told of */
#define FOLLOW_UPS_NAMES_SEEN 1000000

struct follow_ups;

struct follow_up { /* text is valid as long as the object */
    struct ip ip;
    uint16_t port;
    enum protocol protocol;
    const char *name;
};

struct follow_ups_counts {
    uint64_t places;
    uint64_t names;        /* seen, sent or pointing here */
    uint64_t tried;        /* given out */
    uint64_t beyond_limit; /* candidates of an address beyond max_names */
    uint64_t not_asked;    /* names seen beyond FOLLOW_UPS_NAMES_AT or FOLLOW_UPS_NAMES_SEEN */
    uint64_t in_a_row;     /* not tried, since others brought nothing new there */
};

/* `max_names`: candidates that an address may have beside those that were given. Where there are more, those
 * of better sources win, and among equals those named first. */
CS_MUST_USE enum cs_err follow_ups_new(struct follow_ups **out, unsigned max_names);
void follow_ups_free(struct follow_ups *ups);

/* A place, and what it showed when asked for seen->server_name, with or without certificate. The same told
 * twice counts once. */
CS_MUST_USE enum cs_err follow_ups_met(struct follow_ups *ups, const struct observation *seen);

/* It ended without certificate as it may for want of a name: a TLS alert, or an XMPP stream to no domain of
 * the server's. */
bool follow_ups_wants_name(enum outcome outcome, enum protocol protocol, const char *server_name);

/* What of `name` can be sent, normalised: not a wildcard's asterisk, not a single label. False: nothing. */
bool follow_ups_usable(const char *name, char out[ENDPOINT_MAX_NAME + 1]);

/* A name from a certificate that `at` showed, or from what earlier scans know of that address, in any form:
 * what is none to send is passed over, of a wildcard the base is taken. `at` NULL: from a list of one's own,
 * which has no limit. */
CS_MUST_USE enum cs_err follow_ups_seen(struct follow_ups *ups, const struct ip *at, const char *name,
                                        enum name_source source);
/* The DNS says that a name that was seen is at `ip`: a candidate, where that is the address of a place. */
CS_MUST_USE enum cs_err follow_ups_resolved(struct follow_ups *ups, const char *name, struct ip ip);
/* A candidate that nobody has to be asked about. */
CS_MUST_USE enum cs_err follow_ups_points(struct follow_ups *ups, const char *name, struct ip ip,
                                          enum name_source source);

/* Names seen since the last call, for the DNS, at most `max`; appended. */
CS_MUST_USE enum cs_err follow_ups_unresolved(struct follow_ups *ups, size_t max, struct text_list *out);
/* The addresses of places met since the last call; valid until the next one. */
const struct ip *follow_ups_new_addresses(struct follow_ups *ups, size_t *count);

/* Begins a round, then gives out its follow-ups; false: that was all. */
void follow_ups_begin_round(struct follow_ups *ups);
CS_MUST_USE enum cs_err follow_ups_next(struct follow_ups *ups, struct follow_up *out, bool *more);

void follow_ups_count(const struct follow_ups *ups, struct follow_ups_counts *out);

#endif
