// SPDX-License-Identifier: Apache-2.0
/* What every lane to a certificate is: bytes in, bytes out and a verdict; no socket, no loop, no clock
 * inside. */
#ifndef SCANNER_LANE_H
#define SCANNER_LANE_H

#include "base/err.h"
#include "model/observation.h"

enum lane_verdict {
    LANE_MORE,        /* send what was put out, then feed what comes */
    LANE_CHAIN,       /* a chain is there: result->chain is the caller's now (chain_dispose) */
    LANE_END,         /* over without certificate: result->outcome and detail say how */
    LANE_UNSUPPORTED, /* the same, because the server chose what this lane cannot do: another may */
};

struct lane_result {
    enum outcome outcome;
    char detail[OBSERVATION_DETAIL];
    bool throttled; /* refused for now, not for good: no word about what the server has */
    bool alerted;   /* the peer ended it with `alert` and no chain; RFC 8446, 6 */
    uint8_t alert;
    struct chain chain;
};

/* Fills outcome and detail; returns LANE_END. */
enum lane_verdict lane_end(struct lane_result *result, enum outcome outcome, const char *detail);
/* The same for an alert that ends the handshake; close_notify counts as closed. */
enum lane_verdict lane_end_by_alert(struct lane_result *result, uint8_t alert);
/* The same for a certificate list that could not be had: `err` of cert_list_parse. */
enum lane_verdict lane_end_by_list(struct lane_result *result, enum cs_err err);

#endif
