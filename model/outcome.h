// SPDX-License-Identifier: Apache-2.0
/* How a probe ended: a closed list, stored and printed by name. */
#ifndef MODEL_OUTCOME_H
#define MODEL_OUTCOME_H

#include <stdbool.h>

enum outcome { /* the numbers are stored: append only */
               OUTCOME_CERTIFICATE = 0,
               OUTCOME_REFUSED = 1,           /* the connection was refused (RST to our SYN) */
               OUTCOME_UNREACHABLE = 2,       /* no route, ICMP unreachable, administratively prohibited */
               OUTCOME_TIMEOUT_CONNECT = 3,   /* no answer to our SYN */
               OUTCOME_TIMEOUT_HANDSHAKE = 4, /* connected, then a time limit was reached */
               OUTCOME_RESET = 5,             /* reset by the peer before a certificate */
               OUTCOME_CLOSED = 6,            /* closed by the peer before a certificate */
               OUTCOME_NOT_TLS = 7,           /* the first bytes are no TLS record */
               OUTCOME_TLS_ALERT = 8,         /* a fatal alert; detail has its name */
               OUTCOME_STARTTLS_REFUSED = 9,
               OUTCOME_MALFORMED =
                   10, /* TLS that breaks its own format, an empty certificate list included */
               OUTCOME_TOO_LARGE = 11,  /* byte cap reached inside valid TLS or dialogue */
               OUTCOME_UNRESOLVED = 12, /* a name without address */
               OUTCOME_CANCELLED = 13,  /* excluded while the scan ran */
               OUTCOME_LOCAL_ERROR = 14,
               OUTCOME_COUNT
};

const char *outcome_name(enum outcome outcome); /* e.g. "timeout-connect"; never NULL */

/* The endpoint was met, or was asked in a way it could have answered: says something about what is there.
 * Not so for unreachable, unresolved, cancelled and local-error. */
bool outcome_is_conclusive(enum outcome outcome);

/* The address itself has answered: a connection, or a refusal of its own. */
bool outcome_is_answer(enum outcome outcome);

#endif
