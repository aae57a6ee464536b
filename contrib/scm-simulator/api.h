// SPDX-License-Identifier: Apache-2.0
/* The resources: organizations, domains, SSL certificates, the SSL report, administrators. */
#ifndef SCM_SIMULATOR_API_H
#define SCM_SIMULATOR_API_H

#include "answer.h"

void api_answer(struct world *world, const struct question *question, struct answer *answer);

#endif
