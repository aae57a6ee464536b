// SPDX-License-Identifier: Apache-2.0
#include "scanner/target_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scanner/host_name.h"

static enum cs_err quote(struct diag *diag, const char *text, size_t len, const char *reason)
{
    char shown[80];
    char *copy = text_copy_n(text, len);
    diag_set(diag, "\"%s\": %s", copy != NULL ? text_printable(shown, sizeof shown, copy) : "", reason);
    free(copy);
    return CS_E_INVALID;
}

/* Written with nothing but what addresses are made of: then a person meant an address. */
static bool looks_like_address(const char *text, size_t len)
{
    bool has_digit = false;
    for (size_t i = 0; i < len; i++) {
        char c = text_lower(text[i]);
        if (c == '/' || c == ':')
            return true;
        if ((c < '0' || c > '9') && c != '.' && c != '-')
            return false;
        has_digit |= c >= '0' && c <= '9';
    }
    return has_digit;
}

static enum cs_err parse_host(struct target_text *out, const char *text, size_t len, bool bracketed,
                              struct diag *diag)
{
    const char *reason;
    out->is_range = ip_range_parse(text, len, &out->range, &reason) == CS_OK;
    if (out->is_range)
        return CS_OK;
    if (bracketed || looks_like_address(text, len))
        return quote(diag, text, len, reason);
    return host_name_normalize(out->name, text, len, diag);
}

static enum cs_err parse_port(struct target_text *out, const char *whole, size_t whole_len, const char *port,
                              size_t len, struct diag *diag)
{
    enum cs_err err = port_entry_parse(&out->port, port, len, diag);
    char shown[80];
    char *copy = text_copy_n(whole, whole_len);
    if (err != CS_OK && copy != NULL)
        diag_prefix(diag, "\"%s\"", text_printable(shown, sizeof shown, copy));
    free(copy);
    out->has_port = err == CS_OK;
    return err;
}

static enum cs_err parse_bracketed(struct target_text *out, const char *text, size_t len, struct diag *diag)
{
    const char *close = memchr(text, ']', len);
    if (close == NULL)
        return quote(diag, text, len, "a \"[\" without \"]\"");
    enum cs_err err = parse_host(out, text + 1, (size_t)(close - text - 1), true, diag);
    const char *rest = close + 1;
    size_t rest_len = len - (size_t)(rest - text);
    if (err != CS_OK || rest_len == 0)
        return err;
    if (rest[0] != ':')
        return quote(diag, text, len, "expected :PORT behind \"]\"");
    return parse_port(out, text, len, rest + 1, rest_len - 1, diag);
}

enum cs_err target_text_parse(struct target_text *out, const char *text, size_t len, struct diag *diag)
{
    *out = (struct target_text){0};
    if (len == 0)
        return diag_fail(diag, CS_E_INVALID, "an empty target");
    if (memchr(text, '\0', len) != NULL)
        return diag_fail(diag, CS_E_INVALID, "a target with a NUL byte");
    if (text[0] == '[')
        return parse_bracketed(out, text, len, diag);
    const char *colon = memchr(text, ':', len);
    bool one_colon = colon != NULL && memchr(colon + 1, ':', len - (size_t)(colon + 1 - text)) == NULL;
    if (!one_colon) /* none, or an IPv6 address without port */
        return parse_host(out, text, len, false, diag);
    enum cs_err err = parse_host(out, text, (size_t)(colon - text), false, diag);
    return err == CS_OK ? parse_port(out, text, len, colon + 1, len - (size_t)(colon + 1 - text), diag) : err;
}
