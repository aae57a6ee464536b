// SPDX-License-Identifier: Apache-2.0
/* Certificates that a device made or brought along: management boards, printers, cameras, network gear. Known
 * by what their makers write into subject and issuer; one table. */
#ifndef CERT_DEVICE_H
#define CERT_DEVICE_H

#include "cert/record.h"

/* What kind of device it is, e.g. "iDRAC" (static); NULL = it does not look like one. */
const char *cert_device(const struct cert_record *record);

#endif
