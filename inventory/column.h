// SPDX-License-Identifier: Apache-2.0
/* What the columns of an export (CSV) and the members of its objects (JSON) are, by their names alone: those
 * of SCM, HARICA's client, tcs-garr, DigiCert and what people write. One table. */
#ifndef INVENTORY_COLUMN_H
#define INVENTORY_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

enum column_field {
    COLUMN_SERIAL,
    COLUMN_SHA256,
    COLUMN_SHA1,
    COLUMN_FINGERPRINT, /* one of the two, by its length */
    COLUMN_PEM,
    COLUMN_COMMON_NAME,
    COLUMN_SUBJECT,
    COLUMN_NAMES,
    COLUMN_ISSUER,
    COLUMN_ISSUED,
    COLUMN_EXPIRES,
    COLUMN_STATE,
    COLUMN_REVOKED,
    COLUMN_REQUESTER,
    COLUMN_VIA,
    COLUMN_IGNORED, /* known, and of no use here */
    COLUMN_UNKNOWN,
};

/* Letters and digits of `header` alone decide. `*rank` orders the columns of one field: of several the first
 * that is not empty counts. */
enum column_field column_of(const char *header, unsigned *rank);

struct column_map { /* zero-initialised is empty */
    enum column_field field[1000];
    unsigned rank[1000];
    size_t count;
};

/* The next column; false: there are too many. */
bool column_map_add(struct column_map *map, const char *header);
/* After the last one. Where there is a status, a column `state` is a part of an address. */
void column_map_end(struct column_map *map);
/* Whether a certificate can be told by these: a hash, the certificate itself, or serial number and issuer (or
 * common name, which stands for it). */
bool column_map_has_key(const struct column_map *map);
bool column_map_has(const struct column_map *map, enum column_field field);

#define COLUMN_KEYS_ALLOWED                                                                                  \
    "sha256, sha1, thumbprint or fingerprint; serial number with issuer or common name; certificate (PEM)"

#endif
