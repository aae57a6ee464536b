// SPDX-License-Identifier: Apache-2.0
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void diag_set(struct diag *diag, const char *format, ...)
{
    if (diag == NULL)
        return;
    va_list args;
    va_start(args, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): a false alarm, va_start is right above */
    vsnprintf(diag->text, sizeof diag->text, format, args);
    va_end(args);
}

void diag_prefix(struct diag *diag, const char *format, ...)
{
    if (diag == NULL)
        return;
    char prefix[sizeof diag->text / 2];
    va_list args;
    va_start(args, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): a false alarm, va_start is right above */
    vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);

    char whole[sizeof diag->text * 2];
    snprintf(whole, sizeof whole, "%s: %s", prefix, diag->text);
    memcpy(diag->text, whole, sizeof diag->text - 1);
    diag->text[sizeof diag->text - 1] = '\0';
}
