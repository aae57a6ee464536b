// layers: cert
// SPDX-License-Identifier: Apache-2.0
/* PEM text of roots, and a chain of up to four certificates that is judged under them; each behind two bytes
 * of length. */
#include <stdlib.h>
#include <string.h>

#include "cert/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct raw next_part(const uint8_t *data, size_t size, size_t *at)
{
    struct raw part = {0};
    if (*at + 2 > size)
        return part;
    part.len = (size_t)data[*at] << 8 | data[*at + 1];
    *at += 2;
    part.len = part.len < size - *at ? part.len : size - *at;
    part.bytes = data + *at;
    *at += part.len;
    return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trust *trust;
    struct der certs[4] = {{0}};
    struct chain_verdict verdict;
    uint8_t version[SHA256_SIZE];
    size_t added;
    size_t count = 0;
    size_t at = 0;
    struct raw pem = next_part(data, size, &at);
    if (pem.bytes == NULL)
        return 0;
    if (trust_new(&trust) != CS_OK ||
        trust_add_pem(trust, (const char *)pem.bytes, pem.len, ROOT_OWN, &added) != CS_OK ||
        trust_version(trust, version) != CS_OK || trust_count(trust) > added)
        abort();
    while (count < 4 && at < size) {
        struct raw der = next_part(data, size, &at);
        if (der.bytes == NULL)
            break;
        certs[count] = (struct der){.bytes = der.bytes, .len = der.len, .sha256 = {(uint8_t)count}};
        count++;
    }
    if (trust_judge(trust, certs, count, 1800000000, &verdict) != CS_OK ||
        (verdict.known && trust_count(trust) == 0))
        abort();
    trust_free(trust);
    return 0;
}
