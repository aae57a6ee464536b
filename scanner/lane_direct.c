// SPDX-License-Identifier: Apache-2.0
/* hello -> [retry -> hello] -> ServerHello -> (clear | sealed) messages -> Certificate. Records are taken out
 * of the input, messages out of records; one function for each state takes a message. */
#include "scanner/lane_direct.h"

#include <stdio.h>
#include <string.h>

#include "model/cipher_suite.h"
#include "scanner/cert_list.h"
#include "scanner/server_hello.h"
#include "scanner/tls_alert.h"

#define NAMED_CURVE      3                        /* ECCurveType, RFC 8422, 5.4 */
#define COOKIE_MAX       15000                    /* so that a hello with it still fits one record */
#define HELLO_RANDOM_AT  (TLS_MESSAGE_HEADER + 2) /* within a ClientHello: RFC 8446, 4.1.2 */
#define HELLO_SESSION_AT (HELLO_RANDOM_AT + TLS_RANDOM + 1)

void lane_direct_begin(struct lane_direct *lane, struct lane_direct_context *context, enum hello_kind kind,
                       enum key_family keys, const char *server_name)
{
    *lane = (struct lane_direct){
        .context = context,
        .server_name = server_name,
        .kind = kind,
        .keys = keys,
        .group = TLS_GROUP_X25519,
    };
}

void lane_direct_dispose(struct lane_direct *lane)
{
    buf_dispose(&lane->transcript);
    tls_frames_dispose(&lane->records);
    tls_frames_dispose(&lane->messages);
    chain_dispose(&lane->chain);
    chain_extras_dispose(&lane->extras);
}

static enum lane_verdict out_of_memory(struct lane_result *result)
{
    return lane_end(result, OUTCOME_LOCAL_ERROR, "out of memory");
}

static enum lane_verdict malformed(struct lane_result *result, const char *detail)
{
    return lane_end(result, OUTCOME_MALFORMED, detail);
}

/* Sound TLS, but not ours to go on with. */
static enum lane_verdict unsupported(struct lane_result *result, const char *what, const char *name,
                                     uint16_t number)
{
    result->outcome = OUTCOME_TLS_ALERT;
    if (name != NULL)
        snprintf(result->detail, sizeof result->detail,
                 "handshake_failure (ours: the server wants %s %s, which the direct lane cannot do)", what,
                 name);
    else
        snprintf(result->detail, sizeof result->detail,
                 "handshake_failure (ours: the server wants %s 0x%04x, which the direct lane cannot do)",
                 what, number);
    return LANE_UNSUPPORTED;
}

/* ---- the hello ---- */

static enum lane_verdict send_hello(struct lane_direct *lane, const struct client_hello *hello,
                                    struct buf *out, struct lane_result *result)
{
    size_t begin = out->len;
    client_hello_append(out, hello);
    if (out->err == CS_OK && hello->kind == HELLO_MODERN)
        buf_append(&lane->transcript, out->data + begin + TLS_RECORD_HEADER,
                   out->len - begin - TLS_RECORD_HEADER);
    return out->err == CS_OK && lane->transcript.err == CS_OK ? LANE_MORE : out_of_memory(result);
}

static struct client_hello hello_of(const struct lane_direct *lane)
{
    return (struct client_hello){
        .kind = lane->kind,
        .keys = lane->keys,
        .server_name = lane->server_name,
        .group = lane->group,
        .share = tls_crypto_share(lane->context->crypto, lane->group),
    };
}

static enum lane_verdict say_hello(struct lane_direct *lane, struct buf *out, struct lane_result *result)
{
    struct client_hello hello = hello_of(lane);
    hello.record_version = TLS_VERSION_1_0;
    if (!tls_crypto_random(lane->context->crypto, hello.random, sizeof hello.random) ||
        !tls_crypto_random(lane->context->crypto, hello.session_id, sizeof hello.session_id))
        return out_of_memory(result);
    return send_hello(lane, &hello, out, result);
}

/* ClientHello1 is replaced by a message that holds its hash: RFC 8446, 4.4.1. */
static bool fold_transcript(struct lane_direct *lane, enum tls_hash hash, const struct tls_frame *retry)
{
    uint8_t digest[TLS_HASH_MAX];
    const uint8_t header[TLS_MESSAGE_HEADER] = {TLS_MESSAGE_HASH, 0, 0, (uint8_t)tls_hash_size(hash)};
    struct cursor first = {lane->transcript.data, lane->transcript.len};
    if (!tls_crypto_hash(lane->context->crypto, hash, &first, 1, digest))
        return false;
    buf_reset(&lane->transcript);
    buf_append(&lane->transcript, header, sizeof header);
    buf_append(&lane->transcript, digest, tls_hash_size(hash));
    buf_append(&lane->transcript, retry->header, TLS_MESSAGE_HEADER + retry->len);
    return lane->transcript.err == CS_OK;
}

/* RFC 8446, 4.1.2 and 4.1.4: the same hello again, with the share and the cookie that were asked for. */
static enum lane_verdict answer_retry(struct lane_direct *lane, const struct tls_frame *message,
                                      const struct server_hello *retry, const struct tls13_suite *suite,
                                      struct buf *out, struct lane_result *result)
{
    static const uint8_t change_cipher_spec[] = {TLS_CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1};
    uint16_t group = retry->has_key_share ? retry->group : lane->group;
    if (lane->retried)
        return malformed(result, "a second HelloRetryRequest");
    if (!tls_crypto_has_group(group))
        return unsupported(result, "group", tls_group_name(group), group);
    if (group == lane->group && retry->cookie.at == NULL)
        return malformed(result, "a HelloRetryRequest that asks for nothing new");
    if (retry->cookie.left > COOKIE_MAX)
        return malformed(result, "a HelloRetryRequest with a cookie that is too long");
    lane->retried = true;
    lane->retry_suite = suite->number;
    lane->group = group;
    struct client_hello hello = hello_of(lane);
    hello.record_version = TLS_VERSION_1_2;
    hello.cookie = retry->cookie;
    memcpy(hello.random, lane->transcript.data + HELLO_RANDOM_AT, sizeof hello.random);
    memcpy(hello.session_id, lane->transcript.data + HELLO_SESSION_AT, sizeof hello.session_id);
    if (hello.share.at == NULL || !fold_transcript(lane, suite->hash, message))
        return out_of_memory(result);
    buf_append(out, change_cipher_spec, sizeof change_cipher_spec); /* for middleboxes: RFC 8446, D.4 */
    return send_hello(lane, &hello, out, result);
}

/* ---- the server's messages ---- */

static enum lane_verdict begin_sealed(struct lane_direct *lane, const struct tls_frame *message,
                                      const struct server_hello *hello, const struct tls13_suite *suite,
                                      struct lane_result *result)
{
    struct tls_crypto *crypto = lane->context->crypto;
    uint8_t secret[TLS_SECRET_MAX];
    uint8_t transcript[TLS_HASH_MAX];
    size_t secret_len;
    const struct cursor pieces[] = {
        {lane->transcript.data, lane->transcript.len},
        {message->header, TLS_MESSAGE_HEADER + message->len},
    };
    if (!hello->has_key_share || hello->group != lane->group)
        return malformed(result, "a key share that was not asked for");
    if (lane->retried && suite->number != lane->retry_suite)
        return malformed(result, "another cipher suite than in the HelloRetryRequest");
    if (!tls_crypto_agree(crypto, hello->group, hello->share, secret, &secret_len))
        return malformed(result, "a key share that is no key");
    if (!tls_crypto_hash(crypto, suite->hash, pieces, 2, transcript) ||
        !tls13_opener_init(&lane->opener, crypto, suite, (struct cursor){secret, secret_len}, transcript))
        return out_of_memory(result);
    buf_dispose(&lane->transcript);
    lane->state = LANE_DIRECT_SEALED;
    lane->chain.group = hello->group;
    lane->chain.client_certificate = REQUEST_ABSENT; /* until it is met: it comes before the Certificate */
    return LANE_MORE;
}

static enum lane_verdict take_tls13_hello(struct lane_direct *lane, const struct tls_frame *message,
                                          const struct server_hello *hello, struct buf *out,
                                          struct lane_result *result)
{
    const struct cipher_suite *known = cipher_suite_find(hello->suite);
    const struct tls13_suite *suite = tls13_suite_find(hello->suite);
    if (lane->kind == HELLO_LEGACY)
        return malformed(result, "TLS 1.3, which was not offered");
    if (suite == NULL)
        return unsupported(result, "cipher suite", known != NULL ? known->name : NULL, hello->suite);
    return hello->is_retry ? answer_retry(lane, message, hello, suite, out, result)
                           : begin_sealed(lane, message, hello, suite, result);
}

static enum lane_verdict take_server_hello(struct lane_direct *lane, const struct tls_frame *message,
                                           struct buf *out, struct lane_result *result)
{
    struct server_hello hello;
    if (message->type == TLS_HELLO_REQUEST)
        return LANE_MORE;
    if (message->type != TLS_SERVER_HELLO)
        return malformed(result, "a handshake that does not begin with ServerHello");
    if (server_hello_parse(&hello, (struct cursor){message->body, message->len}) != CS_OK)
        return malformed(result, "a broken ServerHello");
    lane->chain.lane = LANE_DIRECT;
    lane->chain.tls_version = hello.version;
    lane->chain.cipher_suite = hello.suite;
    if (hello.version == TLS_VERSION_1_3)
        return take_tls13_hello(lane, message, &hello, out, result);
    if (hello.version < TLS_VERSION_SSL3 || hello.version > TLS_VERSION_1_3)
        return unsupported(result, "protocol version", NULL, hello.version);
    chain_extras_add(&lane->extras, EXTRA_SCT_LIST, hello.scts);
    lane->state = LANE_DIRECT_CLEAR;
    return LANE_MORE;
}

static bool hash_sha256(void *data, const uint8_t *bytes, size_t len, uint8_t out[SHA256_SIZE])
{
    struct cursor piece = {bytes, len};
    return tls_crypto_hash(data, TLS_HASH_SHA256, &piece, 1, out);
}

static enum lane_verdict take_certificate(struct lane_direct *lane, const struct tls_frame *message,
                                          struct lane_result *result)
{
    bool sealed = lane->state == LANE_DIRECT_SEALED;
    struct cursor leaf_extensions = {NULL, 0};
    enum cs_err err = cert_list_parse(&lane->chain, (struct cursor){message->body, message->len}, sealed,
                                      hash_sha256, lane->context->crypto, &leaf_extensions);
    if (err != CS_OK)
        return lane_end_by_list(result, err);
    chain_extras_add_leaf(&lane->extras, leaf_extensions);
    lane->state = LANE_DIRECT_BEHIND;
    return sealed ? LANE_CHAIN : LANE_MORE;
}

static enum lane_verdict take_clear(struct lane_direct *lane, const struct tls_frame *message,
                                    struct lane_result *result)
{
    switch (message->type) {
    case TLS_CERTIFICATE:
        return take_certificate(lane, message, result);
    case TLS_HELLO_REQUEST:
    case TLS_SUPPLEMENTAL_DATA: /* RFC 4680, 2 */
        return LANE_MORE;
    default:
        return malformed(result, "a handshake without certificate");
    }
}

static void take_request(struct lane_direct *lane, const struct tls_frame *message)
{
    lane->chain.client_certificate = REQUEST_SEEN;
    chain_extras_add_request(&lane->extras, (struct cursor){message->body, message->len},
                             lane->chain.tls_version);
}

static enum lane_verdict take_sealed(struct lane_direct *lane, const struct tls_frame *message,
                                     struct lane_result *result)
{
    switch (message->type) {
    case TLS_CERTIFICATE:
        return take_certificate(lane, message, result);
    case TLS_CERTIFICATE_REQUEST:
        take_request(lane, message);
        return LANE_MORE;
    case TLS_ENCRYPTED_EXTENSIONS:
        return LANE_MORE;
    default:
        return malformed(result, "a handshake without certificate");
    }
}

/* ServerKeyExchange of an ECDHE suite begins with its curve: RFC 8422, 5.4. */
static void take_key_exchange(struct lane_direct *lane, struct cursor body)
{
    const struct cipher_suite *suite = cipher_suite_find(lane->chain.cipher_suite);
    uint8_t type;
    uint16_t group;
    if (suite != NULL && suite->ecdhe && cursor_u8(&body, &type) && type == NAMED_CURVE &&
        cursor_u16(&body, &group))
        lane->chain.group = group;
}

static enum lane_verdict take_behind(struct lane_direct *lane, const struct tls_frame *message)
{
    struct cursor body = {message->body, message->len};
    switch (message->type) {
    case TLS_CERTIFICATE_STATUS:
        chain_extras_add_status(&lane->extras, body);
        return LANE_MORE;
    case TLS_SERVER_KEY_EXCHANGE:
        take_key_exchange(lane, body);
        return LANE_MORE;
    case TLS_CERTIFICATE_REQUEST:
        take_request(lane, message);
        return LANE_MORE;
    case TLS_SERVER_HELLO_DONE:
        if (lane->chain.client_certificate == REQUEST_UNKNOWN)
            lane->chain.client_certificate = REQUEST_ABSENT;
        return LANE_CHAIN;
    default:
        return LANE_CHAIN;
    }
}

static enum lane_verdict take_message(struct lane_direct *lane, const struct tls_frame *message,
                                      struct buf *out, struct lane_result *result)
{
    switch (lane->state) {
    case LANE_DIRECT_HELLO:
        return take_server_hello(lane, message, out, result);
    case LANE_DIRECT_CLEAR:
        return take_clear(lane, message, result);
    case LANE_DIRECT_SEALED:
        return take_sealed(lane, message, result);
    case LANE_DIRECT_BEHIND:
        break;
    }
    return take_behind(lane, message);
}

/* ---- records ---- */

static enum lane_verdict end_by_take(enum tls_take take, struct lane_result *result)
{
    if (take == TLS_TAKE_NONE)
        return LANE_MORE;
    if (take == TLS_TAKE_TOO_LARGE)
        return lane_end(result, OUTCOME_TOO_LARGE, "a handshake message beyond the limit");
    return take == TLS_TAKE_BROKEN ? malformed(result, "a broken record") : out_of_memory(result);
}

/* Messages of one record. A change of keys is at a record's end: what stands behind a TLS 1.3 ServerHello in
 * its record belongs to nobody. */
static enum lane_verdict take_messages(struct lane_direct *lane, struct cursor content, struct buf *out,
                                       struct lane_result *result)
{
    struct tls_frame message;
    enum tls_take take;
    bool was_clear = lane->state == LANE_DIRECT_HELLO;
    while ((take = tls_take_message(&lane->messages, &content, &message)) == TLS_TAKE_ONE) {
        enum lane_verdict verdict = take_message(lane, &message, out, result);
        if (verdict != LANE_MORE)
            return verdict;
        if (was_clear && lane->state == LANE_DIRECT_SEALED && content.left > 0)
            return malformed(result, "clear text behind a TLS 1.3 ServerHello");
    }
    return end_by_take(take, result);
}

/* TLS 1.3 has no levels: whatever stands there, but for one alert it is the end (RFC 8446, 6). */
static enum lane_verdict take_alert(const struct lane_direct *lane, struct cursor content,
                                    struct lane_result *result)
{
    uint8_t level;
    uint8_t description;
    if (!cursor_u8(&content, &level) || !cursor_u8(&content, &description))
        return malformed(result, "a broken alert");
    bool is_tls13 = lane->state == LANE_DIRECT_SEALED;
    bool is_final = is_tls13 ? description != TLS_ALERT_USER_CANCELED : level == TLS_ALERT_LEVEL_FATAL;
    if (is_final || description == TLS_ALERT_CLOSE_NOTIFY)
        return lane_end_by_alert(result, description);
    return LANE_MORE;
}

static enum lane_verdict take_content(struct lane_direct *lane, uint8_t type, struct cursor content,
                                      struct buf *out, struct lane_result *result)
{
    if (type == TLS_HANDSHAKE)
        return take_messages(lane, content, out, result);
    if (type == TLS_ALERT)
        return take_alert(lane, content, result);
    return malformed(result, "a record that has no place in a handshake");
}

static enum lane_verdict take_sealed_record(struct lane_direct *lane, const struct tls_frame *record,
                                            struct buf *out, struct lane_result *result)
{
    uint8_t *opened = lane->context->opened;
    uint8_t type;
    size_t len;
    struct cursor sealed = {record->body, record->len};
    if (record->type == TLS_ALERT)
        return take_alert(lane, sealed, result); /* of a server that could not go on */
    if (record->type != TLS_APPLICATION_DATA || record->len > TLS_RECORD_MAX_SEALED)
        return malformed(result, "a record that is not sealed");
    if (!tls13_open(&lane->opener, lane->context->crypto, record->header, sealed, opened, &len, &type))
        return malformed(result, "a record that does not open with the handshake key");
    return take_content(lane, type, (struct cursor){opened, len}, out, result);
}

static enum lane_verdict take_record(struct lane_direct *lane, const struct tls_frame *record,
                                     struct buf *out, struct lane_result *result)
{
    bool may_be_tls13 = lane->state == LANE_DIRECT_HELLO || lane->state == LANE_DIRECT_SEALED;
    if (record->type == TLS_CHANGE_CIPHER_SPEC && may_be_tls13)
        return LANE_MORE; /* for middleboxes: RFC 8446, D.4 */
    if (lane->state == LANE_DIRECT_SEALED)
        return take_sealed_record(lane, record, out, result);
    return take_content(lane, record->type, (struct cursor){record->body, record->len}, out, result);
}

static enum lane_verdict take_records(struct lane_direct *lane, struct cursor in, struct buf *out,
                                      struct lane_result *result)
{
    struct tls_frame record;
    enum tls_take take;
    while ((take = tls_take_record(&lane->records, &in, &record)) == TLS_TAKE_ONE) {
        enum lane_verdict verdict = take_record(lane, &record, out, result);
        if (verdict != LANE_MORE)
            return verdict;
    }
    return end_by_take(take, result);
}

enum lane_verdict lane_direct_step(struct lane_direct *lane, const uint8_t *in, size_t in_len,
                                   struct buf *out, struct lane_result *result)
{
    if (in_len == 0)
        return say_hello(lane, out, result);
    enum lane_verdict verdict = take_records(lane, (struct cursor){in, in_len}, out, result);
    if (lane->chain.certs == NULL)
        return verdict;
    chain_extras_move(&lane->extras, &lane->chain); /* whatever is wrong behind the chain, it is there */
    result->outcome = OUTCOME_CERTIFICATE;
    result->detail[0] = '\0';
    result->alerted = false;
    result->chain = lane->chain;
    lane->chain = (struct chain){0};
    return LANE_CHAIN;
}
