// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_bytes(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text_lower(a[i]) != text_lower(b[i]))
            return false;
    }
    return true;
}

bool text_equals(const char *a, const char *b)
{
    size_t len = strlen(a);
    return len == strlen(b) && same_bytes(a, b, len);
}

bool text_starts_with(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strlen(text) >= len && same_bytes(text, prefix, len);
}

bool text_ends_with(const char *text, const char *suffix)
{
    size_t text_len = strlen(text);
    size_t len = strlen(suffix);
    return text_len >= len && same_bytes(text + text_len - len, suffix, len);
}

bool text_contains(const char *text, const char *part)
{
    size_t text_len = strlen(text);
    size_t len = strlen(part);
    for (size_t at = 0; at + len <= text_len; at++) {
        if (same_bytes(text + at, part, len))
            return true;
    }
    return false;
}

int text_compare(const char *a, const char *b)
{
    while (*a != '\0' && text_lower(*a) == text_lower(*b)) {
        a++;
        b++;
    }
    return (int)(unsigned char)text_lower(*a) - (int)(unsigned char)text_lower(*b);
}

bool text_in_domain(const char *name, const char *domain)
{
    if (domain[0] == '.')
        domain++;
    size_t name_len = strlen(name);
    size_t len = strlen(domain);
    if (len == 0 || name_len < len || !same_bytes(name + name_len - len, domain, len))
        return false;
    return name_len == len || name[name_len - len - 1] == '.';
}

char *text_copy_n(const char *text, size_t len)
{
    char *copy = malloc(len + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *text_copy(const char *text)
{
    return text != NULL ? text_copy_n(text, strlen(text)) : NULL;
}

enum cs_err text_to_u64(const char *text, size_t len, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (len == 0)
        return CS_E_INVALID;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return CS_E_INVALID;
        unsigned digit = (unsigned)(text[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return CS_E_INVALID;
        value = value * 10 + digit;
    }
    if (value > max)
        return CS_E_INVALID;
    *out = value;
    return CS_OK;
}

size_t utf8_length(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    uint8_t first = bytes[0];
    if (first < 0x80)
        return 1;
    size_t need = first >= 0xC2 && first <= 0xDF   ? 2
                  : (first & 0xF0) == 0xE0         ? 3
                  : first >= 0xF0 && first <= 0xF4 ? 4
                                                   : 0;
    if (need == 0 || len < need)
        return 0;
    for (size_t i = 1; i < need; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    }
    bool overlong = (first == 0xE0 && bytes[1] < 0xA0) || (first == 0xF0 && bytes[1] < 0x90);
    bool surrogate = first == 0xED && bytes[1] >= 0xA0;
    bool beyond = first == 0xF4 && bytes[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : need;
}

static bool is_control(const uint8_t *bytes, size_t char_len)
{
    return (char_len == 1 && (bytes[0] < 0x20 || bytes[0] == 0x7F)) ||
           (char_len == 2 && bytes[0] == 0xC2 && bytes[1] < 0xA0);
}

/* U+200E..F, U+202A..E, U+2066..9: they reorder what a terminal shows */
static bool is_bidi_control(const uint8_t *bytes, size_t char_len)
{
    if (char_len != 3 || bytes[0] != 0xE2)
        return false;
    return (bytes[1] == 0x80 &&
            (bytes[2] == 0x8E || bytes[2] == 0x8F || (bytes[2] >= 0xAA && bytes[2] <= 0xAE))) ||
           (bytes[1] == 0x81 && bytes[2] >= 0xA6 && bytes[2] <= 0xA9);
}

void text_append_printable(struct buf *out, const char *text, size_t len)
{
    const uint8_t *bytes = (const uint8_t *)text;
    for (size_t i = 0; i < len;) {
        size_t plain = i;
        while (plain < len && bytes[plain] >= 0x20 && bytes[plain] < 0x7F)
            plain++;
        buf_append(out, bytes + i, plain - i);
        i = plain;
        if (i == len)
            break;
        size_t char_len = utf8_length(bytes + i, len - i);
        if (char_len == 0 || is_control(bytes + i, char_len) || is_bidi_control(bytes + i, char_len)) {
            size_t escaped = char_len == 0 ? 1 : char_len;
            for (size_t k = 0; k < escaped; k++)
                buf_printf(out, "\\x%02x", bytes[i + k]);
            i += escaped;
        } else {
            buf_append(out, bytes + i, char_len);
            i += char_len;
        }
    }
}

void text_append_shell_word(struct buf *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        buf_append_str(out, text);
        return;
    }
    buf_append_char(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_append_str(out, "'\\''");
        else
            buf_append_char(out, *text);
    }
    buf_append_char(out, '\'');
}

char *text_printable(char *out, size_t out_size, const char *text)
{
    struct buf safe = {0};
    text_append_printable(&safe, text, strlen(text));
    size_t len = safe.len;
    if (len >= out_size) {
        len = out_size > 4 ? out_size - 4 : 0;
        while (len > 0 && (safe.data[len] & 0xC0) == 0x80)
            len--; /* cut between characters */
    }
    if (len > 0)
        memcpy(out, safe.data, len);
    memcpy(out + len, safe.len >= out_size && out_size > 4 ? "..." : "",
           safe.len >= out_size && out_size > 4 ? 4 : 1);
    buf_dispose(&safe);
    return out;
}

void utf8_append_clean(struct buf *out, const char *text, size_t len)
{
    const uint8_t *bytes = (const uint8_t *)text;
    for (size_t i = 0; i < len;) {
        size_t char_len = utf8_length(bytes + i, len - i);
        if (char_len == 0) {
            buf_append(out, "\xEF\xBF\xBD", 3);
            i++;
        } else {
            buf_append(out, bytes + i, char_len);
            i += char_len;
        }
    }
}

size_t utf8_columns(const char *text)
{
    size_t columns = 0;
    for (; *text != '\0'; text++)
        columns += ((unsigned char)*text & 0xC0) != 0x80;
    return columns;
}

void hex_encode(char *out, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = text_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(uint8_t *out, size_t out_len, const char *text, size_t text_len)
{
    if (text_len != 2 * out_len)
        return false;
    for (size_t i = 0; i < out_len; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
