// layers: scanner
// SPDX-License-Identifier: Apache-2.0
/* The body of a ServerHello: whatever is taken out of it lies in it. */
#include <stdlib.h>
#include <string.h>

#include "scanner/server_hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void lies_within(struct cursor part, const uint8_t *data, size_t size)
{
    if (part.at == NULL ? part.left > 0 : part.at < data || part.left > size - (size_t)(part.at - data))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct server_hello hello;
    memset(&hello, 0xEE, sizeof hello); /* nothing of it may be left */
    enum cs_err err = server_hello_parse(&hello, (struct cursor){data, size});
    if (err != CS_OK) {
        if (err != CS_E_MALFORMED)
            abort();
        return 0;
    }
    lies_within(hello.share, data, size);
    lies_within(hello.cookie, data, size);
    lies_within(hello.scts, data, size);
    if (size < 2 + TLS_RANDOM + 1 + 2 + 1 || (hello.is_retry && hello.version != TLS_VERSION_1_3) ||
        (!hello.has_key_share && (hello.group != 0 || hello.share.at != NULL)))
        abort();
    return 0;
}
