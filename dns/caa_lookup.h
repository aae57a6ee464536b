// SPDX-License-Identifier: Apache-2.0
/* Asks the DNS for the CAA records of many names and of what is above them. */
#ifndef DNS_CAA_LOOKUP_H
#define DNS_CAA_LOOKUP_H

#include "dns/caa_climb.h"
#include "dns/resolver_options.h"

/* Ends all climbs of `climb`, level by level. What the DNS fails to answer becomes unknown and is no error.
 * CS_E_INVALID: options->server is no address. */
CS_MUST_USE enum cs_err caa_lookup(struct caa_climb *climb, const struct resolver_options *options,
                                   struct diag *diag);

#endif
