// SPDX-License-Identifier: Apache-2.0
/* Time zones by name, from the files of the system (the package tzdata). */
#ifndef APP_ZONE_FILE_H
#define APP_ZONE_FILE_H

#include "schedule/zone.h"

/* `name` is one of the IANA's, "Europe/Athens"; NULL: this host's, by TZ or /etc/localtime, and UTC (*out
 * NULL) where it has none. CS_E_INVALID: there is no such zone, or its file is damaged. */
CS_MUST_USE enum cs_err zone_load(struct zone **out, const char *name, struct diag *diag);

#endif
