// SPDX-License-Identifier: Apache-2.0
/* Two passes with one cursor: the first checks every length and counts, the second copies into one
 * allocation. */
#include "scanner/cert_list.h"

#include <stdlib.h>
#include <string.h>

static bool take_list(struct cursor body, bool is_tls13, struct cursor *list)
{
    struct cursor request_context;
    if (is_tls13 && !cursor_vector(&body, 1, &request_context))
        return false;
    return cursor_vector(&body, 3, list) && body.left == 0;
}

static bool take_certificate(struct cursor *list, bool is_tls13, struct cursor *der,
                             struct cursor *extensions)
{
    *extensions = (struct cursor){NULL, 0};
    if (!cursor_vector(list, 3, der) || der->left == 0)
        return false;
    return !is_tls13 || cursor_vector(list, 2, extensions);
}

static enum cs_err count(struct cursor list, bool is_tls13, size_t *certs, size_t *bytes)
{
    struct cursor der;
    struct cursor extensions;
    *certs = 0;
    *bytes = 0;
    while (list.left > 0) {
        if (!take_certificate(&list, is_tls13, &der, &extensions))
            return CS_E_MALFORMED;
        if (++*certs > CHAIN_MAX_CERTS)
            return CS_E_LIMIT;
        *bytes += der.left;
    }
    return *certs > 0 ? CS_OK : CS_E_MALFORMED;
}

enum cs_err cert_list_parse(struct chain *out, struct cursor body, bool is_tls13, cert_list_hash hash,
                            void *hash_context, struct cursor *leaf_extensions)
{
    struct cursor list;
    struct cursor der;
    struct cursor extensions;
    size_t certs;
    size_t bytes;
    if (!take_list(body, is_tls13, &list))
        return CS_E_MALFORMED;
    enum cs_err err = count(list, is_tls13, &certs, &bytes);
    if (err != CS_OK)
        return err;
    struct der *array = malloc(certs * sizeof *array + bytes);
    if (array == NULL)
        return CS_E_NOMEM;
    uint8_t *room = (uint8_t *)(array + certs);
    for (size_t i = 0; i < certs && take_certificate(&list, is_tls13, &der, &extensions); i++) {
        array[i].bytes = memcpy(room, der.at, der.left);
        array[i].len = der.left;
        room += der.left;
        if (i == 0 && leaf_extensions != NULL)
            *leaf_extensions = extensions;
        if (!hash(hash_context, array[i].bytes, array[i].len, array[i].sha256)) {
            free(array);
            return CS_E_NOMEM;
        }
    }
    out->certs = array;
    out->cert_count = certs;
    return CS_OK;
}
