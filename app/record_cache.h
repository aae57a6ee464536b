// SPDX-License-Identifier: Apache-2.0
/* Certificate records by SHA-256: one that many endpoints serve is decoded once, and one that a store has is
 * not decoded at all. Bounded: a fixed number of places, the newer entry wins; records with very many names
 * are not kept. */
#ifndef APP_RECORD_CACHE_H
#define APP_RECORD_CACHE_H

#include "cert/record.h"

#define RECORD_CACHE_PLACES 512

/* Where records may be had without decoding. CS_E_NOT_FOUND: not there. */
typedef enum cs_err (*record_source)(void *context, const uint8_t sha256[SHA256_SIZE],
                                     struct cert_record *out);

struct record_cache {     /* zero-initialised is empty, and has no source */
    record_source source; /* NULL = none */
    void *source_context;
    struct cert_record *places[RECORD_CACHE_PLACES]; /* owned; NULL = free */
    struct cert_record passing;                      /* the latest one too large to keep */
};

/* The record of `der`, decoded or found; valid until the next call. CS_E_NOMEM, and errors of the source. */
CS_MUST_USE enum cs_err record_cache_get(struct record_cache *cache, const struct der *der,
                                         const struct cert_record **out);
void record_cache_dispose(struct record_cache *cache);

#endif
