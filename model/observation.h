// SPDX-License-Identifier: Apache-2.0
/* What one probe saw: the product of scanner, the food of everything behind it. Plain data. */
#ifndef MODEL_OBSERVATION_H
#define MODEL_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/ip.h"
#include "model/outcome.h"
#include "model/protocol.h"

#define SHA256_SIZE            32
#define OBSERVATION_DETAIL     160
#define CHAIN_MAX_CERTS        100          /* certificates taken from one Certificate message */
#define CHAIN_MAX_BYTES        (256 * 1024) /* all a peer may send for one target */
#define OBSERVATION_MAX_CHAINS 2            /* an RSA and an ECDSA one */

enum lane { /* how the certificate was obtained; the numbers are stored */
            LANE_DIRECT = 0,
            LANE_FULL = 1,
};
const char *lane_name(enum lane lane); /* "direct", "full" */

struct der { /* one certificate as sent; borrowed */
    const uint8_t *bytes;
    size_t len;
    uint8_t sha256[SHA256_SIZE];
};

struct raw { /* bytes as sent; NULL = not sent, or not arrived when the chain was taken */
    const uint8_t *bytes;
    size_t len;
};

enum request { /* whether the server asked for a certificate of ours */
               REQUEST_UNKNOWN,
               REQUEST_ABSENT,
               REQUEST_SEEN,
};

/* One certificate chain as one handshake sent it, leaf first; cert_count >= 1. What follows `lane` is what
 * the server had said about itself by then. */
struct chain {
    struct der *certs; /* owned: the array and every byte it points to are one allocation */
    size_t cert_count;
    uint16_t tls_version;  /* 0x0303 = TLS 1.2 ... as on the wire; 0x0300 = SSL 3.0 */
    uint16_t cipher_suite; /* IANA number, 0 = not known */
    enum lane lane;
    uint16_t group; /* of the key exchange; IANA number, 0 = none or not known */
    enum request client_certificate;
    uint8_t *extras;          /* owned, NULL = none: the bytes that these point to */
    struct raw ocsp_response; /* of the leaf: DER, RFC 6960 */
    struct raw sct_list;      /* SignedCertificateTimestampList, RFC 6962, 3.3 */
    struct raw ca_names;      /* of the request: each a DER Name behind two bytes of length */
};
void chain_dispose(struct chain *chain);        /* frees and empties; idempotent */
const char *tls_version_name(uint16_t version); /* "TLSv1.2"; NULL for an unknown number */

struct observation {
    uint64_t position; /* place in the scan's permuted order: what the attempt log records */
    uint64_t target;   /* target index: what jsonl prints */
    bool has_ip;       /* false only for OUTCOME_UNRESOLVED */
    struct ip ip;
    uint16_t port;
    enum protocol protocol;  /* the one found */
    const char *server_name; /* sent as SNI, lower-case A-labels; NULL = none. Borrowed from the target set */
    const char
        *host_name; /* the target's own name, NULL if it was an address. Borrowed from the target set */
    enum outcome outcome;
    char detail[OBSERVATION_DETAIL]; /* "" = nothing to add; printable ASCII; never a secret */
    int64_t seen_at_ms;              /* Unix time, milliseconds, when the probe ended */
    struct chain chains[OBSERVATION_MAX_CHAINS];
    size_t chain_count;      /* 0 unless OUTCOME_CERTIFICATE */
    bool starttls_injection; /* bytes came in clear text behind the go-ahead for TLS */
    bool any_protocol;       /* the target left it open */
    bool other_keys_asked;   /* for a certificate of the other key family, and the server has answered that */
};

void observation_free(struct observation *observation); /* NULL is fine */

#endif
