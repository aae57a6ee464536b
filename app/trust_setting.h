// SPDX-License-Identifier: Apache-2.0
/* [trust] of the configuration as a set of roots, and verdicts on stored chains kept up to date with it. */
#ifndef APP_TRUST_SETTING_H
#define APP_TRUST_SETTING_H

#include "app/app.h"
#include "cert/trust.h"

/* The roots of the system and one's own; *out NULL where there is none at all, and a note says so. The caller
 * frees. CS_E_INVALID names the file that cannot be read or has no certificate. */
CS_MUST_USE enum cs_err trust_setting(struct app *app, struct trust **out);

/* For commands that show findings, before they read: chains judged under other roots are judged again, where
 * they are few and the database can be written; else a note says that they are not. */
CS_MUST_USE enum cs_err trust_refresh_for_reading(struct app *app);

#endif
