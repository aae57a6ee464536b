// SPDX-License-Identifier: Apache-2.0
/* A pretend Sectigo Certificate Manager on loopback: start, questions, end. What it knows is in README.md. */
#include <arpa/inet.h>
#include <getopt.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "api.h"
#include "auth.h"
#include "base/text.h"
#include "fault.h"

#define MAX_BODY ((size_t)16 << 20)

struct options {
    const char *data;
    const char *address;
    const char *port;
    const char *certificate;
    const char *key;
    const char *client_ca;
    const char *ready_file;
};

struct simulator {
    struct world world;
    pthread_mutex_t lock;
};

static void write_log(struct world *world, const struct question *question, int status)
{
    cJSON *line = cJSON_CreateObject();
    struct buf url = {0};
    buf_printf(&url, "%s%s%s%s", question->is_private ? "/private" : "", question->path,
               question->query[0] != '\0' ? "?" : "", question->query);
    cJSON_AddStringToObject(line, "method", question->method);
    cJSON_AddStringToObject(line, "url", buf_str(&url));
    cJSON_AddStringToObject(line, "auth", question->auth_word);
    cJSON_AddNumberToObject(line, "status", status);
    cJSON_AddItemToArray(world->log, line);
    buf_dispose(&url);
}

/* /simulator/...: what tests tell it and ask it. */
static void control(struct world *world, const struct question *question, struct answer *answer)
{
    answer->status = 200;
    if (strcmp(question->path, "/simulator/faults") == 0 && fault_set(world, buf_str(&question->body))) {
        answer->status = 204;
    } else if (strcmp(question->path, "/simulator/tenant") == 0 && cJSON_GetArraySize(world->tenant) > 0) {
        cJSON *tenant = cJSON_Parse(buf_str(&question->body));
        if (cJSON_IsObject(tenant)) {
            auth_expire_tokens(world);
            cJSON_Delete(world->tenant);
            world->tenant = tenant;
            answer->status = 204;
        } else {
            cJSON_Delete(tenant);
            answer_error(answer, 400, -1002, "Cannot parse message body");
        }
    } else if (strcmp(question->path, "/simulator/state") == 0) {
        answer->json = cJSON_Duplicate(world->tenant, true);
    } else if (strcmp(question->path, "/simulator/log") == 0) {
        answer->json = world->log;
        world->log = cJSON_CreateArray();
    } else {
        answer_error(answer, 400, -1002, "Cannot parse message body");
    }
}

static void decide(struct world *world, struct question *question, struct answer *answer)
{
    if (strncmp(question->path, "/simulator/", 11) == 0) {
        control(world, question, answer);
        return;
    }
    if (!fault_before(world, question, answer)) {
        if (strcmp(question->path, TOKEN_PATH) == 0)
            auth_token(world, question, answer);
        else if (auth_check(world, question, answer))
            api_answer(world, question, answer);
        fault_after(world, question, answer);
    }
    write_log(world, question, answer->status);
}

static enum MHD_Result add_argument(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct buf *query = context;
    (void)kind;
    buf_printf(query, "%s%s=%s", query->len > 0 ? "&" : "", name, value != NULL ? value : "");
    return MHD_YES;
}

static enum MHD_Result on_question(void *context, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_size, void **state)
{
    struct simulator *simulator = context;
    struct question *question = *state;
    (void)version;
    if (question == NULL) {
        question = calloc(1, sizeof *question);
        *state = question;
        if (question != NULL)
            buf_init(&question->body, MAX_BODY);
        return question != NULL ? MHD_YES : MHD_NO;
    }
    if (*upload_size > 0) {
        buf_append(&question->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    struct answer answer = {.status = 500, .total = -1, .retry_after_s = -1};
    struct buf query = {0};
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_argument, &query);
    question->connection = connection;
    question->method = method;
    question->is_private = strncmp(url, "/private/", 9) == 0;
    question->path = url + (question->is_private ? 8 : 0);
    question->query = buf_str(&query);
    question->auth_word = "none";
    pthread_mutex_lock(&simulator->lock);
    decide(&simulator->world, question, &answer);
    pthread_mutex_unlock(&simulator->lock);
    if (answer.delay_s > 0)
        usleep((useconds_t)(answer.delay_s * 1e6));
    enum MHD_Result result = MHD_NO; /* closes the connection */
    if (!answer.drop)
        result = answer_send(&answer, question);
    else
        answer_dispose(&answer);
    buf_dispose(&query);
    return result;
}

static void on_end(void *context, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode why)
{
    struct question *question = *state;
    (void)context;
    (void)connection;
    (void)why;
    if (question != NULL)
        buf_dispose(&question->body);
    free(question);
    *state = NULL;
}

static char *read_file(const char *path)
{
    struct buf text = {0};
    char bytes[4096];
    size_t len;
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    if (file == NULL)
        return NULL;
    while ((len = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_append(&text, bytes, len);
    fclose(file);
    return buf_take_str(&text);
}

static struct MHD_Daemon *start(struct simulator *simulator, const struct options *options)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    char *certificate = read_file(options->certificate);
    char *key = read_file(options->key);
    char *client_ca = read_file(options->client_ca);
    struct MHD_OptionItem tls[4] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG;
    address.sin_port = htons((uint16_t)atoi(options->port));
    if (inet_pton(AF_INET, options->address, &address.sin_addr) != 1 ||
        ntohl(address.sin_addr.s_addr) >> 24 != 127) {
        fputs("scm-simulator: --address is one of 127.0.0.0/8, for it knows no other world\n", stderr);
        exit(2);
    }
    if (certificate != NULL && key != NULL) {
        flags |= MHD_USE_TLS;
        tls[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, certificate};
        tls[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, key};
        tls[2] = (struct MHD_OptionItem){client_ca != NULL ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
                                         client_ca};
        tls[3] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    }
    struct MHD_Daemon *server =
        MHD_start_daemon(flags, 0, NULL, NULL, on_question, simulator, MHD_OPTION_SOCK_ADDR, &address,
                         MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    free(certificate);
    free(key);
    free(client_ca);
    return server;
}

static bool tell_ready(const struct options *options, struct MHD_Daemon *server)
{
    unsigned port = MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port;
    FILE *file = options->ready_file != NULL ? fopen(options->ready_file, "we") : stdout;
    if (file == NULL)
        return false;
    fprintf(file, "%s:%u\n", options->address, port);
    return (file == stdout ? fflush(file) : fclose(file)) == 0;
}

static bool parse(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {
        {"data", required_argument, NULL, 'd'},       {"address", required_argument, NULL, 'a'},
        {"port", required_argument, NULL, 'p'},       {"certificate", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},        {"client-ca", required_argument, NULL, 't'},
        {"ready-file", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0},
    };
    int found;
    *out = (struct options){.address = "127.0.0.1", .port = "0"};
    while ((found = getopt_long(argc, argv, "", names, NULL)) != -1) {
        const char **values[] = {&out->data, &out->address,   &out->port,      &out->certificate,
                                 &out->key,  &out->client_ca, &out->ready_file};
        static const char letters[] = "dapcktr";
        const char *at = strchr(letters, found);
        if (at == NULL)
            return false;
        *values[at - letters] = optarg;
    }
    return out->data != NULL && optind == argc;
}

int main(int argc, char **argv)
{
    struct options options;
    struct simulator simulator = {.lock = PTHREAD_MUTEX_INITIALIZER};
    sigset_t ends;
    int ended;
    if (!parse(argc, argv, &options)) {
        fputs("usage: scm-simulator --data FILE [--address 127.0.0.1] [--port 0] [--certificate FILE --key "
              "FILE\n"
              "                     [--client-ca FILE]] [--ready-file FILE]\n",
              stderr);
        return 2;
    }
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (!world_load(&simulator.world, options.data))
        return 2;
    struct MHD_Daemon *server = start(&simulator, &options);
    if (server == NULL || !tell_ready(&options, server)) {
        fputs("scm-simulator: cannot listen there\n", stderr);
        return 1;
    }
    sigwait(&ends, &ended);
    MHD_stop_daemon(server);
    world_free(&simulator.world);
    return 0;
}
