// SPDX-License-Identifier: Apache-2.0
/* A real TLS server (libssl) on loopback, one connection after the other, from a thread of its own, with
 * self-signed certificates made at the start. */
#ifndef TESTS_SUPPORT_TLS_SERVER_H
#define TESTS_SUPPORT_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_SERVER_MAX_KEYS 2

struct tls_server_options {
    int min_version; /* as on the wire, 0x0301 = TLS 1.0; 0 = any */
    int max_version;
    const char *ciphers; /* up to TLS 1.2, OpenSSL's syntax; NULL = all */
    const char *suites;  /* of TLS 1.3, likewise; NULL = libssl's own choice */
    const char *groups;  /* "P-256:X25519"; NULL = libssl's own choice */
    /* "rsa:2048", "rsa-pss:2048", "dsa:1024", "ec:P-256", "ed25519", "ed448"; NULL = none */
    const char *keys[TLS_SERVER_MAX_KEYS];
    unsigned extra_certs; /* so many more certificates in the list, behind the leaf */
    bool demands_client_certificate;
    const char *client_ca;     /* common name of a CA that client certificates are asked from; NULL = none */
    const char *only_name;     /* any other name, and none, gets the alert unrecognized_name */
    const char *ocsp_response; /* stapled for who asks, any bytes but NUL; NULL = none */
    const char *sct_list;      /* likewise: signed certificate timestamps */
};

struct tls_server;

/* Listens on a free port of `address` in 127.0.0.0/8. NULL on failure. */
struct tls_server *tls_server_start(const char *address, const struct tls_server_options *options);
uint16_t tls_server_port(const struct tls_server *server);
unsigned tls_server_connections(const struct tls_server *server); /* accepted so far */
/* DER of the certificate for options->keys[number]; borrowed. */
const uint8_t *tls_server_certificate(const struct tls_server *server, unsigned number, size_t *len);
void tls_server_stop(struct tls_server *server); /* NULL is fine */

#endif
