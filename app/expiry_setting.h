// SPDX-License-Identifier: Apache-2.0
/* [findings] of the configuration: when a certificate is about to end, for every command that asks. */
#ifndef APP_EXPIRY_SETTING_H
#define APP_EXPIRY_SETTING_H

#include "app/app.h"
#include "cert/expiry.h"

/* Keys that are not set are as in expiry_usual. CS_E_INVALID names the key and what is allowed. */
CS_MUST_USE enum cs_err expiry_setting(struct app *app, struct expiry_limits *out);

#endif
