// SPDX-License-Identifier: Apache-2.0
/* The one error type. A refused connection or a server without TLS is not an error but an outcome
 * (model/outcome.h). */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define CS_MUST_USE         __attribute__((warn_unused_result))
#define CS_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))

enum cs_err {
    CS_OK = 0,
    CS_E_NOMEM,     /* an allocation failed */
    CS_E_INVALID,   /* the user's input is wrong; a diag says where, why and what is allowed (exit 2) */
    CS_E_MALFORMED, /* bytes of a peer or a file break their own format */
    CS_E_LIMIT,     /* more than a stated limit */
    CS_E_NOT_FOUND, /* what was named does not exist */
    CS_E_EXISTS,    /* what was to be made exists already */
    CS_E_IO,        /* the operating system refused */
    CS_E_BUSY,      /* somebody else held it for too long */
    CS_E_FULL,      /* no space left */
    CS_E_CORRUPT,   /* a database that is not one, or a damaged one */
    CS_E_NEWER,     /* written by a newer certscour */
    CS_E_READONLY,  /* may be read, not written */
    CS_E_CANCELLED, /* ended on request */
};

/* A short lower-case text, never NULL. */
const char *cs_err_text(enum cs_err err);

#endif
