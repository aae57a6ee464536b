// SPDX-License-Identifier: Apache-2.0
/* Whose certificate it is: an organization, or an organization and one of its departments. Written
 * ORG or ORG/DEPARTMENT; `\/` is a slash inside a name and `\\` a backslash. */
#ifndef MODEL_OWNER_H
#define MODEL_OWNER_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"

#define OWNER_MAX_NAME 128 /* bytes, as in SCM */

struct owner_name {
    char organization[OWNER_MAX_NAME + 1];
    char department[OWNER_MAX_NAME + 1]; /* "" = none */
};

/* Names are trimmed, non-empty, valid UTF-8 without control characters. CS_E_INVALID with a reason in `diag`.
 */
CS_MUST_USE enum cs_err owner_parse(struct owner_name *out, const char *text, struct diag *diag);

/* Appends the written form; department NULL or "" = none. */
void owner_append(struct buf *out, const char *organization, const char *department);

#endif
