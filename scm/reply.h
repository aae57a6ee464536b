// SPDX-License-Identifier: Apache-2.0
/* SCM's objects as rows of the inventory. Anything may be missing, null or of another type: then it is not
 * known. Pure; text comes out as valid UTF-8, cut to what a row holds. */
#ifndef SCM_REPLY_H
#define SCM_REPLY_H

#include "base/json.h"
#include "db/inventory.h"
#include "scm/api_names.h"

/* A whole number, also one written as a string. False: none above 0. */
bool reply_id(const struct json_value *object, enum api_field field, int64_t *out);

/* 01/31/2027, 2027-01-31, 2027-01-31 12:00:00, RFC 3339 with fractions -> Unix time. 0 = no date. */
int64_t reply_date(const char *text);

/* "0E:12:AB", "0x0e12ab" -> "0e12ab" as in cert_record.serial. False: no serial number. */
bool reply_serial(char *out, size_t size, const char *text);

/* Hex of just `len` bytes, colons and either case allowed. */
bool reply_hash(uint8_t *out, size_t len, const char *text);

#define REPLY_TEXT 512 /* bytes kept of one text */

struct reply_domain {
    struct inventory_domain row; /* points into what follows */
    char state[32];
    char delegation[32];
    char organizations[REPLY_TEXT];
    char validation[32];
    char validation_method[64];
};
/* `out` keeps no pointer into `object`. CS_E_MALFORMED: no object with an id. */
CS_MUST_USE enum cs_err reply_domain(struct reply_domain *out, const struct json_value *object);

struct reply_certificate {
    struct inventory_certificate row;
    char common_name[REPLY_TEXT];
    char names[65536];
    char serial[264];
    uint8_t sha1[20];
    uint8_t sha256[32];
    char issuer[REPLY_TEXT];
    char state[32];
    char requester[REPLY_TEXT];
    char requested_via[64];
};
CS_MUST_USE enum cs_err reply_certificate(struct reply_certificate *out, const struct json_value *object);

/* A row of the SSL report, which has the same under other names. */
CS_MUST_USE enum cs_err reply_report_row(struct reply_certificate *out, const struct json_value *object);

/* The text of a member into a row's array; NULL = there is none. */
const char *reply_text(char *out, size_t size, const struct json_value *object, enum api_field field);

#endif
