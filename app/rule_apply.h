// SPDX-License-Identifier: Apache-2.0
#ifndef APP_RULE_APPLY_H
#define APP_RULE_APPLY_H

#include "app/app.h"

/* Assigns every stored asset by the stored rules, but for those assigned by hand. app->store is open for
 * writing. */
CS_MUST_USE enum cs_err apply_rules(struct app *app, uint64_t *changed);

#endif
