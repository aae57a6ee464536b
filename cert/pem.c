// SPDX-License-Identifier: Apache-2.0
#include "cert/pem.h"

#include <string.h>

static const char begin_line[] = "-----BEGIN CERTIFICATE-----";
static const char end_line[] = "-----END CERTIFICATE-----";

static const char *find(const char *text, size_t len, const char *wanted)
{
    size_t wanted_len = strlen(wanted);
    for (size_t i = 0; i + wanted_len <= len; i++) {
        if (text[i] == wanted[0] && memcmp(text + i, wanted, wanted_len) == 0)
            return text + i;
    }
    return NULL;
}

static int value_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* A spreadsheet or JSON may have left "\n" as two characters: they are no digits, and are passed over. */
static bool is_space(const char *text, size_t at, size_t len, size_t *step)
{
    char c = text[at];
    *step = 1;
    if (c == '\\' && at + 1 < len && (text[at + 1] == 'n' || text[at + 1] == 'r'))
        *step = 2;
    return *step == 2 || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool decode(struct buf *der, const char *text, size_t len)
{
    uint32_t bits = 0;
    unsigned count = 0;
    unsigned padding = 0;
    size_t step;
    for (size_t i = 0; i < len; i += step) {
        if (is_space(text, i, len, &step))
            continue;
        int value = value_of(text[i]);
        padding += text[i] == '=';
        if ((value < 0 && text[i] != '=') || (value >= 0 && padding > 0))
            return false;
        bits = bits << 6 | (value >= 0 ? (uint32_t)value : 0);
        if (++count % 4 == 0) {
            const uint8_t bytes[] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
            buf_append(der, bytes, padding < 3 ? 3 - padding : 0);
        }
    }
    return count % 4 == 0 && padding <= 2 && der->len > 0;
}

enum cs_err pem_next(const char **at, size_t *left, struct buf *der, bool *more)
{
    buf_reset(der);
    der->max = PEM_MAX_DER;
    const char *begin = find(*at, *left, begin_line);
    *more = begin != NULL;
    if (begin == NULL)
        return CS_OK;
    begin += sizeof begin_line - 1;
    *left -= (size_t)(begin - *at);
    *at = begin;
    const char *end = find(*at, *left, end_line);
    if (end == NULL || !decode(der, begin, (size_t)(end - begin)) || der->err == CS_E_LIMIT)
        return der->err == CS_E_NOMEM ? CS_E_NOMEM : CS_E_MALFORMED;
    *left -= (size_t)(end - *at);
    *at = end;
    return der->err;
}
