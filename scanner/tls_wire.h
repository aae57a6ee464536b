// SPDX-License-Identifier: Apache-2.0
/* Numbers of the TLS wire format: RFC 8446 (TLS 1.3), 5246 (1.2), 6101 (SSL 3.0), IANA's TLS registries. */
#ifndef SCANNER_TLS_WIRE_H
#define SCANNER_TLS_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#define TLS_VERSION_SSL3 0x0300
#define TLS_VERSION_1_0  0x0301
#define TLS_VERSION_1_1  0x0302
#define TLS_VERSION_1_2  0x0303
#define TLS_VERSION_1_3  0x0304

#define TLS_RECORD_HEADER     5
#define TLS_RECORD_MAX        (16384 + 2048) /* RFC 5246, 6.2.3 */
#define TLS_RECORD_MAX_SEALED (16384 + 256)  /* RFC 8446, 5.2 */
#define TLS_MESSAGE_HEADER    4
#define TLS_RANDOM            32
#define TLS_SESSION_ID        32

enum tls_content { /* RFC 8446, 5.1 */
                   TLS_CHANGE_CIPHER_SPEC = 20,
                   TLS_ALERT = 21,
                   TLS_HANDSHAKE = 22,
                   TLS_APPLICATION_DATA = 23,
};

enum tls_handshake { /* RFC 8446, 4; RFC 5246, 7.4; RFC 6066, 8 */
                     TLS_HELLO_REQUEST = 0,
                     TLS_CLIENT_HELLO = 1,
                     TLS_SERVER_HELLO = 2,
                     TLS_ENCRYPTED_EXTENSIONS = 8,
                     TLS_CERTIFICATE = 11,
                     TLS_SERVER_KEY_EXCHANGE = 12,
                     TLS_CERTIFICATE_REQUEST = 13,
                     TLS_SERVER_HELLO_DONE = 14,
                     TLS_CERTIFICATE_STATUS = 22,
                     TLS_SUPPLEMENTAL_DATA = 23,
                     TLS_MESSAGE_HASH = 254,
};

enum tls_extension {
    TLS_EXT_SERVER_NAME = 0,
    TLS_EXT_STATUS_REQUEST = 5,
    TLS_EXT_SUPPORTED_GROUPS = 10,
    TLS_EXT_EC_POINT_FORMATS = 11,
    TLS_EXT_SIGNATURE_ALGORITHMS = 13,
    TLS_EXT_SCT = 18,
    TLS_EXT_PADDING = 21,
    TLS_EXT_EXTENDED_MASTER_SECRET = 23,
    TLS_EXT_SUPPORTED_VERSIONS = 43,
    TLS_EXT_COOKIE = 44,
    TLS_EXT_CERTIFICATE_AUTHORITIES = 47,
    TLS_EXT_SIGNATURE_ALGORITHMS_CERT = 50,
    TLS_EXT_KEY_SHARE = 51,
    TLS_EXT_RENEGOTIATION_INFO = 0xFF01,
};

#define TLS_EMPTY_RENEGOTIATION_SCSV 0x00FF /* RFC 5746, 3.3 */

enum tls_group {
    TLS_GROUP_NONE = 0,
    TLS_GROUP_SECP256R1 = 23,
    TLS_GROUP_SECP384R1 = 24,
    TLS_GROUP_SECP521R1 = 25,
    TLS_GROUP_X25519 = 29,
};

/* The keys of a server's certificate by family: what a hello asks for, and what a leaf has. */
enum key_family {
    KEY_FAMILY_ANY, /* of a hello: whatever the server prefers */
    KEY_FAMILY_RSA,
    KEY_FAMILY_OTHER, /* EC, Edwards curves, DSA */
};

#endif
