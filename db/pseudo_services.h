// SPDX-License-Identifier: Apache-2.0
/* Pseudo services: a device that answers for others (a captive portal, a tarpit, a proxy) shows one
 * certificate on ports and addresses where nobody offers a service. Judged from what scans met, with no probe
 * of its own; a mark on assets, which groups them in tables and nowhere else. */
#ifndef DB_PSEUDO_SERVICES_H
#define DB_PSEUDO_SERVICES_H

#include "db/store.h"
#include "model/ip.h"

#define PSEUDO_MORE_PORTS_THAN 20 /* of one host, with the same certificate */
#define PSEUDO_LEAST_ADDRESSES 64 /* probed of a /24 or /64, more than half of which show the same one */

enum pseudo_service { /* stored */
                      PSEUDO_NONE = 0,
                      PSEUDO_HOST = 1,   /* of the asset's address */
                      PSEUDO_PREFIX = 2, /* of its /24 or /64 */
};

struct pseudo_counts {
    uint64_t hosts; /* with a certificate that is marked for its ports */
    uint64_t prefixes;
    uint64_t assets;
};

/* How many addresses of the prefix the scan has probed. */
typedef uint64_t (*pseudo_probed)(void *context, struct ip_range prefix);

/* Marks anew after scan `scan_id` of a network: hosts by all their live assets, prefixes where the scan has
 * probed enough of them by what it met there; marks of other prefixes stay. `*out` is what is marked in the
 * network now. In a transaction of its own, which reads the endpoints of the network once. */
CS_MUST_USE enum cs_err pseudo_services_mark(struct store *store, int64_t scan_id, const char *network,
                                             pseudo_probed probed, void *context, struct pseudo_counts *out,
                                             struct diag *diag);

#endif
