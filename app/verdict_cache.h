// SPDX-License-Identifier: Apache-2.0
/* Verdicts on the chains of a scan: one is asked of the store, and judged where the store has none, once for
 * all endpoints that show it. Bounded: a fixed number of places, the newer entry wins. */
#ifndef APP_VERDICT_CACHE_H
#define APP_VERDICT_CACHE_H

#include "cert/trust.h"
#include "db/ingest.h"

#define VERDICT_CACHE_PLACES 1024

struct verdict_cache {     /* zero-initialised is empty */
    struct trust *trust;   /* borrowed; NULL = nothing is judged */
    struct ingest *ingest; /* borrowed; NULL = nothing is stored */
    struct verdict_place {
        uint8_t leaf[SHA256_SIZE];
        uint64_t issuers;  /* a mix of the hashes behind it */
        size_t cert_count; /* 0 = free */
        struct chain_verdict verdict;
    } places[VERDICT_CACHE_PLACES];
};

/* out->known is false where nothing is judged. */
CS_MUST_USE enum cs_err verdict_cache_get(struct verdict_cache *cache, const struct chain *chain,
                                          int64_t now_s, struct chain_verdict *out, struct diag *diag);

#endif
