// SPDX-License-Identifier: Apache-2.0
/* ServerHello and HelloRetryRequest: RFC 8446, 4.1.3 and 4.1.4; RFC 5246, 7.4.1.3. */
#ifndef SCANNER_SERVER_HELLO_H
#define SCANNER_SERVER_HELLO_H

#include "base/cursor.h"
#include "base/err.h"
#include "scanner/tls_wire.h"

struct server_hello { /* cursors point into the message */
    uint16_t version; /* the one chosen, from supported_versions where that is there */
    uint16_t suite;
    bool is_retry;
    bool has_key_share;
    uint16_t group;       /* of the key share, or the one a retry asks for */
    struct cursor share;  /* {NULL, 0} in a retry */
    struct cursor cookie; /* {NULL, 0} = none */
    struct cursor scts;   /* signed certificate timestamps, up to TLS 1.2 (RFC 6962, 3.3); {NULL, 0} = none */
};

/* `body` is the message without its header. CS_E_MALFORMED. */
CS_MUST_USE enum cs_err server_hello_parse(struct server_hello *out, struct cursor body);

#endif
