// SPDX-License-Identifier: Apache-2.0
/* Decoded certificates by SHA-256, so that one which many endpoints serve is decoded once. Bounded: a fixed
 * number of places, the newer entry wins; records with very many names are not kept. */
#ifndef APP_RECORD_CACHE_H
#define APP_RECORD_CACHE_H

#include "cert/record.h"

#define RECORD_CACHE_PLACES 512

struct record_cache {
    struct cert_record *places[RECORD_CACHE_PLACES]; /* owned; NULL = free */
    struct cert_record passing;                      /* the latest one too large to keep */
};

/* The record of `der`, decoded or found; valid until the next call. CS_E_NOMEM. */
CS_MUST_USE enum cs_err record_cache_get(struct record_cache *cache, const struct der *der,
                                         const struct cert_record **out);
void record_cache_dispose(struct record_cache *cache);

#endif
