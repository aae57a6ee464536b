// SPDX-License-Identifier: Apache-2.0
#include "cert/digest.h"

#include <openssl/evp.h>

enum cs_err cert_sha1(uint8_t out[SHA1_SIZE], const uint8_t *der, size_t der_len)
{
    unsigned len = 0;
    return EVP_Digest(der, der_len, out, &len, EVP_sha1(), NULL) == 1 && len == SHA1_SIZE ? CS_OK
                                                                                          : CS_E_NOMEM;
}
