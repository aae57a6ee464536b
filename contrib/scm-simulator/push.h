// SPDX-License-Identifier: Apache-2.0
/* Calls that change something. Each answers true where the call was one of its own. */
#ifndef SCM_SIMULATOR_PUSH_H
#define SCM_SIMULATOR_PUSH_H

#include "answer.h"

/* POST /api/ssl/v2/import. */
bool import_answer(struct world *world, const struct question *question, struct answer *answer);
/* /api/ssl/v1/{id}/location[/{location}], and DELETE /api/ssl/v1/{id}. */
bool location_answer(struct world *world, const struct question *question, struct answer *answer);
/* /api/v1/operations...: the Discovery Import API of a bucket. */
bool discovery_answer(struct world *world, const struct question *question, struct answer *answer);
/* /api/discovery/v1/assignmentrule... */
bool rule_answer(struct world *world, const struct question *question, struct answer *answer);
/* /api/discovery/v1/bucket... */
bool bucket_answer(struct world *world, const struct question *question, struct answer *answer);
/* /api/discovery/v4/net_task... */
bool task_answer(struct world *world, const struct question *question, struct answer *answer);
/* /api/discovery/v1/net_task/{id}/operation... */
bool run_answer(struct world *world, const struct question *question, struct answer *answer);

/* The first rule of those ids that takes the certificate (details as a bucket shows them); NULL = none. */
const cJSON *rule_for(const struct world *world, const cJSON *ids, const cJSON *details);

/* A certificate in base64 as a new object of the tenant, without id; NULL = it is none. `*is_ca`: it is one
 * of a CA. Serial numbers are without leading zeros, as SCM shows them. */
cJSON *certificate_object(const char *base64, bool *is_ca);

#endif
