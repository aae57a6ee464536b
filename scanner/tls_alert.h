// SPDX-License-Identifier: Apache-2.0
/* Alerts by number, as RFC 8446 section 6 and the RFCs before it (5246, 4346, 6101) name them. */
#ifndef SCANNER_TLS_ALERT_H
#define SCANNER_TLS_ALERT_H

#include <stdint.h>

#define TLS_ALERT_LEVEL_WARNING 1
#define TLS_ALERT_LEVEL_FATAL   2

#define TLS_ALERT_CLOSE_NOTIFY      0
#define TLS_ALERT_USER_CANCELED     90
#define TLS_ALERT_UNRECOGNIZED_NAME 112

const char *tls_alert_name(uint8_t description); /* "unknown_alert" for numbers nobody has defined */

#endif
