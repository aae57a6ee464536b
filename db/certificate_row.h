// SPDX-License-Identifier: Apache-2.0
/* A certificate record to columns and back; for .c files of db/ only. */
#ifndef DB_CERTIFICATE_ROW_H
#define DB_CERTIFICATE_ROW_H

#include "cert/record.h"
#include "db/sql.h"

/* The columns of certificate that make a record, in the order certificate_row_read expects, with table name
 * `c`. */
#define CERTIFICATE_COLUMNS                                                                                  \
    "c.sha256, c.malformed, c.spki_sha256, c.common_name, c.subject, c.organization, c.city, c.state, "      \
    "c.country,"                                                                                             \
    " c.issuer, c.issuer_common_name, c.issuer_organization, c.serial, c.key_type, c.key_bits, "             \
    "c.signature_algorithm,"                                                                                 \
    " c.template_name, c.not_before, c.not_after, c.self_signed, c.is_ca, c.wildcard, c.flaws"
#define CERTIFICATE_COLUMN_COUNT 23

enum value_kind { /* of certificate_value; stored: append only */
                  VALUE_DNS_NAME = 1,
                  VALUE_IP_ADDRESS = 2,
                  VALUE_OTHER_NAME = 3,
                  VALUE_ORGANIZATION_UNIT = 4,
                  VALUE_DOMAIN_COMPONENT = 5,
                  VALUE_KEY_USAGE = 6,
                  VALUE_EXTENDED_KEY_USAGE = 7,
                  VALUE_KIND_LAST = VALUE_EXTENDED_KEY_USAGE,
};

/* The list of `record` that has the values of `kind`. */
struct text_list *certificate_values(struct cert_record *record, enum value_kind kind);

/* Reads certificates with their values, one at a time; the last one is kept, so that rows that repeat a
 * certificate cost nothing. */
struct certificate_reader {
    struct store *store;
    sqlite3_stmt *values;
    int64_t id;                /* of the record below; 0 = none */
    struct cert_record record; /* owned */
};
CS_MUST_USE enum cs_err certificate_reader_init(struct certificate_reader *reader, struct store *store,
                                                struct diag *diag);
void certificate_reader_dispose(struct certificate_reader *reader);
/* `stmt` is at a row that has CERTIFICATE_COLUMNS from column `at` on, of the certificate `id`. */
CS_MUST_USE enum cs_err certificate_reader_read(struct certificate_reader *reader, sqlite3_stmt *stmt, int at,
                                                int64_t id, struct diag *diag);

#endif
