// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tls13_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/cursor.h"
#include "tests/support/tls13_seal.h"

#define RECORD_HEADER  5
#define MESSAGE_HEADER 4
#define SECRET_MAX     66

enum { CHANGE_CIPHER_SPEC = 20, HANDSHAKE = 22 };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, MESSAGE_HASH = 254 };
enum { EXT_PADDING = 21, EXT_VERSIONS = 43, EXT_COOKIE = 44, EXT_KEY_SHARE = 51 };

static const uint8_t retry_random[32] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C,
                                         0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB,
                                         0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

static const struct {
    uint16_t number;
    const char *type;
    const char *curve;
} groups[] = {
    {23, "EC", "P-256"}, {24, "EC", "P-384"}, {25, "EC", "P-521"}, {29, "X25519", NULL}, {30, "X448", NULL},
};
#define GROUP_COUNT (sizeof groups / sizeof groups[0])

struct tls13_server {
    struct tls13_server_options options;
    struct buf in; /* of the client, what is no whole record yet */
    struct buf transcript;
    struct buf frame; /* what no second hello may change */
    unsigned retried;
    bool said_hello;
};

struct client_hello_parts {
    struct cursor session_id;
    struct cursor share;
    uint16_t group; /* of the share */
    struct cursor cookie;
    bool is_tls13;
};

static void check(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "tls13_server: %s failed\n", what);
        abort();
    }
}

static void put(struct buf *out, size_t value, unsigned bytes)
{
    while (bytes-- > 0)
        buf_append_char(out, (char)(value >> (8 * bytes)));
}

/* ---- the client's hello ---- */

static bool take_share(struct client_hello_parts *parts, struct cursor body)
{
    struct cursor list;
    return cursor_vector(&body, 2, &list) && body.left == 0 && cursor_u16(&list, &parts->group) &&
           cursor_vector(&list, 2, &parts->share) && list.left == 0;
}

static bool take_versions(struct client_hello_parts *parts, struct cursor body)
{
    struct cursor list;
    uint16_t version;
    if (!cursor_vector(&body, 1, &list) || body.left > 0)
        return false;
    while (cursor_u16(&list, &version))
        parts->is_tls13 |= version == 0x0304;
    return list.left == 0;
}

static bool take_extension(struct client_hello_parts *parts, struct buf *frame, uint16_t type,
                           struct cursor body)
{
    switch (type) {
    case EXT_KEY_SHARE:
        return take_share(parts, body);
    case EXT_COOKIE:
        return cursor_vector(&body, 2, &parts->cookie) && body.left == 0;
    case EXT_PADDING:
        return true;
    case EXT_VERSIONS:
        if (!take_versions(parts, body))
            return false;
        break;
    default:
        break;
    }
    put(frame, type, 2);
    buf_append(frame, body.at, body.left);
    return true;
}

/* `frame` gets all that has to stay as it is (RFC 8446, 4.1.2). */
static bool parse_hello(struct client_hello_parts *parts, struct buf *frame, struct cursor body)
{
    struct cursor head;
    struct cursor suites;
    struct cursor compressions;
    struct cursor list;
    struct cursor extension;
    uint16_t type;
    *parts = (struct client_hello_parts){0};
    if (!cursor_bytes(&body, 34, &head) || !cursor_vector(&body, 1, &parts->session_id) ||
        !cursor_vector(&body, 2, &suites) || !cursor_vector(&body, 1, &compressions) ||
        !cursor_vector(&body, 2, &list) || body.left > 0)
        return false;
    buf_append(frame, head.at, head.left);
    buf_append(frame, parts->session_id.at, parts->session_id.left);
    buf_append(frame, suites.at, suites.left);
    buf_append(frame, compressions.at, compressions.left);
    while (cursor_u16(&list, &type)) {
        if (!cursor_vector(&list, 2, &extension) || !take_extension(parts, frame, type, extension))
            return false;
    }
    return list.left == 0 && parts->is_tls13 && parts->share.left > 0;
}

/* ---- hellos of ours ---- */

static void put_message(struct tls13_server *server, const struct buf *message, struct buf *out,
                        const void *behind, size_t behind_len)
{
    struct buf all = {0};
    buf_append(&all, message->data, message->len);
    buf_append(&all, behind, behind_len);
    size_t piece = server->options.hello_piece != 0 ? server->options.hello_piece : all.len;
    for (size_t at = 0; at < all.len; at += piece) {
        size_t len = all.len - at < piece ? all.len - at : piece;
        put(out, HANDSHAKE, 1);
        put(out, 0x0303, 2);
        put(out, len, 2);
        buf_append(out, all.data + at, len);
    }
    if (server->options.changes_cipher_spec && !server->said_hello)
        buf_append(out, "\x14\x03\x03\x00\x01\x01", 6);
    server->said_hello = true;
    buf_dispose(&all);
}

/* A ServerHello or a retry: `extensions` behind supported_versions. */
static struct buf make_hello(const uint8_t *random, struct cursor session_id, uint16_t suite,
                             const struct buf *extensions)
{
    struct buf message = {0};
    size_t len = 2 + 32 + 1 + session_id.left + 2 + 1 + 2 + 6 + extensions->len;
    put(&message, SERVER_HELLO, 1);
    put(&message, len, 3);
    put(&message, 0x0303, 2);
    buf_append(&message, random, 32);
    put(&message, session_id.left, 1);
    buf_append(&message, session_id.at, session_id.left);
    put(&message, suite, 2);
    put(&message, 0, 1);
    put(&message, 6 + extensions->len, 2);
    put(&message, EXT_VERSIONS, 2);
    put(&message, 2, 2);
    put(&message, 0x0304, 2);
    buf_append(&message, extensions->data, extensions->len);
    return message;
}

static void put_extension(struct buf *out, uint16_t type, const struct buf *body)
{
    put(out, type, 2);
    put(out, body->len, 2);
    buf_append(out, body->data, body->len);
}

static void say_retry(struct tls13_server *server, const struct client_hello_parts *client, uint16_t group,
                      struct buf *out)
{
    const struct tls13_server_options *options = &server->options;
    uint16_t suite = options->retry_suite != 0 ? options->retry_suite : options->suite;
    const char *hash = tls13_hash_of(suite);
    struct buf extensions = {0};
    struct buf body = {0};
    uint8_t digest[TLS13_SEAL_HASH_MAX];
    if (group != 0) {
        put(&body, group, 2);
        put_extension(&extensions, EXT_KEY_SHARE, &body);
        buf_reset(&body);
    }
    if (options->cookie != NULL) {
        put(&body, options->cookie_len, 2);
        buf_append(&body, options->cookie, options->cookie_len);
        put_extension(&extensions, EXT_COOKIE, &body);
    }
    struct buf retry = make_hello(retry_random, client->session_id, suite, &extensions);
    if (hash != NULL) { /* ClientHello1 as its hash: RFC 8446, 4.4.1 */
        size_t size = tls13_hash(suite, server->transcript.data, server->transcript.len, digest);
        buf_reset(&server->transcript);
        put(&server->transcript, MESSAGE_HASH, 1);
        put(&server->transcript, size, 3);
        buf_append(&server->transcript, digest, size);
    }
    buf_append(&server->transcript, retry.data, retry.len);
    put_message(server, &retry, out, NULL, 0);
    server->retried++;
    buf_dispose(&retry);
    buf_dispose(&body);
    buf_dispose(&extensions);
}

/* ---- the key agreement ---- */

static EVP_PKEY *make_pair(size_t group)
{
    EVP_PKEY *key = groups[group].curve != NULL
                        ? EVP_PKEY_Q_keygen(NULL, NULL, groups[group].type, groups[group].curve)
                        : EVP_PKEY_Q_keygen(NULL, NULL, groups[group].type);
    check(key != NULL, "a key pair");
    return key;
}

static EVP_PKEY *client_key(size_t group, EVP_PKEY *ours, struct cursor share)
{
    if (groups[group].curve == NULL)
        return EVP_PKEY_new_raw_public_key_ex(NULL, groups[group].type, NULL, share.at, share.left);
    EVP_PKEY *key = EVP_PKEY_new();
    if (key != NULL && EVP_PKEY_copy_parameters(key, ours) == 1 &&
        EVP_PKEY_set1_encoded_public_key(key, share.at, share.left) == 1)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

/* Our half goes to `share`, the secret to `secret`. False: the client's half is none. */
static bool agree(size_t group, struct cursor theirs, struct buf *share, uint8_t secret[SECRET_MAX],
                  size_t *secret_len)
{
    unsigned char *half = NULL;
    EVP_PKEY *ours = make_pair(group);
    EVP_PKEY *peer = client_key(group, ours, theirs);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ours, NULL);
    size_t len = EVP_PKEY_get1_encoded_public_key(ours, &half);
    *secret_len = SECRET_MAX;
    bool done = len > 0 && ctx != NULL && peer != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
                EVP_PKEY_derive_set_peer(ctx, peer) == 1 && EVP_PKEY_derive(ctx, secret, secret_len) == 1;
    buf_append(share, half, len);
    OPENSSL_free(half);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(ours);
    ERR_clear_error();
    return done;
}

/* ---- the flight ---- */

static void put_record(struct tls13_sealer *sealer, const struct tls13_record *record, struct buf *out)
{
    if (record->how == TLS13_CLEAR) {
        put(out, record->type, 1);
        put(out, 0x0303, 2);
        put(out, record->len, 2);
        buf_append(out, record->bytes, record->len);
        return;
    }
    tls13_seal(sealer, out, record->type, record->bytes, record->len, record->padding);
    if (record->how == TLS13_SEALED_BADLY)
        out->data[out->len - 1] ^= 1;
}

static void put_share(const struct tls13_server_options *options, uint16_t group, const struct buf *real,
                      struct buf *extensions)
{
    struct buf body = {0};
    if (options->no_share)
        return;
    put(&body, options->share_group != 0 ? options->share_group : group, 2);
    if (options->share != NULL) {
        put(&body, options->share_len, 2);
        buf_append(&body, options->share, options->share_len);
    } else {
        put(&body, real->len, 2);
        buf_append(&body, real->data, real->len);
    }
    put_extension(extensions, EXT_KEY_SHARE, &body);
    buf_dispose(&body);
}

static bool say_flight(struct tls13_server *server, const struct client_hello_parts *client, struct buf *out)
{
    const struct tls13_server_options *options = &server->options;
    uint8_t random[32];
    uint8_t secret[SECRET_MAX];
    uint8_t digest[TLS13_SEAL_HASH_MAX];
    size_t secret_len;
    size_t group = 0;
    struct buf share = {0};
    struct buf extensions = {0};
    struct tls13_sealer sealer;
    while (group < GROUP_COUNT && groups[group].number != client->group)
        group++;
    bool agreed = group < GROUP_COUNT && agree(group, client->share, &share, secret, &secret_len);
    memset(random, 0x5E, sizeof random);
    put_share(options, client->group, &share, &extensions);
    struct buf hello = make_hello(random, client->session_id, options->suite, &extensions);
    buf_append(&server->transcript, hello.data, hello.len);
    put_message(server, &hello, out, options->behind_hello, options->behind_hello_len);
    if (agreed && tls13_hash_of(options->suite) != NULL) {
        tls13_hash(options->suite, server->transcript.data, server->transcript.len, digest);
        tls13_sealer_init(&sealer, options->suite, secret, secret_len, digest);
        for (size_t i = 0; i < options->record_count; i++)
            put_record(&sealer, &options->records[i], out);
    }
    buf_dispose(&hello);
    buf_dispose(&extensions);
    buf_dispose(&share);
    return agreed;
}

static bool answer(struct tls13_server *server, struct cursor message, struct buf *out)
{
    const struct tls13_server_options *options = &server->options;
    struct client_hello_parts client;
    struct cursor body = {message.at + MESSAGE_HEADER, message.left - MESSAGE_HEADER};
    struct buf frame = {0};
    bool sound = parse_hello(&client, &frame, body);
    if (server->retried > 0)
        sound =
            sound && frame.len == server->frame.len &&
            memcmp(frame.data, server->frame.data, frame.len) == 0 &&
            client.cookie.left == options->cookie_len &&
            (options->cookie == NULL || memcmp(client.cookie.at, options->cookie, options->cookie_len) == 0);
    buf_dispose(&server->frame);
    server->frame = frame;
    buf_append(&server->transcript, message.at, message.left);
    if (!sound)
        return false;
    bool wrong_group = options->group != 0 && client.group != options->group;
    uint16_t wanted = options->retry_group != 0 ? options->retry_group : options->group;
    if (server->retried < options->retries || (wrong_group && server->retried == 0)) {
        say_retry(server, &client, wanted, out);
        return true;
    }
    return !wrong_group && say_flight(server, &client, out);
}

/* ---- records of the client ---- */

static bool take_record(struct tls13_server *server, struct cursor record, struct buf *out)
{
    uint32_t len;
    struct cursor message = {record.at + RECORD_HEADER, record.left - RECORD_HEADER};
    struct cursor ahead = message;
    uint8_t type;
    if (record.at[0] == CHANGE_CIPHER_SPEC)
        return message.left == 1 && message.at[0] == 1;
    return record.at[0] == HANDSHAKE && cursor_u8(&ahead, &type) && type == CLIENT_HELLO &&
           cursor_number(&ahead, 3, &len) && len == ahead.left && answer(server, message, out);
}

bool tls13_server_take(struct tls13_server *server, const uint8_t *bytes, size_t len, struct buf *out)
{
    buf_append(&server->in, bytes, len);
    while (server->in.len >= RECORD_HEADER) {
        size_t whole = RECORD_HEADER + ((size_t)server->in.data[3] << 8 | server->in.data[4]);
        if (server->in.len < whole)
            break;
        bool taken = take_record(server, (struct cursor){server->in.data, whole}, out);
        buf_consume(&server->in, whole);
        if (!taken)
            return false;
    }
    return true;
}

struct tls13_server *tls13_server_new(const struct tls13_server_options *options)
{
    struct tls13_server *server = calloc(1, sizeof *server);
    check(server != NULL, "memory");
    server->options = *options;
    if (server->options.suite == 0)
        server->options.suite = 0x1301;
    return server;
}

void tls13_server_free(struct tls13_server *server)
{
    if (server == NULL)
        return;
    buf_dispose(&server->in);
    buf_dispose(&server->transcript);
    buf_dispose(&server->frame);
    free(server);
}
