// SPDX-License-Identifier: Apache-2.0
#include "app/record_cache.h"

#include <stdlib.h>
#include <string.h>

#define MAX_NAMES_KEPT 256

static struct cert_record **place_of(struct record_cache *cache, const uint8_t sha256[SHA256_SIZE])
{
    uint64_t key;
    memcpy(&key, sha256, sizeof key); /* a hash already: any part of it spreads evenly */
    return &cache->places[key % RECORD_CACHE_PLACES];
}

static void drop(struct cert_record **place)
{
    if (*place != NULL)
        cert_record_dispose(*place);
    free(*place);
    *place = NULL;
}

static bool is_worth_keeping(const struct cert_record *record)
{
    return record->dns_names.count + record->ip_addresses.count + record->other_names.count <= MAX_NAMES_KEPT;
}

enum cs_err record_cache_get(struct record_cache *cache, const struct der *der,
                             const struct cert_record **out)
{
    struct cert_record **place = place_of(cache, der->sha256);
    if (*place != NULL && memcmp((*place)->sha256, der->sha256, SHA256_SIZE) == 0) {
        *out = *place;
        return CS_OK;
    }
    cert_record_dispose(&cache->passing);
    enum cs_err err = CS_E_NOT_FOUND;
    if (cache->source != NULL)
        err = cache->source(cache->source_context, der->sha256, &cache->passing);
    if (err == CS_E_NOT_FOUND)
        err = cert_record_parse(&cache->passing, der->bytes, der->len);
    if (err != CS_OK)
        return err;
    *out = &cache->passing;
    if (!is_worth_keeping(&cache->passing))
        return CS_OK;
    struct cert_record *kept = malloc(sizeof *kept);
    if (kept == NULL)
        return CS_OK; /* works without */
    *kept = cache->passing;
    cache->passing = (struct cert_record){0};
    drop(place);
    *place = kept;
    *out = kept;
    return CS_OK;
}

void record_cache_dispose(struct record_cache *cache)
{
    for (size_t i = 0; i < RECORD_CACHE_PLACES; i++)
        drop(&cache->places[i]);
    cert_record_dispose(&cache->passing);
}
