// SPDX-License-Identifier: Apache-2.0
/* CAA records (RFC 8659): as an answer of the DNS brings them, and as a zone file writes them. Pure: no I/O,
 * no clock. */
#ifndef DNS_CAA_H
#define DNS_CAA_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"

#define CAA_TYPE       257
#define CAA_CRITICAL   128 /* in flags */
#define CAA_MAX_ANSWER 500 /* records of one answer; more are refused */
#define CAA_MAX_ALIAS  16  /* CNAMEs on the way to one */

struct caa_record {
    uint8_t flags;
    char *tag;   /* as sent; owned; a byte that is neither letter nor digit is text all the same */
    char *value; /* owned; NUL-terminated, though bytes of any kind may be in it */
    size_t value_len;
};

struct caa_set { /* zero-initialise; the records of one owner name */
    char *owner; /* where the aliases lead; owned; NULL = unknown yet */
    struct caa_record *records;
    size_t count;
};
void caa_set_dispose(struct caa_set *set); /* idempotent */

/* Reads a whole message of the DNS (RFC 1035) that answers the question for the CAA records of `asked`,
 * following the aliases in it (CNAME, and DNAME by the CNAME that comes with it). CS_OK: `out` has the
 * records, or none and the last alias as owner (`asked` itself where there is none). CS_E_NOT_FOUND: the name
 * does not exist. CS_E_MALFORMED: no such answer, or one that nothing can be learnt from, as that of a server
 * that knows nothing and asks nobody; CS_E_LIMIT: more than CAA_MAX_*; CS_E_NOMEM. `out` is zeroed first, and
 * empty after an error. */
CS_MUST_USE enum cs_err caa_answer_parse(struct caa_set *out, const char *asked, const uint8_t *message,
                                         size_t len, struct diag *diag);

/* `CAA 0 issue "ca.example"`, and the same for servers that do not know the type (RFC 3597):
 * `TYPE257 \# 17 0005...`. */
void caa_append_text(struct buf *out, const struct caa_record *record);
void caa_append_generic(struct buf *out, const struct caa_record *record);

#endif
