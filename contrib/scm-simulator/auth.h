// SPDX-License-Identifier: Apache-2.0
/* Who asks: password headers, a TLS client certificate with /private, or a bearer token; and the token
 * endpoint. */
#ifndef SCM_SIMULATOR_AUTH_H
#define SCM_SIMULATOR_AUTH_H

#include "answer.h"

#define TOKEN_PATH "/auth/realms/apiclients/protocol/openid-connect/token"

/* Fills question->admin and how it came. False: `answer` has the refusal. */
bool auth_check(struct world *world, struct question *question, struct answer *answer);
/* Is it a bucket that asks, and no administrator? */
bool auth_is_bucket(const struct world *world, const struct question *question);
/* POST of client credentials. */
void auth_token(struct world *world, const struct question *question, struct answer *answer);
/* Every token ends now. */
void auth_expire_tokens(struct world *world);
/* May the admin use this resource ("organizations", "domains", "certificates", "report", "admins")? A data
 * file without "rights" allows all. False: `answer` has the refusal. */
bool auth_right(const struct question *question, const char *right, struct answer *answer);

#endif
