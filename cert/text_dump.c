// SPDX-License-Identifier: Apache-2.0
#include "cert/text_dump.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "cert/openssl.h"

enum cs_err cert_append_text(struct buf *out, const uint8_t *der, size_t der_len)
{
    const unsigned char *at = der;
    X509 *x509 = d2i_X509(NULL, &at, (long)der_len);
    BIO *bio = x509 != NULL ? BIO_new(BIO_s_mem()) : NULL;
    char *text;
    enum cs_err err = CS_E_MALFORMED;
    if (bio != NULL && X509_print(bio, x509) == 1) {
        long len = BIO_get_mem_data(bio, &text);
        buf_append(out, text, (size_t)len);
        err = out->err;
    }
    BIO_free(bio);
    X509_free(x509);
    ERR_clear_error();
    return err;
}

void cert_append_pem(struct buf *out, const uint8_t *der, size_t der_len)
{
    enum { LINE_BYTES = 48 }; /* 64 characters */
    unsigned char line[4 * LINE_BYTES / 3 + 1];
    buf_append_str(out, "-----BEGIN CERTIFICATE-----\n");
    for (size_t at = 0; at < der_len; at += LINE_BYTES) {
        size_t len = der_len - at < LINE_BYTES ? der_len - at : LINE_BYTES;
        EVP_EncodeBlock(line, der + at, (int)len);
        buf_printf(out, "%s\n", (const char *)line);
    }
    buf_append_str(out, "-----END CERTIFICATE-----\n");
}
