// SPDX-License-Identifier: Apache-2.0
/* From each name up the tree of the DNS until CAA records are met (RFC 8659, section 3): what has to be asked
 * next, given what was answered. Each name of the tree is asked about once, however many climb over it.
 * No socket, no clock. */
#ifndef DNS_CAA_CLIMB_H
#define DNS_CAA_CLIMB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text_list.h"
#include "dns/caa.h"

struct caa_climb;

CS_MUST_USE enum cs_err caa_climb_new(struct caa_climb **out);
void caa_climb_free(struct caa_climb *climb); /* NULL is fine */

/* A host name, normalised, without trailing dot or "*.". Answers come in this order. */
CS_MUST_USE enum cs_err caa_climb_add(struct caa_climb *climb, const char *name);

/* Moves all names on as far as the answers go. The questions that are open now are numbered from `*first` to
 * before `*end`, and none of them is open any more once it was answered; none: all climbs have ended. */
CS_MUST_USE enum cs_err caa_climb_advance(struct caa_climb *climb, size_t *first, size_t *end);
const char *caa_climb_question(const struct caa_climb *climb, size_t number);

/* What the DNS said of question `number`: `set` is taken over; or that it said nothing of use, and why. */
void caa_climb_answer(struct caa_climb *climb, size_t number, struct caa_set *set);
CS_MUST_USE enum cs_err caa_climb_unknown(struct caa_climb *climb, size_t number, const char *reason);

struct caa_found { /* borrowed from the climb */
    const char *name;
    /* The first set that is not empty; NULL: there is none, or nobody knows (`reason`). */
    const struct caa_set *set;
    const char *at;     /* the name or the ancestor that was asked about last */
    const char *reason; /* NULL = it is known */
};
size_t caa_climb_count(const struct caa_climb *climb);
/* After the last round. */
void caa_climb_get(const struct caa_climb *climb, size_t number, struct caa_found *out);

#endif
