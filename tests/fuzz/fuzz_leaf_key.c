// layers: scanner
// SPDX-License-Identifier: Apache-2.0
/* A leaf certificate: where libcrypto reads one too, both find the same algorithm. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "scanner/leaf_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum key_family by_libcrypto(const uint8_t *data, size_t size)
{
    static const uint8_t pkcs1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01};
    enum key_family family = KEY_FAMILY_ANY;
    ASN1_OBJECT *algorithm;
    const uint8_t *at = data;
    X509 *cert = d2i_X509(NULL, &at, (long)size);
    if (cert != NULL &&
        X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(cert)) == 1) {
        size_t len = OBJ_length(algorithm);
        bool is_rsa = len == sizeof pkcs1 + 1 && memcmp(OBJ_get0_data(algorithm), pkcs1, sizeof pkcs1) == 0;
        family = is_rsa ? KEY_FAMILY_RSA : KEY_FAMILY_OTHER;
    }
    X509_free(cert);
    ERR_clear_error();
    return family;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum key_family found = leaf_key_family(data, size);
    enum key_family expected = by_libcrypto(data, size);
    if (found > KEY_FAMILY_OTHER)
        abort();
    if (found != KEY_FAMILY_ANY && expected != KEY_FAMILY_ANY && found != expected)
        abort();
    return 0;
}
