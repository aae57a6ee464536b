// layers: scanner
// SPDX-License-Identifier: Apache-2.0
/* The Certificate message: first byte even = up to TLS 1.2, odd = TLS 1.3; the rest is its body. */
#include <stdlib.h>
#include <string.h>

#include "scanner/cert_list.h"
#include "scanner/classify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool no_hash(void *context, const uint8_t *bytes, size_t len, uint8_t out[SHA256_SIZE])
{
    (void)context;
    memset(out, len > 0 ? bytes[len - 1] : 0, SHA256_SIZE); /* touches the last byte it was given */
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chain chain = {0};
    char detail[OBSERVATION_DETAIL];
    if (size == 0)
        return 0;
    classify_describe(detail, data, size);
    for (const char *at = detail; *at != '\0'; at++) {
        if (*at < 0x20 || *at > 0x7E)
            abort();
    }
    if (cert_list_parse(&chain, (struct cursor){data + 1, size - 1}, (data[0] & 1) != 0, no_hash, NULL,
                        NULL) != CS_OK)
        return 0;
    if (chain.cert_count == 0 || chain.cert_count > CHAIN_MAX_CERTS)
        abort();
    size_t total = 0;
    for (size_t i = 0; i < chain.cert_count; i++)
        total += chain.certs[i].len;
    if (total > size)
        abort();
    chain_dispose(&chain);
    return 0;
}
