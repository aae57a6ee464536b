// SPDX-License-Identifier: Apache-2.0
/* The full lane: libssl's handshake as far as the Certificate message, whose raw bytes are taken as they
 * arrive, so that what libssl thinks of them, or what comes after, loses nothing. Accepts everything on
 * purpose; its context must never serve traffic that needs trust. */
#ifndef SCANNER_LANE_FULL_H
#define SCANNER_LANE_FULL_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "scanner/lane.h"
#include "scanner/tls_crypto.h"
#include "scanner/tls_wire.h"

struct lane_full_context; /* shared by all handshakes of one thread */
struct lane_full;         /* one handshake */

/* Independent of the system's OpenSSL configuration: the library context of `crypto` (borrowed), and every
 * version, cipher, group and signature algorithm set explicitly. CS_E_IO with libssl's reason, CS_E_NOMEM. */
CS_MUST_USE enum cs_err lane_full_context_new(struct lane_full_context **out, struct tls_crypto *crypto,
                                              struct diag *diag);
void lane_full_context_free(struct lane_full_context *context);

/* `keys`: certificates asked for. `server_name` (SNI) NULL = none. NULL when out of memory. */
struct lane_full *lane_full_begin(struct lane_full_context *context, enum key_family keys,
                                  const char *server_name);
void lane_full_free(struct lane_full *lane);

/* Feeds what the peer sent (nothing, the first time) and appends to `out` what is to be sent. After
 * LANE_CHAIN or LANE_END no further call is made. */
enum lane_verdict lane_full_step(struct lane_full *lane, const uint8_t *in, size_t in_len, struct buf *out,
                                 struct lane_result *result);

#endif
