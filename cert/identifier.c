// SPDX-License-Identifier: Apache-2.0
#include "cert/identifier.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static bool is_hex(char c)
{
    c = text_lower(c);
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Digits alone, lower-case. False: anything but hex, colons and blanks is in it, or too much. */
static bool hex_digits(char *out, size_t size, const char *text)
{
    size_t len = 0;
    if (text[0] == '0' && text_lower(text[1]) == 'x')
        text += 2;
    for (; *text != '\0'; text++) {
        if (*text == ':' || *text == ' ')
            continue;
        if (!is_hex(*text) || len + 1 >= size)
            return false;
        out[len++] = text_lower(*text);
    }
    out[len] = '\0';
    return len > 0;
}

bool cert_serial_parse(char *out, size_t size, const char *text)
{
    char digits[264];
    if (text == NULL || !hex_digits(digits, sizeof digits, text))
        return false;
    const char *first = digits + strspn(digits, "0");
    size_t len = strlen(first);
    if (len == 0 || len + len % 2 + 1 > size)
        return false;
    snprintf(out, size, "%s%s", len % 2 == 1 ? "0" : "", first);
    return true;
}

bool cert_hash_parse(uint8_t *out, size_t len, const char *text)
{
    char digits[80];
    return text != NULL && hex_digits(digits, sizeof digits, text) &&
           hex_decode(out, len, digits, strlen(digits));
}
