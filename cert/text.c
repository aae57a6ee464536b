// SPDX-License-Identifier: Apache-2.0
#include <stdbool.h>
#include <stdlib.h>

#include <openssl/asn1.h>

#include "base/buf.h"
#include "base/text.h"
#include "cert/openssl.h"

static void append_character(struct buf *out, uint32_t c)
{
    bool valid = c != 0 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
    if (!valid)
        c = 0xFFFD;
    if (c < 0x80) {
        buf_append_char(out, (char)c);
    } else if (c < 0x800) {
        buf_append_char(out, (char)(0xC0 | c >> 6));
        buf_append_char(out, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        buf_append_char(out, (char)(0xE0 | c >> 12));
        buf_append_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_append_char(out, (char)(0x80 | (c & 0x3F)));
    } else {
        buf_append_char(out, (char)(0xF0 | c >> 18));
        buf_append_char(out, (char)(0x80 | (c >> 12 & 0x3F)));
        buf_append_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_append_char(out, (char)(0x80 | (c & 0x3F)));
    }
}

/* BMPString: UTF-16, big-endian (surrogate pairs are met in the wild); UniversalString: UTF-32, big-endian.
 */
static void append_wide(struct buf *out, const unsigned char *bytes, size_t len, unsigned width)
{
    for (size_t i = 0; i + width <= len; i += width) {
        uint32_t c = 0;
        for (unsigned k = 0; k < width; k++)
            c = c << 8 | bytes[i + k];
        bool is_high = width == 2 && c >= 0xD800 && c < 0xDC00 && i + 4 <= len;
        uint32_t low = is_high ? (uint32_t)bytes[i + 2] << 8 | bytes[i + 3] : 0;
        if (low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            i += 2;
        }
        append_character(out, c);
    }
    if (len % width != 0)
        append_character(out, 0xFFFD);
}

static bool is_utf8(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t char_len = utf8_length(bytes + i, len - i);
        if (char_len == 0)
            return false;
        i += char_len;
    }
    return true;
}

static void append_utf8(struct buf *out, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t char_len = utf8_length(bytes + i, len - i);
        if (char_len == 0 || bytes[i] == 0) {
            append_character(out, 0xFFFD);
            i++;
        } else {
            buf_append(out, bytes + i, char_len);
            i += char_len;
        }
    }
}

static void append_latin1(struct buf *out, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        append_character(out, bytes[i]);
}

char *cert_clean_text(const unsigned char *bytes, size_t len)
{
    struct buf out = {0};
    append_utf8(&out, bytes, len);
    return buf_take_str(&out);
}

char *cert_text(const ASN1_STRING *string)
{
    struct buf out = {0};
    const unsigned char *bytes = ASN1_STRING_get0_data(string);
    size_t len = (size_t)ASN1_STRING_length(string);
    switch (ASN1_STRING_type(string)) {
    case V_ASN1_BMPSTRING:
        append_wide(&out, bytes, len, 2);
        break;
    case V_ASN1_UNIVERSALSTRING:
        append_wide(&out, bytes, len, 4);
        break;
    case V_ASN1_T61STRING: /* in practice ISO 8859-1, or UTF-8 under a wrong label */
        if (is_utf8(bytes, len))
            append_utf8(&out, bytes, len);
        else
            append_latin1(&out, bytes, len);
        break;
    default:
        append_utf8(&out, bytes, len);
    }
    return buf_take_str(&out);
}

void cert_oid(char *out, size_t out_size, const ASN1_OBJECT *object)
{
    if (OBJ_obj2txt(out, (int)out_size, object, 1) <= 0)
        out[0] = '\0';
}
