// SPDX-License-Identifier: Apache-2.0
#include "scanner/leaf_key.h"

#include <string.h>

#include "base/cursor.h"

enum der_tag {
    DER_OID = 0x06,
    DER_SEQUENCE = 0x30,
    DER_VERSION = 0xA0, /* [0] EXPLICIT */
};

/* pkcs-1 without its last arc, which is 1 for rsaEncryption and 10 for id-RSASSA-PSS. */
static const uint8_t pkcs1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01};

/* One element: tag, definite length of up to three bytes, content. */
static bool take_element(struct cursor *from, uint8_t *tag, struct cursor *content)
{
    uint8_t first;
    uint32_t len;
    if (!cursor_u8(from, tag) || !cursor_u8(from, &first))
        return false;
    len = first;
    if (first > 0x83 || first == 0x80)
        return false;
    if (first > 0x80 && !cursor_number(from, first & 0x7Fu, &len))
        return false;
    return cursor_bytes(from, len, content);
}

static bool enter(struct cursor *from, uint8_t wanted, struct cursor *content)
{
    uint8_t tag;
    return take_element(from, &tag, content) && tag == wanted;
}

static bool skip(struct cursor *from, unsigned count)
{
    uint8_t tag;
    struct cursor content;
    for (; count > 0; count--) {
        if (!take_element(from, &tag, &content))
            return false;
    }
    return true;
}

enum key_family leaf_key_family(const uint8_t *der, size_t len)
{
    struct cursor at = {der, len};
    struct cursor certificate;
    struct cursor body;
    struct cursor key;
    struct cursor algorithm;
    struct cursor oid;
    bool found = enter(&at, DER_SEQUENCE, &certificate) && enter(&certificate, DER_SEQUENCE, &body);
    if (found && body.left > 0 && body.at[0] == DER_VERSION)
        found = skip(&body, 1);
    /* serialNumber, signature, issuer, validity, subject */
    found = found && skip(&body, 5) && enter(&body, DER_SEQUENCE, &key) &&
            enter(&key, DER_SEQUENCE, &algorithm) && enter(&algorithm, DER_OID, &oid);
    if (!found)
        return KEY_FAMILY_ANY;
    bool is_pkcs1 = oid.left == sizeof pkcs1 + 1 && memcmp(oid.at, pkcs1, sizeof pkcs1) == 0;
    return is_pkcs1 ? KEY_FAMILY_RSA : KEY_FAMILY_OTHER;
}
