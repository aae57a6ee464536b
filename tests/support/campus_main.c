// SPDX-License-Identifier: Apache-2.0
/* A pretend campus on loopback: some sixty endpoints of every kind, for the demo and for tests.
 *   certscour-campus [--ready-file FILE]
 * Listens on 127.20.0.0/16, on ports from 1024 up that are in the port set `campus`, until it gets SIGTERM.
 * Once all listen, FILE holds a JSON line for each endpoint: ip, port, server_name, outcome, sha256 (an
 * array). */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/support/forge.h"

#define DAY_S      86400
#define PATIENCE_S 20 /* of a hostile endpoint */

enum kind { TLS, SILENT, SSH, HTTP, CLOSING, RESETTING, GARBAGE, DRIP };

enum issuer { SELF, PUBLIC_CA, CAMPUS_CA };

struct place { /* one row of the campus */
    const char *ip;
    uint16_t port;
    enum kind kind;
    const char *name; /* common name and DNS name */
    const char *organization;
    enum issuer issuer;
    const char *key; /* as forge.h; NULL = ec:P-256 */
    int from_day;    /* validity, in days from now; both 0 = -1 to 90 */
    int to_day;
    int min_version;   /* 0 = TLS 1.2 */
    int max_version;   /* 0 = TLS 1.3 */
    const char *extra; /* "wildcard", "client-certificate", "need-name", "dual", "no-chain", "many-names",
                          "control" */
};

static const struct place campus[] = {
    /* central IT */
    {"127.20.1.1", 8443, TLS, "www.university.example", "University", PUBLIC_CA, "rsa:2048", 0, 0, 0, 0,
     NULL},
    {"127.20.1.2", 8443, TLS, "login.university.example", "University", PUBLIC_CA, NULL, 0, 0, 0, 0, "dual"},
    {"127.20.1.3", 8443, TLS, "mail.university.example", "University", PUBLIC_CA, "rsa:3072", -200, 20, 0, 0,
     NULL},
    {"127.20.1.4", 8443, TLS, "university.example", "University", PUBLIC_CA, "rsa:2048", 0, 0, 0, 0,
     "wildcard"},
    {"127.20.1.5", 8443, TLS, "vpn.university.example", "University", PUBLIC_CA, "ec:P-384", 0, 0,
     TLS1_3_VERSION, 0, NULL},
    {"127.20.1.6", 8443, TLS, "ldap.university.example", "University", CAMPUS_CA, "rsa:2048", 0, 0, 0,
     TLS1_2_VERSION, NULL},
    {"127.20.1.6", 3269, TLS, "ldap.university.example", "University", CAMPUS_CA, "rsa:2048", 0, 0, 0,
     TLS1_2_VERSION, NULL},
    {"127.20.1.7", 8443, TLS, "eduroam.university.example", "University", CAMPUS_CA, "rsa:4096", 0, 3000, 0,
     0, "no-chain"},
    {"127.20.1.8", 5061, TLS, "sip.university.example", "University", PUBLIC_CA, NULL, 0, 0, 0, 0, NULL},
    {"127.20.1.9", 6443, TLS, "kubernetes.university.example", "University", CAMPUS_CA, NULL, 0, 0, 0, 0,
     "client-certificate"},
    {"127.20.1.10", 9443, TLS, "console.university.example", NULL, SELF, "rsa:2048", 0, 3650, 0, 0, NULL},
    {"127.20.1.11", 8883, TLS, "mqtt.university.example", "University", CAMPUS_CA, NULL, 0, 0, 0, 0, NULL},
    {"127.20.1.12", 8443, TLS, "hosting.university.example", "University", PUBLIC_CA, NULL, 0, 0, 0, 0,
     "need-name"},
    {"127.20.1.13", 2083, TLS, "radius.university.example", "University", CAMPUS_CA, "rsa:2048", -700, -5, 0,
     0, NULL},
    {"127.20.1.14", 8443, SILENT, NULL, NULL, SELF, NULL, 0, 0, 0, 0, NULL},
    {"127.20.1.15", 8443, SSH, NULL, NULL, SELF, NULL, 0, 0, 0, 0, NULL},
    {"127.20.1.16", 8443, HTTP, NULL, NULL, SELF, NULL, 0, 0, 0, 0, NULL},
    /* Faculty of Science */
    {"127.20.2.1", 8443, TLS, "www.science.university.example", "University", PUBLIC_CA, "rsa:2048", 0, 0, 0,
     0, NULL},
    {"127.20.2.2", 8443, TLS, "lab1.science.university.example", "Faculty of Science", SELF, "rsa:2048", -800,
     -70, 0, 0, NULL},
    {"127.20.2.3", 8443, TLS, "lab2.science.university.example", "Faculty of Science", SELF, "rsa:1024", 0,
     7000, TLS1_VERSION, TLS1_VERSION, NULL},
    {"127.20.2.4", 8443, TLS, "cluster.science.university.example", "Faculty of Science", PUBLIC_CA, NULL,
     -80, 10, 0, 0, NULL},
    {"127.20.2.5", 9443, TLS, "data.science.university.example", "Faculty of Science", PUBLIC_CA, "ed25519",
     0, 0, 0, 0, NULL},
    {"127.20.2.6", 9443, TLS, "telescope.science.university.example", "Faculty of Science", SELF, NULL, 30,
     400, 0, 0, NULL},
    {"127.20.2.7", 4443, TLS, "notebook.science.university.example", "Faculty of Science", SELF, NULL, 0, 0,
     0, 0, NULL},
    {"127.20.2.8", 10443, TLS, "gitlab.science.university.example", "Faculty of Science", PUBLIC_CA,
     "rsa:2048", 0, 0, TLS1_2_VERSION, TLS1_2_VERSION, NULL},
    {"127.20.2.9", 8443, TLS, "cdn.science.university.example", "Faculty of Science", PUBLIC_CA, NULL, 0, 0,
     0, 0, "many-names"},
    {"127.20.2.10", 8443, TLS, "printer.science.university.example", NULL, SELF, "rsa:1024", -3000, 600, 0,
     TLS1_2_VERSION, NULL},
    {"127.20.2.11", 8443, CLOSING, NULL, NULL, SELF, NULL, 0, 0, 0, 0, NULL},
    {"127.20.2.12", 8443, RESETTING, NULL, NULL, SELF, NULL, 0, 0, 0, 0, NULL},
    {"127.20.2.13", 5986, TLS, "winrm.science.university.example", NULL, SELF, "rsa:2048", 0, 0, 0, 0, NULL},
    {"127.20.2.14", 8443, TLS, "wiki.science.university.example", "University", PUBLIC_CA, NULL, 0, 0, 0, 0,
     NULL},
    {"127.20.2.15", 8443, TLS, "jobs.science.university.example", "University", PUBLIC_CA, NULL, 0, 0, 0, 0,
     NULL},
    /* Library */
    {"127.20.3.1", 8443, TLS, "www.library.university.example", "University", PUBLIC_CA, "rsa:2048", 0, 0, 0,
     0, NULL},
    {"127.20.3.2", 8443, TLS, "catalogue.library.university.example", "University", PUBLIC_CA, NULL, -85, 5,
     0, 0, NULL},
    {"127.20.3.3", 8443, TLS, "library.university.example", "University", PUBLIC_CA, NULL, 0, 0, 0, 0,
     "wildcard"},
    {"127.20.3.4", 8443, TLS, "proxy.library.university.example", "University", PUBLIC_CA, "rsa:2048", 0, 0,
     0, TLS1_2_VERSION, NULL},
    {"127.20.3.5", 9443, TLS, "scanner.library.university.example", NULL, SELF, "rsa:2048", -2000, -900,
     TLS1_VERSION, TLS1_1_VERSION, NULL},
    {"127.20.3.6", 8443, TLS, "xn--bcher-kva.library.university.example", "University", PUBLIC_CA, NULL, 0, 0,
     0, 0, NULL},
    {"127.20.3.7", 8443, GARBAGE, NULL, NULL, SELF, NULL, 0, 0, 0, 0, NULL},
    {"127.20.3.8", 4443, TLS, "archive.library.university.example", "University", PUBLIC_CA, "rsa:2048", 0, 0,
     0, 0, NULL},
    /* University Hospital */
    {"127.20.4.1", 8443, TLS, "www.hospital.example", "University Hospital", PUBLIC_CA, "rsa:2048", 0, 0, 0,
     0, NULL},
    {"127.20.4.2", 8443, TLS, "pacs.hospital.example", "University Hospital", CAMPUS_CA, "rsa:2048", -300, 60,
     0, TLS1_2_VERSION, NULL},
    {"127.20.4.3", 8443, TLS, "pump17.hospital.example", "University Hospital", SELF, "rsa:1024", -4000, 3000,
     TLS1_VERSION, TLS1_VERSION, NULL},
    {"127.20.4.4", 8443, TLS, "lab.hospital.example", "University Hospital", PUBLIC_CA, NULL, 0, 0, 0, 0,
     NULL},
    {"127.20.4.5", 9443, TLS, "hl7.hospital.example", "University Hospital", CAMPUS_CA, NULL, 0, 0, 0, 0,
     "client-certificate"},
    {"127.20.4.6", 8443, TLS, "portal.hospital.example", "University Hospital", PUBLIC_CA, "ec:P-384", -60,
     28, 0, 0, NULL},
    {"127.20.4.7", 10443, TLS, "vpn.hospital.example", "University Hospital", PUBLIC_CA, "rsa:2048", 0, 0,
     TLS1_3_VERSION, 0, NULL},
    {"127.20.4.8", 8443, DRIP, NULL, NULL, SELF, NULL, 0, 0, 0, 0, NULL},
    /* guests and spin-offs */
    {"127.20.5.1", 8443, TLS, "www.spinoff.example", "Spin-off", PUBLIC_CA, NULL, 0, 0, 0, 0, NULL},
    {"127.20.5.2", 8443, TLS, "shop.spinoff.example", "Spin-off", PUBLIC_CA, NULL, 0, 0, 0, 0, NULL},
    {"127.20.5.3", 8443, TLS, "camera", NULL, SELF, "rsa:2048", -1000, 8000, 0, 0, NULL},
    {"127.20.5.4", 8443, TLS, "camera", NULL, SELF, "rsa:2048", -1000, 8000, 0, 0, NULL},
    {"127.20.5.5", 8443, TLS, "\x1b[31mred\x1b[0m", "=HYPERLINK(\"http://192.0.2.1\")", SELF, NULL, 0, 0, 0,
     0, "control"},
    {"127.20.5.6", 8443, TLS, "congress.example", "Congress", PUBLIC_CA, NULL, 0, 0, 0, 0, NULL},
    {"127.20.6.1", 8443, TLS, "residence.university.example", "University", PUBLIC_CA, NULL, 0, 0, 0, 0,
     NULL},
    {"127.20.6.2", 8443, TLS, "sports.university.example", "University", PUBLIC_CA, "rsa:2048", 0, 0, 0, 0,
     NULL},
    {"127.20.6.3", 8443, TLS, "canteen.university.example", NULL, SELF, "rsa:2048", 0, 0, 0, 0, NULL},
    {"127.20.6.4", 9443, TLS, "doors.university.example", NULL, SELF, "rsa:2048", -2500, 1100, 0,
     TLS1_2_VERSION, NULL},
};
#define PLACES (sizeof campus / sizeof campus[0])

struct endpoint {
    const struct place *place;
    int listener;
    SSL_CTX *ssl;
    char sha256[2][65]; /* the usual certificate, and the second one of a dual server */
};

static struct endpoint endpoints[PLACES];
static struct forged authorities[3]; /* by enum issuer; SELF is empty */
static volatile sig_atomic_t ended;

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

static bool is(const struct place *place, const char *extra)
{
    return place->extra != NULL && strcmp(place->extra, extra) == 0;
}

/* ---- certificates ---- */

static struct forged make_authority(const char *name)
{
    struct forge_name subject[] = {{.type = "C", .value = "BE"},
                                   {.type = "O", .value = name},
                                   {.type = "CN", .value = name},
                                   {.type = NULL}};
    int64_t now_s = (int64_t)time(NULL);
    return forge(&(struct forge_options){.subject = subject,
                                         .is_ca = 1,
                                         .key = "rsa:2048",
                                         .key_usage = "keyCertSign,cRLSign",
                                         .not_before_s = now_s - 1000 * DAY_S,
                                         .not_after_s = now_s + 3000 * DAY_S});
}

static char *alt_names(const struct place *place)
{
    enum { MANY = 5000, ROOM = 512 * 1024 };
    char *text = malloc(ROOM);
    size_t len = (size_t)snprintf(text, ROOM, "DNS:%s%s", is(place, "wildcard") ? "*." : "", place->name);
    for (int i = 1; is(place, "many-names") && i < MANY; i++)
        len += (size_t)snprintf(text + len, ROOM - len, ",DNS:n%d.%s", i, place->name);
    return text;
}

static struct forged make_certificate(const struct place *place, const char *key)
{
    char common_name[128];
    int64_t now_s = (int64_t)time(NULL);
    char *names = is(place, "control") ? NULL : alt_names(place);
    snprintf(common_name, sizeof common_name, "%s%s", is(place, "wildcard") ? "*." : "", place->name);
    struct forge_name subject[3] = {{.type = "CN", .value = common_name}};
    if (place->organization != NULL) {
        subject[1] = subject[0];
        subject[0] = (struct forge_name){.type = "O", .value = place->organization};
    }
    struct forge_options options = {
        .subject = subject,
        .alt_names = names,
        .key = key,
        .issuer = place->issuer != SELF ? &authorities[place->issuer] : NULL,
        .key_usage = "digitalSignature",
        .extended_key_usage = "serverAuth",
    };
    if (place->from_day != 0 || place->to_day != 0) {
        options.not_before_s = now_s + (place->from_day != 0 ? place->from_day : -1) * DAY_S;
        options.not_after_s = now_s + place->to_day * DAY_S;
    }
    struct forged made = forge(&options);
    free(names);
    return made;
}

static void use_certificate(struct endpoint *endpoint, const char *key, char sha256[65])
{
    const struct place *place = endpoint->place;
    struct forged made = make_certificate(place, key);
    SSL_CTX_use_certificate(endpoint->ssl, made.x509);
    SSL_CTX_use_PrivateKey(endpoint->ssl, made.key);
    if (place->issuer != SELF && !is(place, "no-chain"))
        SSL_CTX_add1_chain_cert(endpoint->ssl, authorities[place->issuer].x509);
    strcpy(sha256, made.sha256);
    forge_free(&made);
}

static int need_name(SSL *ssl, int *alert, void *unused)
{
    (void)unused;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != NULL ? SSL_TLSEXT_ERR_OK
                                                                      : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void make_context(struct endpoint *endpoint)
{
    const struct place *place = endpoint->place;
    endpoint->ssl = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(endpoint->ssl, 0);
    SSL_CTX_set_cipher_list(endpoint->ssl, "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(endpoint->ssl,
                                  place->min_version != 0 ? place->min_version : TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(endpoint->ssl,
                                  place->max_version != 0 ? place->max_version : TLS1_3_VERSION);
    use_certificate(endpoint, place->key, endpoint->sha256[0]);
    if (is(place, "dual"))
        use_certificate(endpoint, "rsa:2048", endpoint->sha256[1]);
    if (is(place, "client-certificate"))
        SSL_CTX_set_verify(endpoint->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (is(place, "need-name"))
        SSL_CTX_set_tlsext_servername_callback(endpoint->ssl, need_name);
}

/* ---- talking ---- */

struct visit {
    const struct endpoint *endpoint;
    int fd;
};

static void talk_tls(const struct endpoint *endpoint, int fd)
{
    char unread[256];
    SSL *ssl = SSL_new(endpoint->ssl);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1)
        SSL_read(ssl, unread, sizeof unread);
    ERR_clear_error();
    SSL_free(ssl);
}

static void send_text(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) > 0)
        sleep(1);
}

static void send_garbage(int fd)
{
    char block[4096];
    memset(block, 0xE5, sizeof block);
    for (int i = 0; i < 100000 && send(fd, block, sizeof block, MSG_NOSIGNAL) > 0; i++) {
    }
}

/* The beginning of a TLS record, one byte a second. */
static void drip(int fd)
{
    static const char record[] = "\x16\x03\x03\x10\x00\x02\x00\x0f\xfc\x03\x03";
    for (int i = 0; i < PATIENCE_S && send(fd, &record[i % (int)(sizeof record - 1)], 1, MSG_NOSIGNAL) == 1;
         i++)
        sleep(1);
}

static void *talk(void *data)
{
    struct visit *visit = data;
    struct timeval patience = {.tv_sec = PATIENCE_S};
    struct linger by_reset = {.l_onoff = 1};
    char hello[4096];
    setsockopt(visit->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    switch (visit->endpoint->place->kind) {
    case TLS:
        talk_tls(visit->endpoint, visit->fd);
        break;
    case SILENT:
        while (recv(visit->fd, hello, sizeof hello, 0) > 0) {
        }
        break;
    case SSH:
        send_text(visit->fd, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
        break;
    case HTTP:
        if (recv(visit->fd, hello, sizeof hello, 0) > 0)
            send_text(visit->fd, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        break;
    case CLOSING:
        if (recv(visit->fd, hello, sizeof hello, 0) > 0)
            shutdown(visit->fd, SHUT_RDWR);
        break;
    case RESETTING:
        setsockopt(visit->fd, SOL_SOCKET, SO_LINGER, &by_reset, sizeof by_reset);
        break;
    case GARBAGE:
        send_garbage(visit->fd);
        break;
    case DRIP:
        drip(visit->fd);
        break;
    }
    close(visit->fd);
    free(visit);
    return NULL;
}

static void welcome(const struct endpoint *endpoint)
{
    pthread_t thread;
    pthread_attr_t detached;
    struct visit *visit = malloc(sizeof *visit);
    int fd = accept4(endpoint->listener, NULL, NULL, SOCK_CLOEXEC);
    if (visit == NULL || fd < 0) {
        free(visit);
        return;
    }
    *visit = (struct visit){endpoint, fd};
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, 256 * 1024);
    if (pthread_create(&thread, &detached, talk, visit) != 0) {
        close(fd);
        free(visit);
    }
    pthread_attr_destroy(&detached);
}

/* ---- life ---- */

static int listen_at(const struct place *place)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(place->port)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, place->ip, &at.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 256) != 0) {
        fprintf(stderr, "certscour-campus: %s:%u: %s\n", place->ip, place->port, strerror(errno));
        exit(1);
    }
    return fd;
}

static const char *expected_outcome(const struct place *place)
{
    static const char *const outcomes[] = {
        [SILENT] = "timeout-handshake", [SSH] = "not-tls",     [HTTP] = "not-tls",
        [CLOSING] = "closed",           [RESETTING] = "reset", [GARBAGE] = "not-tls",
        [DRIP] = "timeout-handshake",
    };
    if (place->kind != TLS)
        return outcomes[place->kind];
    return is(place, "need-name") ? "tls-alert" : "certificate";
}

static void write_line(FILE *file, const struct endpoint *endpoint, const char *server_name,
                       const char *outcome)
{
    fprintf(
        file,
        "{\"ip\":\"%s\",\"port\":%u,\"server_name\":%s%s%s,\"outcome\":\"%s\",\"sha256\":[\"%s\"%s%s%s]}\n",
        endpoint->place->ip, endpoint->place->port, server_name != NULL ? "\"" : "",
        server_name != NULL ? server_name : "null", server_name != NULL ? "\"" : "", outcome,
        endpoint->sha256[0], endpoint->sha256[1][0] != '\0' ? ",\"" : "", endpoint->sha256[1],
        endpoint->sha256[1][0] != '\0' ? "\"" : "");
}

/* Whole or not at all: a reader may look at any moment. */
static void write_ready_file(const char *path)
{
    char unfinished[4096];
    snprintf(unfinished, sizeof unfinished, "%s.tmp", path);
    FILE *file = fopen(unfinished, "w");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    for (size_t i = 0; i < PLACES; i++) {
        write_line(file, &endpoints[i], NULL, expected_outcome(endpoints[i].place));
        if (is(endpoints[i].place, "need-name"))
            write_line(file, &endpoints[i], endpoints[i].place->name, "certificate");
    }
    if (fclose(file) != 0 || rename(unfinished, path) != 0) {
        perror(path);
        exit(1);
    }
}

static void serve(void)
{
    struct pollfd polled[PLACES];
    for (size_t i = 0; i < PLACES; i++)
        polled[i] = (struct pollfd){.fd = endpoints[i].listener, .events = POLLIN};
    while (!ended) {
        if (poll(polled, PLACES, 500) <= 0)
            continue;
        for (size_t i = 0; i < PLACES; i++) {
            if (polled[i].revents != 0)
                welcome(&endpoints[i]);
        }
    }
}

int main(int argc, char **argv)
{
    const char *ready_file = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--ready-file") == 0)
            ready_file = argv[i + 1];
        else
            return 2;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGPIPE, SIG_IGN);
    authorities[PUBLIC_CA] = make_authority("Example Public CA");
    authorities[CAMPUS_CA] = make_authority("University Campus CA");
    for (size_t i = 0; i < PLACES; i++) {
        endpoints[i].place = &campus[i];
        endpoints[i].listener = listen_at(&campus[i]);
        if (campus[i].kind == TLS)
            make_context(&endpoints[i]);
    }
    if (ready_file != NULL)
        write_ready_file(ready_file);
    printf("%zu endpoints on 127.20.0.0/16 are up\n", PLACES);
    fflush(stdout);
    serve();
    return 0;
}
