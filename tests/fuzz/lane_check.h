// SPDX-License-Identifier: Apache-2.0
/* What holds for every verdict of a lane, whatever was sent to it. */
#ifndef TESTS_FUZZ_LANE_CHECK_H
#define TESTS_FUZZ_LANE_CHECK_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/lane.h"

static inline void demand(bool holds)
{
    if (!holds)
        abort();
}

/* A sanitizer sees what cannot be read. */
static inline void read_all(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    demand(copy != NULL && (len == 0 || bytes != NULL));
    if (len > 0)
        memcpy(copy, bytes, len);
    free(copy);
}

static inline void check_detail(const char *detail)
{
    size_t len = strnlen(detail, OBSERVATION_DETAIL);
    demand(len < OBSERVATION_DETAIL);
    for (size_t i = 0; i < len; i++)
        demand(detail[i] >= 0x20 && detail[i] < 0x7F);
}

static inline void check_chain(const struct chain *chain)
{
    demand(chain->cert_count > 0 && chain->cert_count <= CHAIN_MAX_CERTS);
    for (size_t i = 0; i < chain->cert_count; i++) {
        demand(chain->certs[i].len > 0);
        read_all(chain->certs[i].bytes, chain->certs[i].len);
    }
    const struct raw *const raws[] = {&chain->ocsp_response, &chain->sct_list, &chain->ca_names};
    for (size_t i = 0; i < 3; i++) {
        demand((raws[i]->bytes == NULL) == (raws[i]->len == 0));
        demand(raws[i]->bytes == NULL || chain->extras != NULL);
        read_all(raws[i]->bytes, raws[i]->len);
    }
    demand(chain->client_certificate <= REQUEST_SEEN);
    demand(chain->tls_version >= 0x0300 && chain->tls_version <= 0x0304);
}

static inline void check_verdict(enum lane_verdict verdict, const struct lane_result *result)
{
    demand((verdict == LANE_CHAIN) == (result->chain.certs != NULL));
    if (verdict == LANE_MORE)
        return;
    demand((verdict == LANE_CHAIN) == (result->outcome == OUTCOME_CERTIFICATE));
    check_detail(result->detail);
    demand((verdict == LANE_CHAIN) == (result->detail[0] == '\0'));
    demand(result->outcome != OUTCOME_LOCAL_ERROR);
    if (verdict == LANE_CHAIN)
        check_chain(&result->chain);
}

/* How bytes were cut into pieces changes nothing about what they say. */
static inline void check_same(enum lane_verdict a, const struct lane_result *of_a, enum lane_verdict b,
                              const struct lane_result *of_b)
{
    demand(a == b && of_a->chain.cert_count == of_b->chain.cert_count);
    if (a == LANE_MORE)
        return;
    demand(of_a->outcome == of_b->outcome && strcmp(of_a->detail, of_b->detail) == 0);
    for (size_t i = 0; i < of_a->chain.cert_count; i++) {
        demand(of_a->chain.certs[i].len == of_b->chain.certs[i].len);
        demand(memcmp(of_a->chain.certs[i].sha256, of_b->chain.certs[i].sha256, SHA256_SIZE) == 0);
    }
    demand(of_a->chain.tls_version == of_b->chain.tls_version);
    demand(of_a->chain.cipher_suite == of_b->chain.cipher_suite);
}

#endif
