// SPDX-License-Identifier: Apache-2.0
#include "model/owner.h"

#include <string.h>

#include "base/text.h"

/* One name up to an unescaped slash or the end, trimmed. Returns where it stopped, NULL if it is too long. */
static const char *take_name(const char *at, char *out)
{
    size_t len = 0;
    while (*at == ' ')
        at++;
    for (; *at != '\0' && *at != '/'; at++) {
        if (*at == '\\' && (at[1] == '/' || at[1] == '\\'))
            at++;
        if (len == OWNER_MAX_NAME)
            return NULL;
        out[len++] = *at;
    }
    while (len > 0 && out[len - 1] == ' ')
        len--;
    out[len] = '\0';
    return at;
}

static enum cs_err check_name(const char *name, const char *what, struct diag *diag)
{
    if (name[0] == '\0')
        return diag_fail(diag, CS_E_INVALID,
                         "the %s name is empty; expected ORGANIZATION or ORGANIZATION/DEPARTMENT", what);
    struct buf printable = {0};
    text_append_printable(&printable, name, strlen(name));
    bool clean = printable.len == strlen(name);
    buf_dispose(&printable);
    if (!clean)
        return diag_fail(diag, CS_E_INVALID, "the %s name has control characters or is not UTF-8", what);
    return CS_OK;
}

enum cs_err owner_parse(struct owner_name *out, const char *text, struct diag *diag)
{
    *out = (struct owner_name){0};
    const char *at = take_name(text, out->organization);
    if (at != NULL && *at == '/') {
        at = take_name(at + 1, out->department);
        if (at != NULL && *at == '/')
            return diag_fail(diag, CS_E_INVALID,
                             "an owner has one slash at most; write \\/ for a slash inside a name");
        if (at != NULL) {
            enum cs_err err = check_name(out->department, "department", diag);
            if (err != CS_OK)
                return err;
        }
    }
    if (at == NULL)
        return diag_fail(diag, CS_E_INVALID, "a name is longer than %d bytes", OWNER_MAX_NAME);
    return check_name(out->organization, "organization", diag);
}

static void append_name(struct buf *out, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '/' || *name == '\\')
            buf_append_char(out, '\\');
        buf_append_char(out, *name);
    }
}

void owner_append(struct buf *out, const char *organization, const char *department)
{
    append_name(out, organization);
    if (department != NULL && department[0] != '\0') {
        buf_append_char(out, '/');
        append_name(out, department);
    }
}
