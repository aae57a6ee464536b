// SPDX-License-Identifier: Apache-2.0
/* What systemd is told (sd_notify(3)): lines of VAR=value in one datagram to $NOTIFY_SOCKET. Nothing is sent,
 * and nothing fails, where no such socket is. */
#ifndef APP_SERVICE_NOTIFY_H
#define APP_SERVICE_NOTIFY_H

void service_notify(const char *lines);

#endif
