// SPDX-License-Identifier: Apache-2.0
/* Collects what a handshake sends beside the certificates, in whatever order it arrives, and hands it to the
 * chain in one allocation: stapled OCSP response, certificate timestamps, names of client CAs. */
#ifndef SCANNER_CHAIN_EXTRAS_H
#define SCANNER_CHAIN_EXTRAS_H

#include "base/buf.h"
#include "base/cursor.h"
#include "model/observation.h"

enum extra { EXTRA_OCSP_RESPONSE, EXTRA_SCT_LIST, EXTRA_CA_NAMES, EXTRA_COUNT };

struct chain_extras { /* zero-initialised is empty */
    struct buf bytes;
    struct {
        size_t at;
        size_t len; /* 0 = none */
    } parts[EXTRA_COUNT];
};

/* The first of each kind counts; one that is empty or finds no memory is left out: the chain is worth more.
 */
void chain_extras_add(struct chain_extras *extras, enum extra kind, struct cursor bytes);
/* The extensions of the leaf's CertificateEntry: RFC 8446, 4.4.2.1, and RFC 6962, 3.3. */
void chain_extras_add_leaf(struct chain_extras *extras, struct cursor extensions);
/* A CertificateStatus message (RFC 6066, 8). */
void chain_extras_add_status(struct chain_extras *extras, struct cursor body);
/* A CertificateRequest message: its CA names (RFC 5246, 7.4.4; RFC 8446, 4.3.2 and 4.2.4). */
void chain_extras_add_request(struct chain_extras *extras, struct cursor body, uint16_t tls_version);

void chain_extras_move(struct chain_extras *extras, struct chain *to); /* `extras` is empty then */
void chain_extras_dispose(struct chain_extras *extras);

#endif
