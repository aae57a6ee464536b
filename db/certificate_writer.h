// SPDX-License-Identifier: Apache-2.0
/* A certificate record into its columns and value rows; for .c files of db/ only. */
#ifndef DB_CERTIFICATE_WRITER_H
#define DB_CERTIFICATE_WRITER_H

#include "cert/record.h"
#include "db/sql.h"

struct certificate_writer {
    struct store *store;
    sqlite3_stmt *put;
    sqlite3_stmt *clear_values;
    sqlite3_stmt *put_value;
};
CS_MUST_USE enum cs_err certificate_writer_init(struct certificate_writer *writer, struct store *store,
                                                struct diag *diag);
void certificate_writer_dispose(struct certificate_writer *writer);

/* Inserts it, or replaces what an older record version made of the same bytes: id, first_seen and DER stay
 * then. Inside a transaction of the caller's. */
CS_MUST_USE enum cs_err certificate_writer_put(struct certificate_writer *writer,
                                               const struct cert_record *record, const uint8_t *der,
                                               size_t der_len, int64_t now_s, int64_t *id, struct diag *diag);

#endif
