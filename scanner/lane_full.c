// SPDX-License-Identifier: Apache-2.0
#include "scanner/lane_full.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "scanner/cert_list.h"
#include "scanner/chain_extras.h"
#include "scanner/tls_alert.h"

#define SUITES_12 "ALL:COMPLEMENTOFALL:!aNULL:!PSK:!SRP:@SECLEVEL=0"
#define SUITES_13                                                                                            \
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"     \
    "TLS_AES_128_CCM_8_SHA256"
#define GROUPS                                                                                               \
    "X25519:P-256:P-384:P-521:X448:ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192:brainpoolP256r1:"       \
    "brainpoolP384r1:brainpoolP512r1:secp256k1:P-224:P-192"
#define RSA_SIGNATURES                                                                                       \
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pss_pss_sha384:"     \
    "rsa_pss_pss_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA224:RSA+SHA1"
#define OTHER_SIGNATURES                                                                                     \
    "ed25519:ed448:ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ECDSA+SHA224:ECDSA+SHA1:DSA+SHA256:DSA+SHA384:"    \
    "DSA+SHA512:DSA+SHA224:DSA+SHA1"
#define SIGNATURES OTHER_SIGNATURES ":" RSA_SIGNATURES

struct lane_full_context {
    struct tls_crypto *crypto; /* borrowed */
    SSL_CTX *ssl;
};

struct lane_full {
    struct lane_full_context *context;
    SSL *ssl;
    BIO *from_peer; /* owned by ssl, as is to_peer */
    BIO *to_peer;
    struct chain chain; /* certs != NULL: taken */
    enum cs_err chain_err;
    int alert; /* the one with which the peer ended it; -1 = none */
};

static bool hash_sha256(void *data, const uint8_t *bytes, size_t len, uint8_t out[SHA256_SIZE])
{
    struct cursor piece = {bytes, len};
    return tls_crypto_hash(data, TLS_HASH_SHA256, &piece, 1, out);
}

static void take_certificates(struct lane_full *lane, const uint8_t *message, size_t len)
{
    bool is_tls13 = SSL_version(lane->ssl) == TLS1_3_VERSION;
    struct cursor body = {message + TLS_MESSAGE_HEADER, len - TLS_MESSAGE_HEADER};
    struct cursor leaf_extensions = {NULL, 0};
    struct chain_extras extras = {0};
    if (lane->chain.certs != NULL)
        return;
    lane->chain_err =
        cert_list_parse(&lane->chain, body, is_tls13, hash_sha256, lane->context->crypto, &leaf_extensions);
    lane->chain.lane = LANE_FULL;
    lane->chain.tls_version = (uint16_t)SSL_version(lane->ssl);
    const SSL_CIPHER *cipher = SSL_get_pending_cipher(lane->ssl);
    lane->chain.cipher_suite = cipher != NULL ? SSL_CIPHER_get_protocol_id(cipher) : 0;
    if (lane->chain_err == CS_OK) {
        chain_extras_add_leaf(&extras, leaf_extensions);
        chain_extras_move(&extras, &lane->chain);
    }
}

/* TLS 1.3 has no levels: whatever stands there, but for one alert it is the end (RFC 8446, 6). */
static bool is_final_alert(const SSL *ssl, uint8_t level, uint8_t description)
{
    if (level == TLS_ALERT_LEVEL_FATAL || description == TLS_ALERT_CLOSE_NOTIFY)
        return true;
    return SSL_version(ssl) == TLS1_3_VERSION && SSL_get_pending_cipher(ssl) != NULL &&
           description != TLS_ALERT_USER_CANCELED;
}

static void on_message(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *data)
{
    const uint8_t *message = bytes;
    struct lane_full *lane = data;
    (void)version;
    if (sent != 0 || lane == NULL)
        return;
    if (type == SSL3_RT_HANDSHAKE && len >= TLS_MESSAGE_HEADER && message[0] == TLS_CERTIFICATE)
        take_certificates(lane, message, len);
    else if (type == SSL3_RT_ALERT && len >= 2 && is_final_alert(ssl, message[0], message[1]))
        lane->alert = message[1];
}

/* The chain is there: refuse, so that libssl computes nothing more. */
static int refuse(X509_STORE_CTX *store, void *data)
{
    (void)store;
    (void)data;
    return 0;
}

static bool configure(SSL_CTX *ssl)
{
    SSL_CTX_set_security_level(ssl, 0);
    SSL_CTX_clear_options(ssl, SSL_CTX_get_options(ssl)); /* whatever a system-wide policy put there */
    SSL_CTX_set_options(ssl, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ssl, CHAIN_MAX_BYTES);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ssl, refuse, NULL);
    SSL_CTX_set_msg_callback(ssl, on_message);
    return SSL_CTX_set_min_proto_version(ssl, TLS1_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ssl, SUITES_12) == 1 && SSL_CTX_set_ciphersuites(ssl, SUITES_13) == 1 &&
           SSL_CTX_set1_groups_list(ssl, GROUPS) == 1 && SSL_CTX_set1_sigalgs_list(ssl, SIGNATURES) == 1;
}

enum cs_err lane_full_context_new(struct lane_full_context **out, struct tls_crypto *crypto,
                                  struct diag *diag)
{
    struct lane_full_context *context = calloc(1, sizeof *context);
    *out = NULL;
    if (context == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    context->crypto = crypto;
    context->ssl = SSL_CTX_new_ex(tls_crypto_library(crypto), NULL, TLS_client_method());
    if (context->ssl == NULL || !configure(context->ssl)) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        diag_set(diag, "libssl does not start: %s", reason != NULL ? reason : "unknown reason");
        ERR_clear_error();
        lane_full_context_free(context);
        return CS_E_IO;
    }
    *out = context;
    return CS_OK;
}

void lane_full_context_free(struct lane_full_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}

static bool ask_for(SSL *ssl, enum key_family keys)
{
    if (keys == KEY_FAMILY_ANY)
        return true;
    bool rsa = keys == KEY_FAMILY_RSA;
    return SSL_set_cipher_list(ssl, rsa ? SUITES_12 ":!aECDSA:!aDSS" : SUITES_12 ":!aRSA") == 1 &&
           SSL_set1_sigalgs_list(ssl, rsa ? RSA_SIGNATURES : OTHER_SIGNATURES) == 1;
}

struct lane_full *lane_full_begin(struct lane_full_context *context, enum key_family keys,
                                  const char *server_name)
{
    struct lane_full *lane = calloc(1, sizeof *lane);
    if (lane == NULL)
        return NULL;
    lane->context = context;
    lane->alert = -1;
    lane->ssl = SSL_new(context->ssl);
    lane->from_peer = BIO_new(BIO_s_mem());
    lane->to_peer = BIO_new(BIO_s_mem());
    bool ready = lane->ssl != NULL && lane->from_peer != NULL && lane->to_peer != NULL;
    ready = ready && ask_for(lane->ssl, keys);
    if (ready && server_name != NULL)
        ready = SSL_set_tlsext_host_name(lane->ssl, server_name) == 1;
    if (!ready) {
        BIO_free(lane->from_peer);
        BIO_free(lane->to_peer);
        SSL_free(lane->ssl);
        free(lane);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_bio(lane->ssl, lane->from_peer, lane->to_peer);
    SSL_set_msg_callback_arg(lane->ssl, lane);
    SSL_set_connect_state(lane->ssl);
    return lane;
}

void lane_full_free(struct lane_full *lane)
{
    if (lane == NULL)
        return;
    SSL_free(lane->ssl);
    chain_dispose(&lane->chain);
    free(lane);
}

/* What libssl's own refusals mean for the peer. */
static enum lane_verdict end_by_reason(struct lane_result *result)
{
    unsigned long error = ERR_peek_error();
    const char *text = ERR_reason_error_string(error);
    switch (ERR_GET_REASON(error)) {
    case SSL_R_EXCESSIVE_MESSAGE_SIZE:
        return lane_end(result, OUTCOME_TOO_LARGE, "a handshake message beyond the limit");
    case ERR_R_MALLOC_FAILURE:
        return lane_end(result, OUTCOME_LOCAL_ERROR, "out of memory");
    case SSL_R_UNSUPPORTED_PROTOCOL: /* sound TLS or SSL, of a version that libssl has not */
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_UNKNOWN_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
        return lane_end(result, OUTCOME_TLS_ALERT,
                        "protocol_version (ours: the server chose one we cannot speak)");
    default:
        return lane_end(result, OUTCOME_MALFORMED, text != NULL ? text : "broken handshake");
    }
}

static enum lane_verdict judge(struct lane_full *lane, int rc, struct lane_result *result)
{
    int why = SSL_get_error(lane->ssl, rc);
    if (lane->chain.certs != NULL) {
        result->outcome = OUTCOME_CERTIFICATE;
        result->chain = lane->chain;
        lane->chain = (struct chain){0};
        return LANE_CHAIN;
    }
    if (lane->chain_err != CS_OK)
        return lane_end_by_list(result, lane->chain_err);
    if (lane->alert >= 0)
        return lane_end_by_alert(result, (uint8_t)lane->alert);
    if (rc == 1)
        return lane_end(result, OUTCOME_MALFORMED, "a handshake without certificate");
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? LANE_MORE : end_by_reason(result);
}

enum lane_verdict lane_full_step(struct lane_full *lane, const uint8_t *in, size_t in_len, struct buf *out,
                                 struct lane_result *result)
{
    ERR_clear_error();
    if (in_len > 0 && BIO_write(lane->from_peer, in, (int)in_len) != (int)in_len)
        return lane_end(result, OUTCOME_LOCAL_ERROR, "out of memory");
    int rc = SSL_do_handshake(lane->ssl);
    enum lane_verdict verdict = judge(lane, rc, result);
    if (verdict == LANE_MORE) {
        char *bytes;
        long len = BIO_get_mem_data(lane->to_peer, &bytes);
        if (len > 0)
            buf_append(out, bytes, (size_t)len);
        (void)BIO_reset(lane->to_peer);
    }
    ERR_clear_error();
    return verdict;
}
