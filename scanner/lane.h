// SPDX-License-Identifier: Apache-2.0
/* What every lane to a certificate is: bytes in, bytes out and a verdict; no socket, no loop, no clock
 * inside. */
#ifndef SCANNER_LANE_H
#define SCANNER_LANE_H

#include "model/observation.h"

enum lane_verdict {
    LANE_MORE,  /* send what was put out, then feed what comes */
    LANE_CHAIN, /* a chain is there: result->chain is the caller's now (free(chain.certs)) */
    LANE_END,   /* over without certificate: result->outcome and detail say how */
};

struct lane_result {
    enum outcome outcome;
    char detail[OBSERVATION_DETAIL];
    struct chain chain;
};

#endif
