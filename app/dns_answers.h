// SPDX-License-Identifier: Apache-2.0
/* What the DNS said of some names, kept until all of them are answered: no transaction is open while it is
 * asked. */
#ifndef APP_DNS_ANSWERS_H
#define APP_DNS_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text_list.h"
#include "dns/resolver.h"

struct dns_answer {
    char *name;     /* owned, as are the addresses */
    struct ip *ips; /* none: the name does not exist, where that was answered */
    size_t count;
    bool answered; /* false = nobody knows */
};

struct dns_answers {          /* zero-initialise */
    struct dns_answer *items; /* owned */
    size_t count;
    size_t cap;
};

/* Keeps a copy of one. CS_E_NOMEM. */
CS_MUST_USE enum cs_err dns_answers_add(struct dns_answers *answers, const char *name, const struct ip *ips,
                                        size_t count, bool answered);

/* Asks for all names; the answers come in any order. Errors of resolver_run. Dispose it always. */
CS_MUST_USE enum cs_err dns_answers_ask(struct dns_answers *out, const struct text_list *names,
                                        const struct resolver_options *options, struct diag *diag);
void dns_answers_dispose(struct dns_answers *answers); /* idempotent */

#endif
