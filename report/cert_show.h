// SPDX-License-Identifier: Apache-2.0
/* One stored certificate in full: its fields, findings, chain, and the assets that serve it. */
#ifndef REPORT_CERT_SHOW_H
#define REPORT_CERT_SHOW_H

#include <stdint.h>
#include <stdio.h>

#include "base/diag.h"
#include "cert/expiry.h"
#include "db/store.h"
#include "model/observation.h"

enum cert_show_format {
    CERT_SHOW_TABLE, /* names and values, for people */
    CERT_SHOW_JSON,
    CERT_SHOW_PEM,  /* the chain as an asset sent it, leaf first; the leaf alone where no asset has it */
    CERT_SHOW_TEXT, /* the DER structure decoded, as tools for certificates print it */
};
CS_MUST_USE enum cs_err cert_show_format_parse(enum cert_show_format *out, const char *text,
                                               struct diag *diag);

/* CS_E_NOT_FOUND if it is not stored. `expiry` NULL = expiry_usual. */
CS_MUST_USE enum cs_err cert_show(FILE *file, struct store *store, const uint8_t sha256[SHA256_SIZE],
                                  enum cert_show_format format, int64_t now_s,
                                  const struct expiry_limits *expiry, struct diag *diag);

#endif
