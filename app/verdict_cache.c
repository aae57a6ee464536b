// SPDX-License-Identifier: Apache-2.0
#include "app/verdict_cache.h"

#include <string.h>

static uint64_t mix_of_issuers(const struct chain *chain)
{
    uint64_t mix = 0;
    for (size_t i = 1; i < chain->cert_count; i++) {
        uint64_t part;
        memcpy(&part, chain->certs[i].sha256, sizeof part); /* a hash already */
        mix = mix * 31 + part;
    }
    return mix;
}

static struct verdict_place *place_of(struct verdict_cache *cache, const struct chain *chain,
                                      uint64_t issuers)
{
    uint64_t key;
    memcpy(&key, chain->certs[0].sha256, sizeof key);
    return &cache->places[(key ^ issuers) % VERDICT_CACHE_PLACES];
}

enum cs_err verdict_cache_get(struct verdict_cache *cache, const struct chain *chain, int64_t now_s,
                              struct chain_verdict *out, struct diag *diag)
{
    *out = (struct chain_verdict){.path_ends_s = INT64_MAX};
    if (cache->trust == NULL)
        return CS_OK;
    uint64_t issuers = mix_of_issuers(chain);
    struct verdict_place *place = place_of(cache, chain, issuers);
    if (place->cert_count == chain->cert_count && place->issuers == issuers &&
        memcmp(place->leaf, chain->certs[0].sha256, SHA256_SIZE) == 0) {
        *out = place->verdict;
        return CS_OK;
    }
    enum cs_err err = CS_OK;
    if (cache->ingest != NULL)
        err = ingest_find_verdict(cache->ingest, chain, out, diag);
    if (err == CS_OK && !out->known)
        err = trust_judge(cache->trust, chain->certs, chain->cert_count, now_s, out);
    if (err != CS_OK)
        return err;
    *place = (struct verdict_place){.issuers = issuers, .cert_count = chain->cert_count, .verdict = *out};
    memcpy(place->leaf, chain->certs[0].sha256, SHA256_SIZE);
    return CS_OK;
}
