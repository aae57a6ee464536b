// SPDX-License-Identifier: Apache-2.0
#include "base/err.h"

const char *cs_err_text(enum cs_err err)
{
    switch (err) {
    case CS_OK:
        return "no error";
    case CS_E_NOMEM:
        return "out of memory";
    case CS_E_INVALID:
        return "invalid input";
    case CS_E_MALFORMED:
        return "malformed data";
    case CS_E_LIMIT:
        return "limit exceeded";
    case CS_E_NOT_FOUND:
        return "not found";
    case CS_E_EXISTS:
        return "exists already";
    case CS_E_IO:
        return "input/output error";
    case CS_E_BUSY:
        return "busy";
    case CS_E_FULL:
        return "no space left";
    case CS_E_CORRUPT:
        return "corrupt";
    case CS_E_NEWER:
        return "written by a newer version";
    case CS_E_READONLY:
        return "read-only";
    case CS_E_CANCELLED:
        return "cancelled";
    }
    return "unknown error";
}
