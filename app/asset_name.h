// SPDX-License-Identifier: Apache-2.0
/* ENDPOINT or SHA256, as commands take them. */
#ifndef APP_ASSET_NAME_H
#define APP_ASSET_NAME_H

#include "db/assets.h"

struct asset_name {
    bool is_endpoint;
    struct endpoint endpoint;
    char server_name[ENDPOINT_MAX_NAME + 1];
    uint8_t sha256[SHA256_SIZE]; /* found in the store where a prefix was given */
};

/* An endpoint, or a certificate by hash or unique prefix of one. CS_E_INVALID, CS_E_NOT_FOUND. */
CS_MUST_USE enum cs_err asset_name_parse(struct asset_name *out, struct store *store, const char *text,
                                         struct diag *diag);
/* The filter that finds just these assets. */
struct asset_filter asset_name_filter(const struct asset_name *name);

#endif
