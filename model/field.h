// SPDX-License-Identifier: Apache-2.0
/* The field table: every name that rules, filters, JSON and CSV may use, once. And facts: the values one
 * asset has for them, as the evaluator and the findings read them. */
#ifndef MODEL_FIELD_H
#define MODEL_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/ip.h"

enum field {
    FIELD_COMMON_NAME,
    FIELD_SUBJECT,
    FIELD_ORGANIZATION,
    FIELD_ORGANIZATION_UNIT,
    FIELD_CITY,
    FIELD_STATE,
    FIELD_COUNTRY,
    FIELD_DOMAIN_COMPONENT,
    FIELD_SUBJECT_ALT_NAME,
    FIELD_NAME,
    FIELD_ISSUER,
    FIELD_ISSUER_COMMON_NAME,
    FIELD_ISSUER_ORGANIZATION,
    FIELD_SERIAL,
    FIELD_IP,
    FIELD_PORT,
    FIELD_HOST_NAME,
    FIELD_SERVER_NAME,
    FIELD_NETWORK,
    FIELD_PROTOCOL,
    FIELD_TLS_VERSION,
    FIELD_KEY_TYPE,
    FIELD_KEY_BITS,
    FIELD_SIGNATURE_ALGORITHM,
    FIELD_KEY_USAGE,
    FIELD_EXTENDED_KEY_USAGE,
    FIELD_TEMPLATE_NAME,
    FIELD_NOT_AFTER,
    FIELD_NOT_BEFORE,
    FIELD_LIFETIME_DAYS,
    FIELD_SELF_SIGNED,
    FIELD_WILDCARD,
    FIELD_SHA256,
    /* below: only in --where, for they depend on time, findings or what was decided */
    FIELD_FINDING,
    FIELD_STATUS,
    FIELD_DAYS_LEFT,
    FIELD_OWNER_ORGANIZATION,
    FIELD_OWNER_DEPARTMENT,
    FIELD_TASK,
    FIELD_FIRST_SEEN,
    FIELD_LAST_SEEN,
    FIELD_ASSET_STATE,
    FIELD_PSEUDO_SERVICE,
    FIELD_COUNT
};

enum field_type {
    FIELD_TYPE_TEXT,   /* compared case-insensitively */
    FIELD_TYPE_NUMBER, /* int64 */
    FIELD_TYPE_TIME,   /* int64, Unix seconds */
    FIELD_TYPE_BOOL,
    FIELD_TYPE_IP,
};

struct field_info {
    const char *name;
    enum field_type type;
    bool multiple;    /* may have several values; a test holds if any value passes */
    bool assignable;  /* may be used in rules; else only in --where */
    const char *help; /* one line for `rule fields` */
};

const struct field_info *field_info(enum field field);
/* By name, ASCII case-insensitive. CS_E_NOT_FOUND. */
CS_MUST_USE enum cs_err field_by_name(const char *name, size_t len, enum field *out);
const char *field_type_name(enum field_type type);

/* The value of one field. Absent: count == 0 for texts, present == false for the others. Strings are
 * borrowed. */
struct fact {
    const char *const *texts; /* FIELD_TYPE_TEXT: `count` strings */
    size_t count;
    int64_t number; /* NUMBER, TIME; BOOL as 0 or 1 */
    struct ip ip;
    bool present; /* for NUMBER, TIME, BOOL, IP */
};

struct facts {
    struct fact fact[FIELD_COUNT];
    const char *single[FIELD_COUNT]; /* storage behind fact[].texts for fields with one value */
};

/* Zero-initialise, then set. The single-text setter takes NULL and "" as absent. A struct facts must not be
 * copied (its texts may point into itself). */
void facts_set_text(struct facts *facts, enum field field, const char *text);
void facts_set_texts(struct facts *facts, enum field field, const char *const *texts, size_t count);
void facts_set_number(struct facts *facts, enum field field, int64_t number); /* also TIME and BOOL */
void facts_set_ip(struct facts *facts, struct ip ip);

#endif
