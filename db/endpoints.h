// SPDX-License-Identifier: Apache-2.0
/* Endpoints: targets that have shown a certificate. */
#ifndef DB_ENDPOINTS_H
#define DB_ENDPOINTS_H

#include "db/store.h"
#include "model/endpoint.h"

/* Every address, port and protocol of `network` that has shown a certificate, whatever the server name
 * (NULL in what is told). In the order of addresses. */
typedef enum cs_err (*endpoint_each)(void *context, const struct endpoint *endpoint);
CS_MUST_USE enum cs_err endpoints_each(struct store *store, const char *network, endpoint_each each,
                                       void *context, struct diag *diag);

#endif
