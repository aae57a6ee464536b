// SPDX-License-Identifier: Apache-2.0
/* After an upgrade: certificates that an older record version decoded are decoded again from their DER. For
 * .c files of db/ only. */
#ifndef DB_REDECODE_H
#define DB_REDECODE_H

#include "cert/record.h"
#include "db/sql.h"

/* The version that every row of certificate has, or a newer one. */
CS_MUST_USE enum cs_err stored_record_version(struct store *store, int64_t *out, struct diag *diag);

/* Free where all rows have CERT_RECORD_VERSION. Commits every thousand certificates, so that it can be
 * interrupted and goes on at the next call; two processes may do it at once. */
CS_MUST_USE enum cs_err redecode_certificates(struct store *store, struct diag *diag);

#endif
