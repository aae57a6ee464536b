// SPDX-License-Identifier: Apache-2.0
#include "scanner/classify.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define SHOWN_BYTES 60

bool classify_is_tls(const uint8_t *bytes, size_t len)
{
    if (len >= 1 && (bytes[0] < 20 || bytes[0] > 24))
        return false;
    return len < 2 || bytes[1] == 3;
}

static const struct {
    const char *beginning;
    const char *name;
} banners[] = {
    {"HTTP/", "HTTP"},
    {"<!DOCTYPE", "HTML"},
    {"<html", "HTML"},
    {"SSH-", "SSH"},
    {"220 ", "SMTP or FTP greeting"},
    {"220-", "SMTP or FTP greeting"},
    {"421 ", "SMTP or FTP refusal"},
    {"554 ", "SMTP refusal"},
    {"+OK", "POP3 greeting"},
    {"* OK", "IMAP greeting"},
    {"* BYE", "IMAP refusal"},
    {"200 ", "NNTP greeting"},
    {"201 ", "NNTP greeting"},
    {"\"IMPLEMENTATION\"", "ManageSieve greeting"},
    {"<?xml", "XML stream"},
    {"<stream", "XML stream"},
    {"RFB ", "VNC"},
    {"AMQP", "AMQP"},
};

static size_t printable_prefix(char *out, const uint8_t *bytes, size_t len)
{
    size_t count = 0;
    while (count < len && count < SHOWN_BYTES && bytes[count] >= 0x20 && bytes[count] < 0x7F) {
        out[count] = (char)bytes[count];
        count++;
    }
    out[count] = '\0';
    return count;
}

/* Packet length, sequence 0, protocol version 10 (MySQL: Protocol::HandshakeV10). */
static bool is_mysql_greeting(const uint8_t *bytes, size_t len)
{
    return len >= 5 && bytes[2] == 0 && bytes[3] == 0 && bytes[4] == 10;
}

/* IAC, and one of SB, WILL, WON'T, DO, DON'T: RFC 854. */
static bool is_telnet(const uint8_t *bytes, size_t len)
{
    return len >= 2 && bytes[0] == 0xFF && bytes[1] >= 0xFA && bytes[1] <= 0xFE;
}

void classify_describe(char out[OBSERVATION_DETAIL], const uint8_t *bytes, size_t len)
{
    char text[SHOWN_BYTES + 1];
    size_t text_len = printable_prefix(text, bytes, len);
    for (size_t i = 0; i < sizeof banners / sizeof banners[0]; i++) {
        if (text_starts_with(text, banners[i].beginning)) {
            snprintf(out, OBSERVATION_DETAIL, "%s: %s", banners[i].name, text);
            return;
        }
    }
    if (is_mysql_greeting(bytes, len)) {
        snprintf(out, OBSERVATION_DETAIL, "MySQL greeting");
        return;
    }
    if (is_telnet(bytes, len)) {
        snprintf(out, OBSERVATION_DETAIL, "Telnet");
        return;
    }
    if (text_len >= 4) {
        snprintf(out, OBSERVATION_DETAIL, "text: %s", text);
        return;
    }
    char hex[2 * 16 + 1];
    hex_encode(hex, bytes, len < 16 ? len : 16);
    snprintf(out, OBSERVATION_DETAIL, "first bytes: %s", hex);
}
