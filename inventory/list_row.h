// SPDX-License-Identifier: Apache-2.0
/* One row of a list of certificates, as text or as the certificate itself, to what the inventory keeps. */
#ifndef INVENTORY_LIST_ROW_H
#define INVENTORY_LIST_ROW_H

#include "base/buf.h"
#include "base/diag.h"
#include "cert/digest.h"
#include "cert/record.h"
#include "db/inventory.h"
#include "inventory/column.h"

#define LIST_MAX_NAMES ((size_t)64 << 10) /* bytes of all names; more are left out */

struct list_row {                             /* zero-initialised; used for one row after the other */
    struct inventory_certificate certificate; /* borrows from what follows, and from the cells */
    char serial[260];
    uint8_t sha1[SHA1_SIZE];
    uint8_t sha256[SHA256_SIZE];
    struct buf common_name;
    struct buf names;
    struct buf issuer;
    struct buf requester;
    struct buf via;
};
void list_row_dispose(struct list_row *row);

enum list_verdict {
    LIST_TAKEN,
    LIST_NO_CERTIFICATE, /* requested, rejected or the like: there is none */
    LIST_BAD,            /* `why` says so */
};

/* `cells` by field, COLUMN_IGNORED of them; NULL or "" = empty. With LIST_TAKEN too `why` may have a sentence
 * worth telling; else it is empty. */
enum list_verdict list_row_read(struct list_row *row, const char *const cells[COLUMN_IGNORED],
                                struct diag *why);

/* From the certificate itself. LIST_NO_CERTIFICATE: it is one of a CA. */
enum list_verdict list_row_decode(struct list_row *row, const uint8_t *der, size_t der_len, struct diag *why);

#endif
