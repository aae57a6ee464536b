// SPDX-License-Identifier: Apache-2.0
/* What is spoken before the TLS handshake. Names as in `PORT/PROTOCOL`. */
#ifndef MODEL_PROTOCOL_H
#define MODEL_PROTOCOL_H

#include <stddef.h>

#include "base/err.h"

enum protocol { /* the numbers are stored: append only */
                PROTOCOL_TLS = 0,
                PROTOCOL_SMTP,
                PROTOCOL_LMTP,
                PROTOCOL_IMAP,
                PROTOCOL_POP3,
                PROTOCOL_FTP,
                PROTOCOL_NNTP,
                PROTOCOL_SIEVE,
                PROTOCOL_XMPP,
                PROTOCOL_XMPP_SERVER,
                PROTOCOL_LDAP,
                PROTOCOL_POSTGRES,
                PROTOCOL_MYSQL,
                PROTOCOL_RDP,
                PROTOCOL_TDS,
                PROTOCOL_IRC,
                PROTOCOL_AUTO, /* of a target: to be found out; never stored, never of an endpoint */
                PROTOCOL_COUNT
};

const char *protocol_name(enum protocol protocol); /* never NULL */
CS_MUST_USE enum cs_err protocol_parse(const char *text, size_t len,
                                       enum protocol *out); /* CS_E_INVALID: no such name */

#endif
