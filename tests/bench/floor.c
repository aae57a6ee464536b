// SPDX-License-Identifier: Apache-2.0
/* The floors a scan is measured against: one thread, epoll, and nothing that is not needed.
 *   floor MODE COUNT PORT AT_ONCE [MILLISECONDS [FIRST-ADDRESS]]
 * connects to COUNT addresses from 127.1.0.0 (or FIRST-ADDRESS) on:
 *   a     hello, read to the end of a clear Certificate, reset
 *   h     a, and SHA-256 of each certificate and one JSON line
 *   th    the same from TLS 1.3: one reused X25519 key, HKDF, AEAD
 *   d     a, and d2i_X509 of the leaf and its fields
 *   dark  connect, and a time limit after which it is closed
 * Lines go to stdout, the number of certificates to stderr. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#define BUFFER 16384

struct conn {
    int fd;
    uint32_t number;
    uint64_t until_ms;
    struct conn *next; /* in order of their time limit, which is one for all */
    size_t len;
    bool sent;
    uint8_t bytes[]; /* BUFFER, but for dark ones */
};

static const char *mode;
static uint16_t port;
static uint32_t first_address = 0x7F010000u;
static uint32_t limit_ms = 10000;
static unsigned long certificates;
static uint8_t hello[512];
static size_t hello_len;

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "floor: %s\n", what);
    exit(1);
}

/* ---- TLS 1.3 ---- */

static EVP_PKEY *pair;
static EVP_PKEY_CTX *agreement;
static EVP_MD *sha256;
static EVP_MD_CTX *digest;
static EVP_MAC_CTX *hmac;
static EVP_CIPHER *gcm;
static EVP_CIPHER_CTX *cipher;

static void prepare_crypto(void)
{
    char name[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0), OSSL_PARAM_END};
    pair = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    agreement = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
    EVP_PKEY_derive_init(agreement);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    digest = EVP_MD_CTX_new();
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hmac = EVP_MAC_CTX_new(mac);
    EVP_MAC_CTX_set_params(hmac, params);
    gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    cipher = EVP_CIPHER_CTX_new();
}

static void hash(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t out[32])
{
    EVP_DigestInit_ex2(digest, sha256, NULL);
    EVP_DigestUpdate(digest, a, a_len);
    EVP_DigestUpdate(digest, b, b_len);
    EVP_DigestFinal_ex(digest, out, NULL);
}

static void mac(const uint8_t key[32], const uint8_t *data, size_t len, uint8_t out[32])
{
    size_t done;
    EVP_MAC_init(hmac, key, 32, NULL);
    EVP_MAC_update(hmac, data, len);
    EVP_MAC_final(hmac, out, &done, 32);
}

/* HKDF-Expand-Label, RFC 8446, 7.1; outputs of up to 32 bytes. */
static void expand(const uint8_t secret[32], const char *label, const uint8_t *context, uint8_t len,
                   uint8_t *out)
{
    uint8_t info[128] = {0, len};
    uint8_t block[32];
    size_t at = 3;
    info[2] = (uint8_t)(6 + strlen(label));
    memcpy(info + at, "tls13 ", 6);
    memcpy(info + at + 6, label, strlen(label));
    at += info[2];
    info[at++] = context != NULL ? 32 : 0;
    if (context != NULL) {
        memcpy(info + at, context, 32);
        at += 32;
    }
    info[at++] = 1;
    mac(secret, info, at, block);
    memcpy(out, block, len);
}

struct opener {
    uint8_t key[16];
    uint8_t iv[12];
    uint64_t sequence;
};

static void agree(const uint8_t *server_hello, size_t len, const uint8_t *share, struct opener *opener)
{
    /* Derive-Secret(early secret without PSK, "derived", ""): the same for all */
    static const uint8_t derived[32] = {0x6f, 0x26, 0x15, 0xa1, 0x08, 0xc7, 0x02, 0xc5, 0x67, 0x8f, 0x54,
                                        0xfc, 0x9d, 0xba, 0xb6, 0x97, 0x16, 0xc0, 0x76, 0x18, 0x9c, 0x48,
                                        0x25, 0x0c, 0xeb, 0xea, 0xc3, 0x57, 0x6c, 0x36, 0x11, 0xba};
    uint8_t shared[32];
    uint8_t secret[32];
    uint8_t transcript[32];
    uint8_t traffic[32];
    size_t shared_len = sizeof shared;
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, share, 32);
    require(EVP_PKEY_derive_set_peer_ex(agreement, peer, 0) == 1 &&
                EVP_PKEY_derive(agreement, shared, &shared_len) == 1,
            "no key agreement");
    EVP_PKEY_free(peer);
    hash(hello + 5, hello_len - 5, server_hello, len, transcript);
    mac(derived, shared, sizeof shared, secret);
    expand(secret, "s hs traffic", transcript, 32, traffic);
    expand(traffic, "key", NULL, sizeof opener->key, opener->key);
    expand(traffic, "iv", NULL, sizeof opener->iv, opener->iv);
    opener->sequence = 0;
}

static size_t open_record(struct opener *opener, const uint8_t *record, size_t len, uint8_t *out)
{
    uint8_t nonce[12];
    int done = 0;
    memcpy(nonce, opener->iv, sizeof nonce);
    nonce[11] ^= (uint8_t)opener->sequence++;
    uint8_t tag[16];
    memcpy(tag, record + 5 + len - 16, 16);
    require(EVP_DecryptInit_ex2(cipher, gcm, opener->key, nonce, NULL) == 1 &&
                EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1 &&
                EVP_DecryptUpdate(cipher, NULL, &done, record, 5) == 1 &&
                EVP_DecryptUpdate(cipher, out, &done, record + 5, (int)len - 16) == 1 &&
                EVP_DecryptFinal_ex(cipher, out + done, &(int){0}) == 1,
            "a record does not open");
    return (size_t)done - 1; /* the content type; no padding in this server */
}

/* ---- flights ---- */

static size_t u16(const uint8_t *at)
{
    return (size_t)at[0] << 8 | at[1];
}

static size_t u24(const uint8_t *at)
{
    return (size_t)at[0] << 16 | u16(at + 1);
}

/* The Certificate message among whole handshake messages; NULL = not there yet. */
static const uint8_t *find_certificate(const uint8_t *at, size_t len, size_t *body_len)
{
    while (len >= 4 && len >= 4 + u24(at + 1)) {
        *body_len = u24(at + 1);
        if (at[0] == 11)
            return at + 4;
        at += 4 + *body_len;
        len -= 4 + *body_len;
    }
    return NULL;
}

static void put_line(const struct conn *conn, const uint8_t *list, size_t len, size_t extensions)
{
    char text[4096];
    size_t text_len = (size_t)snprintf(text, sizeof text, "{\"target\":%u,\"chain\":[", conn->number);
    while (len > 3) {
        uint8_t sum[32];
        size_t der_len = u24(list);
        hash(list + 3, der_len, NULL, 0, sum);
        text[text_len++] = '"';
        for (int i = 0; i < 32; i++) {
            text[text_len++] = "0123456789abcdef"[sum[i] >> 4];
            text[text_len++] = "0123456789abcdef"[sum[i] & 15];
        }
        text_len += (size_t)snprintf(text + text_len, 4, "\",");
        size_t step = 3 + der_len + (extensions > 0 ? 2 + u16(list + 3 + der_len) : 0);
        list += step;
        len -= step;
    }
    text_len += (size_t)snprintf(text + text_len - 1, 4, "]}\n") - 1;
    fwrite(text, 1, text_len, stdout);
}

static volatile size_t sink; /* so that nothing that is read is left out */

static void read_fields(const uint8_t *der, size_t len)
{
    const uint8_t *at = der;
    X509 *cert = d2i_X509(NULL, &at, (long)len);
    require(cert != NULL, "no certificate");
    BIO *text = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(text, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253);
    X509_NAME_print_ex(text, X509_get_issuer_name(cert), 0, XN_FLAG_RFC2253);
    BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
    char *hex = BN_bn2hex(serial);
    struct tm tm;
    ASN1_TIME_to_tm(X509_get0_notBefore(cert), &tm);
    ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm);
    EVP_PKEY *key = X509_get0_pubkey(cert);
    sink += (size_t)EVP_PKEY_get_bits(key) + (size_t)EVP_PKEY_get_base_id(key);
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        sink += strlen((const char *)ASN1_STRING_get0_data(sk_GENERAL_NAME_value(names, i)->d.dNSName));
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    OPENSSL_free(hex);
    BN_free(serial);
    BIO_free(text);
    X509_free(cert);
}

/* True when the chain of a clear flight is there. */
static bool take_clear(struct conn *conn)
{
    static uint8_t messages[BUFFER];
    size_t len = 0;
    size_t body_len;
    for (size_t at = 0; conn->len - at >= 5 && conn->len - at >= 5 + u16(conn->bytes + at + 3);) {
        size_t size = u16(conn->bytes + at + 3);
        memcpy(messages + len, conn->bytes + at + 5, size);
        len += size;
        at += 5 + size;
    }
    const uint8_t *body = find_certificate(messages, len, &body_len);
    if (body == NULL)
        return false;
    if (mode[0] == 'h')
        put_line(conn, body + 3, body_len - 3, 0);
    else if (mode[0] == 'd')
        read_fields(body + 6, u24(body + 3));
    return true;
}

static const uint8_t *find_share(const uint8_t *server_hello)
{
    const uint8_t *at = server_hello + 4 + 2 + 32;
    at += 1 + at[0] + 2 + 1;
    const uint8_t *end = at + 2 + u16(at);
    for (at += 2; at < end; at += 4 + u16(at + 2)) {
        if (u16(at) == 51)
            return at + 8;
    }
    return NULL;
}

static bool take_sealed(struct conn *conn)
{
    static uint8_t messages[BUFFER];
    struct opener opener;
    size_t len = 0;
    size_t body_len;
    const uint8_t *body = NULL;
    size_t records = 0; /* five make the flight: only once it is whole are its keys made */
    for (size_t at = 0; conn->len - at >= 5 && conn->len - at >= 5 + u16(conn->bytes + at + 3); records++)
        at += 5 + u16(conn->bytes + at + 3);
    if (records < 5)
        return false;
    for (size_t at = 0;
         body == NULL && conn->len - at >= 5 && conn->len - at >= 5 + u16(conn->bytes + at + 3);) {
        const uint8_t *record = conn->bytes + at;
        size_t size = u16(record + 3);
        if (record[0] == 22)
            agree(record + 5, size, find_share(record + 5), &opener);
        else if (record[0] == 23)
            len += open_record(&opener, record, size, messages + len);
        at += 5 + size;
        body = find_certificate(messages, len, &body_len);
    }
    if (body == NULL)
        return false;
    put_line(conn, body + 1 + 3, body_len - 4, 1);
    return true;
}

static void make_hello(void)
{
    static const uint8_t head[] = {22, 3, 1, 0, 0, 1, 0, 0, 0, 3, 3};
    static const uint8_t tail[] = {
        0, 0,  8, 0xC0, 0x2B, 0xC0, 0x2F, 0x13, 0x01, 0x00, 0x9C, 1, 0,          /* suites, no compression */
        0, 0,                                                                    /* length of extensions */
        0, 10, 0, 4,    0,    2,    0,    29,                                    /* x25519 */
        0, 13, 0, 12,   0,    10,   4,    3,    8,    4,    4,    1, 8, 7, 5, 3, /* signatures */
        0, 43, 0, 5,    4,    3,    4,    3,    3,                               /* TLS 1.3, 1.2 */
        0, 51, 0, 38,   0,    36,   0,    29,   0,    32};                       /* and 32 bytes */
    size_t share_len = 32;
    memcpy(hello, head, sizeof head);
    hello_len = sizeof head + 32;
    memcpy(hello + hello_len, tail, sizeof tail);
    hello_len += sizeof tail;
    EVP_PKEY_get_raw_public_key(pair, hello + hello_len, &share_len);
    hello_len += share_len;
    size_t extensions = hello_len - (sizeof head + 32) - 15;
    hello[sizeof head + 32 + 13] = (uint8_t)(extensions >> 8);
    hello[sizeof head + 32 + 14] = (uint8_t)extensions;
    hello[3] = (uint8_t)((hello_len - 5) >> 8);
    hello[4] = (uint8_t)(hello_len - 5);
    hello[7] = (uint8_t)((hello_len - 9) >> 8);
    hello[8] = (uint8_t)(hello_len - 9);
}

/* ---- connections ---- */

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct conn *begin(int epoll, uint32_t number)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(first_address + number);
    bool dark = strcmp(mode, "dark") == 0;
    struct conn *conn = malloc(sizeof *conn + (dark ? 0 : BUFFER));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    require(conn != NULL && fd >= 0, "no socket");
    *conn = (struct conn){.fd = fd, .number = number, .until_ms = now_ms() + limit_ms};
    require(connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS, "no connect");
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = conn};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    return conn;
}

static void end(struct conn *conn)
{
    struct linger by_reset = {.l_onoff = 1};
    if (conn->sent)
        setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &by_reset, sizeof by_reset);
    close(conn->fd);
    conn->fd = -1;
}

/* True when the connection is over. */
static bool drive(int epoll, struct conn *conn)
{
    if (!conn->sent) {
        conn->sent = true;
        require(write(conn->fd, hello, hello_len) == (ssize_t)hello_len, "no write");
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
        epoll_ctl(epoll, EPOLL_CTL_MOD, conn->fd, &event);
        return false;
    }
    ssize_t len = read(conn->fd, conn->bytes + conn->len, BUFFER - conn->len);
    require(len > 0, "a server that ends before its certificate");
    conn->len += (size_t)len;
    if (!(strcmp(mode, "th") == 0 ? take_sealed(conn) : take_clear(conn)))
        return false;
    certificates++;
    return true;
}

static void scan(uint32_t count, uint32_t at_once)
{
    struct epoll_event events[256];
    struct conn *oldest = NULL;
    struct conn **newest = &oldest;
    bool timed = strcmp(mode, "dark") == 0;
    int epoll = epoll_create1(0);
    uint32_t begun = 0;
    for (uint32_t ended = 0; ended < count;) {
        while (begun < count && begun - ended < at_once) {
            struct conn *conn = begin(epoll, begun++);
            *newest = timed ? conn : NULL;
            newest = timed ? &conn->next : newest;
        }
        int wait_ms = 10000;
        if (oldest != NULL)
            wait_ms = oldest->until_ms > now_ms() ? (int)(oldest->until_ms - now_ms()) : 0;
        int ready = epoll_wait(epoll, events, 256, wait_ms);
        for (int i = 0; i < ready && !timed; i++) {
            struct conn *conn = events[i].data.ptr;
            if (!drive(epoll, conn))
                continue;
            end(conn);
            free(conn);
            ended++;
        }
        for (uint64_t now = now_ms(); oldest != NULL && oldest->until_ms <= now; ended++) {
            struct conn *conn = oldest;
            oldest = conn->next;
            newest = oldest == NULL ? &oldest : newest;
            end(conn);
            free(conn);
        }
    }
    close(epoll);
}

int main(int argc, char **argv)
{
    struct rlimit files;
    if (argc < 5)
        return 2;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    mode = argv[1];
    port = (uint16_t)atoi(argv[3]);
    if (argc > 5)
        limit_ms = (uint32_t)atoi(argv[5]);
    if (argc > 6)
        first_address = ntohl(inet_addr(argv[6]));
    prepare_crypto();
    make_hello();
    scan((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[4]));
    fprintf(stderr, "%lu\n", certificates);
    return 0;
}
