// SPDX-License-Identifier: Apache-2.0
/* Two passes with one cursor: the first checks every length and counts, the second copies into one
 * allocation. */
#include "scanner/cert_list.h"

#include <stdlib.h>
#include <string.h>

struct cursor {
    const uint8_t *at;
    size_t left;
};

/* A vector with a length of `length_bytes` before it; false if it does not fit. */
static bool take_vector(struct cursor *from, unsigned length_bytes, struct cursor *out)
{
    size_t len = 0;
    if (from->left < length_bytes)
        return false;
    for (unsigned i = 0; i < length_bytes; i++)
        len = len << 8 | from->at[i];
    if (from->left - length_bytes < len)
        return false;
    *out = (struct cursor){from->at + length_bytes, len};
    from->at += length_bytes + len;
    from->left -= length_bytes + len;
    return true;
}

static bool take_list(struct cursor body, bool is_tls13, struct cursor *list)
{
    struct cursor request_context;
    if (is_tls13 && !take_vector(&body, 1, &request_context))
        return false;
    return take_vector(&body, 3, list) && body.left == 0;
}

static bool take_certificate(struct cursor *list, bool is_tls13, struct cursor *der)
{
    struct cursor extensions;
    if (!take_vector(list, 3, der) || der->left == 0)
        return false;
    return !is_tls13 || take_vector(list, 2, &extensions);
}

static enum cs_err count(struct cursor list, bool is_tls13, size_t *certs, size_t *bytes)
{
    struct cursor der;
    *certs = 0;
    *bytes = 0;
    while (list.left > 0) {
        if (!take_certificate(&list, is_tls13, &der))
            return CS_E_MALFORMED;
        if (++*certs > CHAIN_MAX_CERTS)
            return CS_E_LIMIT;
        *bytes += der.left;
    }
    return *certs > 0 ? CS_OK : CS_E_MALFORMED;
}

enum cs_err cert_list_parse(struct chain *out, const uint8_t *body, size_t len, bool is_tls13,
                            cert_list_hash hash, void *hash_context)
{
    struct cursor list;
    struct cursor der;
    size_t certs;
    size_t bytes;
    if (!take_list((struct cursor){body, len}, is_tls13, &list))
        return CS_E_MALFORMED;
    enum cs_err err = count(list, is_tls13, &certs, &bytes);
    if (err != CS_OK)
        return err;
    struct der *array = malloc(certs * sizeof *array + bytes);
    if (array == NULL)
        return CS_E_NOMEM;
    uint8_t *room = (uint8_t *)(array + certs);
    for (size_t i = 0; i < certs && take_certificate(&list, is_tls13, &der); i++) {
        array[i].bytes = memcpy(room, der.at, der.left);
        array[i].len = der.left;
        room += der.left;
        if (!hash(hash_context, array[i].bytes, array[i].len, array[i].sha256)) {
            free(array);
            return CS_E_NOMEM;
        }
    }
    out->certs = array;
    out->cert_count = certs;
    return CS_OK;
}
