// layers: scanner
// SPDX-License-Identifier: Apache-2.0
/* What a server sends, to the full lane: the first byte says in which pieces it comes. A verdict must be
 * whole: a chain with certificates whose bytes can be read, or an outcome with a printable detail. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/classify.h"
#include "scanner/lane_full.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tls_crypto *crypto;
static struct lane_full_context *context; /* made once: it costs more than a hundred inputs */

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_detail(const char *detail)
{
    size_t len = strnlen(detail, OBSERVATION_DETAIL);
    demand(len < OBSERVATION_DETAIL);
    for (size_t i = 0; i < len; i++)
        demand(detail[i] >= 0x20 && detail[i] < 0x7F);
}

static void check(enum lane_verdict verdict, struct lane_result *result)
{
    demand((verdict == LANE_CHAIN) == (result->chain.cert_count > 0));
    demand(result->chain.cert_count <= CHAIN_MAX_CERTS);
    for (size_t i = 0; i < result->chain.cert_count; i++) {
        const struct der *cert = &result->chain.certs[i];
        uint8_t *copy = malloc(cert->len);
        demand(cert->len > 0 && copy != NULL);
        memcpy(copy, cert->bytes, cert->len); /* a sanitizer sees what cannot be read */
        free(copy);
    }
    demand(verdict != LANE_END || result->outcome != OUTCOME_CERTIFICATE);
    check_detail(result->detail);
    chain_dispose(&result->chain);
}

static void converse(const uint8_t *data, size_t size, size_t piece)
{
    struct buf out = {.max = (size_t)1 << 20};
    struct lane_result result = {.outcome = OUTCOME_CERTIFICATE};
    struct lane_full *lane = lane_full_begin(context, KEY_FAMILY_ANY, "www.example");
    demand(lane != NULL);
    enum lane_verdict verdict = lane_full_step(lane, NULL, 0, &out, &result);
    for (size_t at = 0; at < size && verdict == LANE_MORE; at += piece)
        verdict = lane_full_step(lane, data + at, size - at < piece ? size - at : piece, &out, &result);
    demand(out.err == CS_OK);
    check(verdict, &result);
    lane_full_free(lane);
    buf_dispose(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char detail[OBSERVATION_DETAIL];
    struct diag diag;
    if (size == 0)
        return 0;
    if (context == NULL)
        demand(tls_crypto_new(&crypto, &diag) == CS_OK &&
               lane_full_context_new(&context, crypto, &diag) == CS_OK);
    size_t piece = data[0] == 0 ? size : data[0];
    data++;
    size--;
    classify_describe(detail, data, size);
    check_detail(detail);
    if (classify_is_tls(data, size))
        converse(data, size, piece);
    return 0;
}
