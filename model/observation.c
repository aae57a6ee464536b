// SPDX-License-Identifier: Apache-2.0
#include "model/observation.h"

#include <stdlib.h>

const char *lane_name(enum lane lane)
{
    return lane == LANE_DIRECT ? "direct" : "full";
}

const char *tls_version_name(uint16_t version)
{
    switch (version) {
    case 0x0300:
        return "SSLv3";
    case 0x0301:
        return "TLSv1";
    case 0x0302:
        return "TLSv1.1";
    case 0x0303:
        return "TLSv1.2";
    case 0x0304:
        return "TLSv1.3";
    default:
        return NULL;
    }
}

void chain_dispose(struct chain *chain)
{
    free(chain->certs);
    free(chain->extras);
    *chain = (struct chain){0};
}

void observation_free(struct observation *observation)
{
    if (observation == NULL)
        return;
    for (size_t i = 0; i < observation->chain_count; i++)
        chain_dispose(&observation->chains[i]);
    free(observation);
}
