// SPDX-License-Identifier: Apache-2.0
/* A set of root certificates, and what a chain is worth under it: signatures are checked by libcrypto at
 * security level 2, for the purpose of a TLS server. No I/O and no clock. One thread at a time. */
#ifndef CERT_TRUST_H
#define CERT_TRUST_H

#include <stddef.h>

#include "base/err.h"
#include "cert/chain_verdict.h"
#include "model/observation.h"

#define TRUST_MAX_ROOTS 10000
#define TRUST_MAX_SENT  32 /* certificates of a chain that are looked at; the rest counts as extra */

enum root_kind {
    ROOT_OWN,    /* of a campus, a grid: no rule of the public CAs binds it */
    ROOT_PUBLIC, /* of the system's store; a root that is both is one's own */
};

struct trust;                                          /* opaque */
CS_MUST_USE enum cs_err trust_new(struct trust **out); /* CS_E_NOMEM */
void trust_free(struct trust *trust);                  /* NULL is fine */

/* Adds the certificates of PEM text, a CA or a single server certificate that is trusted as it is; what is no
 * certificate is passed over. `*added` counts those read. CS_E_LIMIT, CS_E_NOMEM. */
CS_MUST_USE enum cs_err trust_add_pem(struct trust *trust, const char *text, size_t len, enum root_kind kind,
                                      size_t *added);
size_t trust_count(const struct trust *trust);

/* The same for the same roots in any order, and another one where a verdict could be another one. */
CS_MUST_USE enum cs_err trust_version(struct trust *trust, uint8_t out[SHA256_SIZE]);

/* `certs` as sent, leaf first. `now_s` only decides which of several paths is taken. Without roots, or where
 * the leaf cannot be decoded, out->known is false. CS_E_NOMEM. */
CS_MUST_USE enum cs_err trust_judge(struct trust *trust, const struct der *certs, size_t count, int64_t now_s,
                                    struct chain_verdict *out);

#endif
