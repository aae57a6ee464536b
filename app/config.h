// SPDX-License-Identifier: Apache-2.0
/* The configuration file (INI): every section and key it may have is in one table; anything else is an error
 * with its line. */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include "base/diag.h"
#include "base/err.h"

#define CONFIG_MAX_KEYS 64

struct config {
    char *values[CONFIG_MAX_KEYS]; /* owned; NULL = not set */
};

/* `path` NULL: CERTSCOUR_CONFIG, else ~/.config/certscour/certscour.conf, then /etc/certscour/certscour.conf;
 * that none is there is fine then. CS_E_INVALID with file and line. */
CS_MUST_USE enum cs_err config_read(struct config *config, const char *path, struct diag *diag);
void config_dispose(struct config *config);
const char *config_get(const struct config *config, const char *section,
                       const char *key); /* NULL = not set */

#endif
