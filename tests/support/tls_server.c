// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define PATIENCE_S  5 /* with a client that says nothing */
#define VALID_DAYS  90
#define SERVER_NAME "server.example"

struct tls_server {
    struct tls_server_options options;
    OSSL_LIB_CTX *library; /* of its own: what OPENSSL_CONF says is for others */
    OSSL_PROVIDER *provider;
    SSL_CTX *ssl;
    uint8_t *certificates[TLS_SERVER_MAX_KEYS];
    size_t certificate_lens[TLS_SERVER_MAX_KEYS];
    pthread_t thread;
    int listener;
    uint16_t port;
    _Atomic unsigned connections;
};

/* ---- identity ---- */

/* DSA keys need parameters first. */
static EVP_PKEY *make_dsa_key(OSSL_LIB_CTX *library, int bits)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY *parameters = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(library, "DSA", NULL);
    if (EVP_PKEY_paramgen_init(ctx) == 1 && EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, bits) == 1 &&
        EVP_PKEY_paramgen(ctx, &parameters) == 1) {
        EVP_PKEY_CTX_free(ctx);
        ctx = EVP_PKEY_CTX_new_from_pkey(library, parameters, NULL);
        if (EVP_PKEY_keygen_init(ctx) == 1)
            EVP_PKEY_generate(ctx, &key);
    }
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(parameters);
    return key;
}

static EVP_PKEY *make_pss_key(OSSL_LIB_CTX *library, int bits)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(library, "RSA-PSS", NULL);
    if (EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) == 1)
        EVP_PKEY_generate(ctx, &key);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static EVP_PKEY *make_key(OSSL_LIB_CTX *library, const char *kind)
{
    if (strncmp(kind, "rsa-pss:", 8) == 0)
        return make_pss_key(library, (int)strtol(kind + 8, NULL, 10));
    if (strncmp(kind, "dsa:", 4) == 0)
        return make_dsa_key(library, (int)strtol(kind + 4, NULL, 10));
    if (strncmp(kind, "rsa:", 4) == 0)
        return EVP_PKEY_Q_keygen(library, NULL, "RSA", (size_t)strtoul(kind + 4, NULL, 10));
    if (strncmp(kind, "ec:", 3) == 0)
        return EVP_PKEY_Q_keygen(library, NULL, "EC", kind + 3);
    return EVP_PKEY_Q_keygen(library, NULL, strcmp(kind, "ed448") == 0 ? "ED448" : "ED25519");
}

static bool fill(X509 *cert, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(cert);
    return X509_set_version(cert, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(cert), 0) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * VALID_DAYS) != NULL &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)SERVER_NAME, -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(cert, name) == 1 && X509_set_pubkey(cert, key) == 1;
}

static X509 *make_certificate(OSSL_LIB_CTX *library, EVP_PKEY *key)
{
    const EVP_MD *digest = EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448") ? NULL : EVP_sha256();
    X509 *cert = X509_new_ex(library, NULL);
    if (cert != NULL && fill(cert, key) && X509_sign(cert, key, digest) > 0)
        return cert;
    X509_free(cert);
    return NULL;
}

static bool add_identity(struct tls_server *server, unsigned number)
{
    EVP_PKEY *key = make_key(server->library, server->options.keys[number]);
    X509 *cert = key != NULL ? make_certificate(server->library, key) : NULL;
    bool done = cert != NULL && SSL_CTX_use_certificate(server->ssl, cert) == 1 &&
                SSL_CTX_use_PrivateKey(server->ssl, key) == 1;
    for (unsigned i = 0; done && i < server->options.extra_certs && X509_up_ref(cert) == 1; i++)
        done = SSL_CTX_add0_chain_cert(server->ssl, cert) == 1;
    int len = done ? i2d_X509(cert, &server->certificates[number]) : -1;
    server->certificate_lens[number] = len > 0 ? (size_t)len : 0;
    X509_free(cert);
    EVP_PKEY_free(key);
    return len > 0;
}

/* ---- libssl ---- */

static int accept_any_client(X509_STORE_CTX *store, void *data)
{
    (void)store;
    (void)data;
    return 1;
}

static int check_name(SSL *ssl, int *alert, void *data)
{
    const struct tls_server *server = data;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name != NULL && strcmp(name, server->options.only_name) == 0)
        return SSL_TLSEXT_ERR_OK;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int staple(SSL *ssl, void *data)
{
    const struct tls_server *server = data;
    char *response = OPENSSL_strdup(server->options.ocsp_response);
    if (response == NULL)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    SSL_set_tlsext_status_ocsp_resp(ssl, response, (int)strlen(response)); /* libssl's from here */
    return SSL_TLSEXT_ERR_OK;
}

static int add_scts(SSL *ssl, unsigned type, unsigned context, const unsigned char **out, size_t *len,
                    X509 *cert, size_t place, int *alert, void *data)
{
    const struct tls_server *server = data;
    (void)ssl;
    (void)type;
    (void)context;
    (void)cert;
    (void)alert;
    *out = (const unsigned char *)server->options.sct_list;
    *len = strlen(server->options.sct_list);
    return place == 0; /* of the leaf alone */
}

static int ignore(SSL *ssl, unsigned type, unsigned context, const unsigned char *in, size_t len, X509 *cert,
                  size_t place, int *alert, void *data)
{
    (void)ssl;
    (void)type;
    (void)context;
    (void)in;
    (void)len;
    (void)cert;
    (void)place;
    (void)alert;
    (void)data;
    return 1;
}

static bool configure_extras(struct tls_server *server)
{
    const struct tls_server_options *options = &server->options;
    if (options->ocsp_response != NULL) {
        SSL_CTX_set_tlsext_status_cb(server->ssl, staple);
        SSL_CTX_set_tlsext_status_arg(server->ssl, server);
    }
    if (options->sct_list != NULL &&
        SSL_CTX_add_custom_ext(server->ssl, TLSEXT_TYPE_signed_certificate_timestamp,
                               SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO |
                                   SSL_EXT_TLS1_3_CERTIFICATE,
                               add_scts, NULL, server, ignore, NULL) != 1)
        return false;
    if (options->client_ca == NULL)
        return true;
    X509 *ca = X509_new_ex(server->library, NULL);
    bool done = ca != NULL &&
                X509_NAME_add_entry_by_txt(X509_get_subject_name(ca), "CN", MBSTRING_UTF8,
                                           (const unsigned char *)options->client_ca, -1, -1, 0) == 1 &&
                SSL_CTX_add_client_CA(server->ssl, ca) == 1;
    X509_free(ca);
    return done;
}

static bool configure_choices(SSL_CTX *ssl, const struct tls_server_options *options)
{
    SSL_CTX_set_dh_auto(ssl, 1);
    return SSL_CTX_set_min_proto_version(ssl, options->min_version) == 1 &&
           SSL_CTX_set_max_proto_version(ssl, options->max_version) == 1 &&
           SSL_CTX_set_cipher_list(ssl, options->ciphers != NULL ? options->ciphers
                                                                 : "ALL:!aNULL:@SECLEVEL=0") == 1 &&
           (options->suites == NULL || SSL_CTX_set_ciphersuites(ssl, options->suites) == 1) &&
           (options->groups == NULL || SSL_CTX_set1_groups_list(ssl, options->groups) == 1);
}

static bool configure(struct tls_server *server)
{
    const struct tls_server_options *options = &server->options;
    SSL_CTX *ssl = server->ssl;
    SSL_CTX_set_security_level(ssl, 0);
    SSL_CTX_clear_options(ssl, SSL_CTX_get_options(ssl));
    if (options->demands_client_certificate) {
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_cert_verify_callback(ssl, accept_any_client, NULL);
    }
    if (options->only_name != NULL) {
        SSL_CTX_set_tlsext_servername_callback(ssl, check_name);
        SSL_CTX_set_tlsext_servername_arg(ssl, server);
    }
    bool done = configure_choices(ssl, options) && configure_extras(server);
    for (unsigned i = 0; done && i < TLS_SERVER_MAX_KEYS; i++)
        done = options->keys[i] == NULL || add_identity(server, i);
    return done;
}

static void handshake(struct tls_server *server, int fd)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    SSL *ssl = SSL_new(server->ssl);
    if (ssl != NULL && SSL_set_fd(ssl, fd) == 1)
        SSL_accept(ssl);
    SSL_free(ssl);
    close(fd);
    ERR_clear_error();
}

static void *serve(void *data)
{
    struct tls_server *server = data;
    sigset_t broken_pipe; /* libssl writes with write(), and clients go as soon as they have what they want */
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);
    for (int fd; (fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
        atomic_fetch_add(&server->connections, 1);
        handshake(server, fd);
    }
    return NULL;
}

/* ---- life ---- */

static int listen_on(const char *text, uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    if (inet_pton(AF_INET, text, &address.sin_addr) != 1 || ntohl(address.sin_addr.s_addr) >> 24 != 127)
        return -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, 64) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0) {
        *port = ntohs(address.sin_port);
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static void dispose(struct tls_server *server)
{
    for (unsigned i = 0; i < TLS_SERVER_MAX_KEYS; i++)
        OPENSSL_free(server->certificates[i]);
    SSL_CTX_free(server->ssl);
    if (server->provider != NULL)
        OSSL_PROVIDER_unload(server->provider);
    OSSL_LIB_CTX_free(server->library);
    if (server->listener >= 0)
        close(server->listener);
    free(server);
    ERR_clear_error();
}

struct tls_server *tls_server_start(const char *address, const struct tls_server_options *options)
{
    struct tls_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    server->options = *options;
    server->listener = listen_on(address, &server->port);
    server->library = OSSL_LIB_CTX_new();
    if (server->library != NULL)
        server->provider = OSSL_PROVIDER_load(server->library, "default");
    if (server->provider != NULL)
        server->ssl = SSL_CTX_new_ex(server->library, NULL, TLS_server_method());
    if (server->listener < 0 || server->ssl == NULL || !configure(server) ||
        pthread_create(&server->thread, NULL, serve, server) != 0) {
        dispose(server);
        return NULL;
    }
    return server;
}

uint16_t tls_server_port(const struct tls_server *server)
{
    return server->port;
}

unsigned tls_server_connections(const struct tls_server *server)
{
    return atomic_load(&server->connections);
}

const uint8_t *tls_server_certificate(const struct tls_server *server, unsigned number, size_t *len)
{
    *len = server->certificate_lens[number];
    return server->certificates[number];
}

void tls_server_stop(struct tls_server *server)
{
    if (server == NULL)
        return;
    shutdown(server->listener, SHUT_RDWR); /* ends the accept */
    pthread_join(server->thread, NULL);
    dispose(server);
}
