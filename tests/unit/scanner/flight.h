// SPDX-License-Identifier: Apache-2.0
/* What servers send, byte by byte (RFC 5246, 6.2 and 7.4): for tests that need bytes no honest server sends,
 * or a server that costs nothing. */
#ifndef TESTS_UNIT_SCANNER_FLIGHT_H
#define TESTS_UNIT_SCANNER_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define FLIGHT_ECDHE_ECDSA_AES128_GCM 0xC02B
#define FLIGHT_RECORD_MAX             16384u

enum {
    FLIGHT_SERVER_HELLO = 2,
    FLIGHT_ENCRYPTED_EXTENSIONS = 8,
    FLIGHT_CERTIFICATE = 11,
    FLIGHT_SERVER_KEY_EXCHANGE = 12,
    FLIGHT_CERTIFICATE_REQUEST = 13,
    FLIGHT_SERVER_HELLO_DONE = 14,
    FLIGHT_CERTIFICATE_STATUS = 22,
};

static inline void flight_number(struct buf *out, size_t value, unsigned bytes)
{
    while (bytes-- > 0)
        buf_append_char(out, (char)(value >> (8 * bytes)));
}

static inline void flight_record(struct buf *out, uint8_t type, uint16_t version, const void *bytes,
                                 size_t len)
{
    flight_number(out, type, 1);
    flight_number(out, version, 2);
    flight_number(out, len, 2);
    buf_append(out, bytes, len);
}

/* A handshake message without a record around it. */
static inline void flight_handshake(struct buf *out, uint8_t type, const void *body, size_t len)
{
    flight_number(out, type, 1);
    flight_number(out, len, 3);
    buf_append(out, body, len);
}

/* The body of a Certificate message of TLS 1.3 (RFC 8446, 4.4.2): `count` times the same bytes, the first
 * with `extensions`. */
static inline void flight_certificate_body13(struct buf *body, const void *der, size_t len, size_t count,
                                             const struct buf *extensions)
{
    size_t extra = extensions != NULL ? extensions->len : 0;
    flight_number(body, 0, 1); /* no context */
    flight_number(body, count * (3 + len + 2) + extra, 3);
    for (size_t i = 0; i < count; i++) {
        flight_number(body, len, 3);
        buf_append(body, der, len);
        flight_number(body, i == 0 ? extra : 0, 2);
        if (i == 0 && extra > 0)
            buf_append(body, extensions->data, extra);
    }
}

/* A handshake message whose header claims `claimed` bytes, cut into records. */
static inline void flight_message_claiming(struct buf *out, uint8_t type, const struct buf *body,
                                           size_t claimed)
{
    struct buf message = {0};
    flight_number(&message, type, 1);
    flight_number(&message, claimed, 3);
    buf_append(&message, body->data, body->len);
    for (size_t at = 0; at < message.len; at += FLIGHT_RECORD_MAX) {
        size_t len = message.len - at < FLIGHT_RECORD_MAX ? message.len - at : FLIGHT_RECORD_MAX;
        flight_record(out, 22, 0x0303, message.data + at, len);
    }
    buf_dispose(&message);
}

static inline void flight_message(struct buf *out, uint8_t type, const struct buf *body)
{
    flight_message_claiming(out, type, body, body->len);
}

static inline void flight_server_hello(struct buf *out, uint16_t version, uint16_t suite)
{
    struct buf body = {0};
    flight_number(&body, version, 2);
    for (int i = 0; i < 32; i++)
        flight_number(&body, 0xA0, 1);
    flight_number(&body, 0, 1); /* no session id */
    flight_number(&body, suite, 2);
    flight_number(&body, 0, 1); /* no compression, and no extensions */
    flight_message(out, FLIGHT_SERVER_HELLO, &body);
    buf_dispose(&body);
}

/* A Certificate message of TLS 1.2 with `count` times the same bytes. */
static inline void flight_certificates(struct buf *out, const void *der, size_t len, size_t count)
{
    struct buf body = {0};
    flight_number(&body, count * (len + 3), 3);
    for (size_t i = 0; i < count; i++) {
        flight_number(&body, len, 3);
        buf_append(&body, der, len);
    }
    flight_message(out, FLIGHT_CERTIFICATE, &body);
    buf_dispose(&body);
}

static inline void flight_alert(struct buf *out, uint8_t level, uint8_t description)
{
    const uint8_t bytes[] = {level, description};
    flight_record(out, 21, 0x0303, bytes, sizeof bytes);
}

#endif
