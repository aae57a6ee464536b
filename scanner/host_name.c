// SPDX-License-Identifier: Apache-2.0
#include "scanner/host_name.h"

#include <idn2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MAX_INPUT 1024 /* bytes of UTF-8; far above any name that fits the DNS */

static bool is_label(const char *label, size_t len)
{
    if (len == 0 || len > 63 || label[0] == '-' || label[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = label[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!plain)
            return false;
    }
    return true;
}

bool host_name_is_normal(const char *name)
{
    size_t len = 0;
    if (strlen(name) > ENDPOINT_MAX_NAME)
        return false;
    const char *label = name;
    for (;; label += len + 1) {
        len = strcspn(label, ".");
        if (!is_label(label, len))
            return false;
        if (label[len] == '\0')
            break;
    }
    /* a last label of digits alone is a mistyped address, never a top-level domain (RFC 3696, section 2) */
    return strspn(label, "0123456789") != len;
}

enum cs_err host_name_normalize(char out[ENDPOINT_MAX_NAME + 1], const char *text, size_t len,
                                struct diag *diag)
{
    char copy[MAX_INPUT + 1];
    char shown[80];
    if (len > 0 && text[len - 1] == '.')
        len--;
    if (len == 0 || len > MAX_INPUT || memchr(text, '\0', len) != NULL)
        return diag_fail(diag, CS_E_INVALID, "a host name is empty or too long");
    memcpy(copy, text, len);
    copy[len] = '\0';

    char *ascii = NULL;
    int rc = idn2_to_ascii_8z(copy, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (rc != IDN2_OK) {
        idn2_free(ascii);
        return diag_fail(diag, CS_E_INVALID, "\"%s\" is no address, range or host name (%s)",
                         text_printable(shown, sizeof shown, copy), idn2_strerror(rc));
    }
    size_t ascii_len = strlen(ascii);
    bool fits = ascii_len <= ENDPOINT_MAX_NAME;
    for (size_t i = 0; fits && i <= ascii_len; i++)
        out[i] = text_lower(ascii[i]);
    idn2_free(ascii);
    if (!fits || !host_name_is_normal(out))
        return diag_fail(diag, CS_E_INVALID, "\"%s\" is no address, range or host name",
                         text_printable(shown, sizeof shown, copy));
    return CS_OK;
}
