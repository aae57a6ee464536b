// SPDX-License-Identifier: Apache-2.0
#include "model/protocol.h"

#include <string.h>
#include <strings.h>

static const char *const names[PROTOCOL_COUNT] = {
    [PROTOCOL_TLS] = "tls",     [PROTOCOL_SMTP] = "smtp",
    [PROTOCOL_LMTP] = "lmtp",   [PROTOCOL_IMAP] = "imap",
    [PROTOCOL_POP3] = "pop3",   [PROTOCOL_FTP] = "ftp",
    [PROTOCOL_NNTP] = "nntp",   [PROTOCOL_SIEVE] = "sieve",
    [PROTOCOL_XMPP] = "xmpp",   [PROTOCOL_XMPP_SERVER] = "xmpp-server",
    [PROTOCOL_LDAP] = "ldap",   [PROTOCOL_POSTGRES] = "postgres",
    [PROTOCOL_MYSQL] = "mysql", [PROTOCOL_RDP] = "rdp",
    [PROTOCOL_TDS] = "tds",     [PROTOCOL_IRC] = "irc",
    [PROTOCOL_AUTO] = "auto",
};

const char *protocol_name(enum protocol protocol)
{
    return (unsigned)protocol < PROTOCOL_COUNT ? names[protocol] : "unknown";
}

enum cs_err protocol_parse(const char *text, size_t len, enum protocol *out)
{
    for (int i = 0; i < PROTOCOL_COUNT; i++) {
        if (strlen(names[i]) == len && strncasecmp(names[i], text, len) == 0) {
            *out = (enum protocol)i;
            return CS_OK;
        }
    }
    return CS_E_INVALID;
}
