// SPDX-License-Identifier: Apache-2.0
/* An attempt, and what comes after it: an answer is handed over, a failure that may pass is tried again after
 * a while, anything else becomes a sentence. */
#include "scm/http.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "scm/http_loop.h"
#include "scm/retry.h"
#include "scm/secret.h"

struct http {
    struct http_options options;
    struct http_loop loop;
    CURL *easy;
    uint64_t random;
    uint64_t next_at_ms;
    bool too_large;
    long proxy_status;              /* its answer to CONNECT; 0 = none */
    struct http_response *response; /* of the running attempt */
    char curl_error[CURL_ERROR_SIZE];
};

/* ---- time ---- */

static uint64_t now_ms(const struct http *http)
{
    struct timespec now;
    if (http->options.clock != NULL)
        return http->options.clock->now_ms(http->options.clock->context);
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int64_t http_now_s(struct http *http)
{
    return http->options.clock != NULL ? http->options.clock->now_s(http->options.clock->context)
                                       : (int64_t)time(NULL);
}

static bool wait_ms(struct http *http, uint64_t ms)
{
    if (http->options.clock == NULL)
        return http_loop_pause(&http->loop, ms);
    http->options.clock->wait(http->options.clock->context, ms);
    return true;
}

static bool wait_turn(struct http *http)
{
    uint64_t now = now_ms(http);
    if (now < http->next_at_ms && !wait_ms(http, http->next_at_ms - now))
        return false;
    http->next_at_ms = now_ms(http) + http->options.interval_ms;
    return true;
}

/* ---- URLs ---- */

static bool is_loopback(const char *host)
{
    static const char *const hosts[] = {"127.", "[::1]", "localhost"};
    char end;
    if (strncmp(host, hosts[0], 4) == 0)
        return strspn(host, "0123456789.") == strcspn(host, ":/?#");
    for (size_t i = 1; i < 3; i++) {
        size_t len = strlen(hosts[i]);
        end = strncmp(host, hosts[i], len) == 0 ? host[len] : 'x';
        if (end == '\0' || end == ':' || end == '/')
            return true;
    }
    return false;
}

enum cs_err http_check_url(const char *url, const char *what, struct diag *diag)
{
    bool secure = strncmp(url, "https://", 8) == 0;
    bool clear = strncmp(url, "http://", 7) == 0;
    const char *host = url + (secure ? 8 : 7);
    if (!secure && !clear)
        return diag_fail(diag, CS_E_INVALID, "%s: expected an https:// address", what);
    if (memchr(host, '@', strcspn(host, "/?#")) != NULL)
        return diag_fail(diag, CS_E_INVALID, "%s: no user name or password belongs into the address", what);
    for (const char *c = host; *c != '\0'; c++) {
        if (*c <= ' ' || *c >= 0x7F || *c == '\\')
            return diag_fail(diag, CS_E_INVALID, "%s: a character that no address has", what);
    }
    if (strcspn(host, ":/?#") == 0)
        return diag_fail(diag, CS_E_INVALID, "%s: there is no host name in it", what);
    if (clear && !is_loopback(host))
        return diag_fail(diag, CS_E_INVALID,
                         "%s: a password goes over https:// only (http:// is for servers on this machine)",
                         what);
    return CS_OK;
}

void http_append_escaped(struct buf *out, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        if (!plain)
            buf_append_char(out, '%');
        buf_append_char(out, plain ? (char)c : digits[c >> 4]);
        if (!plain)
            buf_append_char(out, digits[c & 15]);
    }
}

/* ---- what comes back ---- */

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http *http = context;
    size_t len = size * count;
    buf_append(&http->response->body, bytes, len);
    http->too_large = http->response->body.err == CS_E_LIMIT;
    return http->response->body.err == CS_OK ? len : 0;
}

/* The value of the header line if it is of that name, cut to `size`. */
static void keep_header(const char *line, size_t len, const char *name, char *out, size_t size)
{
    size_t name_len = strlen(name);
    size_t out_len = 0;
    if (len <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len) != 0)
        return;
    for (size_t i = name_len + 1; i < len && out_len + 1 < size; i++) {
        if ((out_len == 0 && line[i] == ' ') || line[i] == '\r' || line[i] == '\n')
            continue;
        out[out_len++] = line[i];
    }
    out[out_len] = '\0';
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    struct http *http = context;
    struct http_response *response = http->response;
    size_t len = size * count;
    char total[24] = "";
    uint64_t number;
    keep_header(bytes, len, "Content-Type", response->content_type, sizeof response->content_type);
    keep_header(bytes, len, "Retry-After", response->retry_after, sizeof response->retry_after);
    keep_header(bytes, len, "Location", response->location, sizeof response->location);
    keep_header(bytes, len, "WWW-Authenticate", response->authenticate, sizeof response->authenticate);
    keep_header(bytes, len, "X-Total-Count", total, sizeof total);
    if (total[0] != '\0' && text_to_u64(total, strlen(total), INT32_MAX, &number) == CS_OK)
        response->total_count = (int64_t)number;
    return len;
}

static void begin_response(struct http *http, const struct http_request *request,
                           struct http_response *response)
{
    http_response_dispose(response);
    buf_init(&response->body, request->max_body);
    response->total_count = -1;
    http->response = response;
    http->too_large = false;
    http->curl_error[0] = '\0';
}

void http_response_dispose(struct http_response *response)
{
    secret_wipe_buf(&response->body);
    *response = (struct http_response){.total_count = -1};
}

/* ---- one attempt ---- */

static void set_trust(struct http *http)
{
    const struct http_options *options = &http->options;
    curl_easy_setopt(http->easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(http->easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(http->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (options->ca_file != NULL) {
        curl_easy_setopt(http->easy, CURLOPT_CAINFO, options->ca_file);
        curl_easy_setopt(http->easy, CURLOPT_CAPATH, NULL);
    }
    if (options->client_cert != NULL)
        curl_easy_setopt(http->easy, CURLOPT_SSLCERT, options->client_cert);
    if (options->client_key != NULL)
        curl_easy_setopt(http->easy, CURLOPT_SSLKEY, options->client_key);
}

/* Only what TLS protects may go through somebody else; plain HTTP is for this machine. */
static void set_proxy(struct http *http, const char *url)
{
    if (strncmp(url, "https://", 8) != 0)
        curl_easy_setopt(http->easy, CURLOPT_PROXY, "");
    else if (http->options.proxy != NULL)
        curl_easy_setopt(http->easy, CURLOPT_PROXY, http->options.proxy);
}

static void set_request(struct http *http, const struct http_request *request, struct curl_slist *headers)
{
    curl_easy_reset(http->easy); /* the connection stays */
    set_trust(http);
    set_proxy(http, request->url);
    curl_easy_setopt(http->easy, CURLOPT_URL, request->url);
    curl_easy_setopt(http->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(http->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(http->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(http->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http->options.connect_timeout_ms);
    curl_easy_setopt(http->easy, CURLOPT_TIMEOUT_MS, (long)http->options.timeout_ms);
    curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(http->easy, CURLOPT_USERAGENT, "certscour");
    curl_easy_setopt(http->easy, CURLOPT_ERRORBUFFER, http->curl_error);
    curl_easy_setopt(http->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(http->easy, CURLOPT_WRITEDATA, http);
    curl_easy_setopt(http->easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(http->easy, CURLOPT_HEADERDATA, http);
    /* libcurl sends again by itself what a reused connection swallowed */
    curl_easy_setopt(http->easy, CURLOPT_FRESH_CONNECT, request->repeatable ? 0L : 1L);
    if (request->body != NULL) {
        curl_easy_setopt(http->easy, CURLOPT_POSTFIELDS, request->body);
        curl_easy_setopt(http->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
    }
    curl_easy_setopt(http->easy, CURLOPT_CUSTOMREQUEST, request->method);
}

/* Headers hold passwords and tokens: libcurl's copies are wiped as ours are. */
static void free_headers(struct curl_slist *headers)
{
    for (struct curl_slist *at = headers; at != NULL; at = at->next)
        secret_wipe_bytes(at->data, strlen(at->data));
    curl_slist_free_all(headers);
}

static enum cs_err make_headers(const struct http_request *request, struct curl_slist **out)
{
    *out = NULL;
    for (size_t i = 0; i < request->header_count; i++) {
        struct curl_slist *longer = curl_slist_append(*out, request->headers[i]);
        if (longer == NULL) {
            free_headers(*out);
            return CS_E_NOMEM;
        }
        *out = longer;
    }
    return CS_OK;
}

static enum cs_err attempt(struct http *http, const struct http_request *request,
                           struct http_response *response, CURLcode *result)
{
    struct curl_slist *headers;
    long status = 0;
    begin_response(http, request, response);
    if (!wait_turn(http))
        return CS_E_CANCELLED;
    enum cs_err err = make_headers(request, &headers);
    if (err != CS_OK)
        return err;
    set_request(http, request, headers);
    bool ended = http_loop_transfer(&http->loop, http->easy, result);
    curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(http->easy, CURLINFO_HTTP_CONNECTCODE, &http->proxy_status);
    curl_easy_reset(http->easy); /* nothing of ours is pointed to any more */
    free_headers(headers);
    response->status = (int)status;
    return ended ? CS_OK : CS_E_CANCELLED;
}

/* ---- after it ---- */

/* Before a connection stands nothing can have been done, so that even a creating request may be repeated. */
static bool may_pass(CURLcode result, const struct http_request *request)
{
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return true;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return request->repeatable;
    default:
        return false;
    }
}

static bool is_trust(CURLcode result)
{
    return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE ||
           result == CURLE_SSL_ISSUER_ERROR;
}

static bool refused_by_proxy(const struct http *http)
{
    return http->proxy_status >= 400 && http->proxy_status < 500;
}

static enum cs_err fail(const struct http *http, const struct http_request *request, CURLcode result,
                        struct diag *diag)
{
    char said[200];
    const char *text = http->curl_error[0] != '\0' ? http->curl_error : curl_easy_strerror(result);
    text_printable(said, sizeof said, text);
    if (http->too_large)
        return diag_fail(diag, CS_E_LIMIT,
                         "%s: the answer is larger than %zu bytes, which is more than it may be",
                         request->shown, request->max_body);
    if (refused_by_proxy(http))
        return diag_fail(diag, CS_E_IO, "%s: the proxy refuses to connect us, with status %ld%s",
                         request->shown, http->proxy_status,
                         http->proxy_status == 407 ? ": it wants a login" : "");
    if (is_trust(result))
        return diag_fail(
            diag, CS_E_IO,
            "%s: %s; its certificate is not trusted by this system: is there a proxy that looks into "
            "TLS (then name its CA with ca_file), or is the address wrong?",
            request->shown, said);
    if (result == CURLE_OPERATION_TIMEDOUT)
        return diag_fail(diag, CS_E_IO, "%s: %s; the limits are [scm] connect_timeout and timeout",
                         request->shown, said);
    return diag_fail(diag, CS_E_IO, "%s: %s", request->shown, said);
}

static void tell(const struct http *http, const struct http_request *request,
                 const struct http_response *response, CURLcode result, uint64_t delay_ms)
{
    char sentence[400];
    char why[220];
    if (http->options.notice == NULL)
        return;
    if (result == CURLE_OK)
        snprintf(why, sizeof why, "status %d", response->status);
    else
        text_printable(why, sizeof why,
                       http->curl_error[0] != '\0' ? http->curl_error : curl_easy_strerror(result));
    snprintf(sentence, sizeof sentence, "%s: %s; trying again in %" PRIu64 ".%" PRIu64 " s", request->shown,
             why, delay_ms / 1000, delay_ms % 1000 / 100);
    http->options.notice(http->options.notice_context, sentence);
}

/* True: this attempt was not the last. */
static bool wants_more(struct http *http, const struct http_request *request,
                       const struct http_response *response, CURLcode result, unsigned number)
{
    if (number >= RETRY_ATTEMPTS)
        return false;
    if (result != CURLE_OK)
        return !http->too_large && !refused_by_proxy(http) && may_pass(result, request);
    return request->repeatable && retry_status(response->status) &&
           retry_after_s(response->retry_after, http_now_s(http)) <= RETRY_LONGEST_S;
}

enum cs_err http_send(struct http *http, const struct http_request *request, struct http_response *response,
                      struct diag *diag)
{
    CURLcode result = CURLE_OK;
    enum cs_err err = http_check_url(request->url, request->shown, diag);
    for (unsigned number = 1; err == CS_OK; number++) {
        err = attempt(http, request, response, &result);
        if (err != CS_OK || !wants_more(http, request, response, result, number))
            break;
        uint64_t delay = retry_delay_ms(number + 1, http->options.retry_ms, response->retry_after,
                                        http_now_s(http), &http->random);
        tell(http, request, response, result, delay);
        if (!wait_ms(http, delay))
            err = CS_E_CANCELLED;
    }
    http->response = NULL;
    if (err == CS_E_CANCELLED)
        diag_set(diag, "%s: interrupted", request->shown);
    else if (err == CS_E_NOMEM)
        diag_set(diag, "out of memory");
    if (err == CS_OK && result != CURLE_OK)
        err = fail(http, request, result, diag);
    return err;
}

/* ---- life ---- */

enum cs_err http_new(struct http **out, const struct http_options *options, struct diag *diag)
{
    *out = NULL;
    struct http *http = calloc(1, sizeof *http);
    if (http == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    http->options = *options;
    http->random = options->seed;
    if (http->options.retry_ms == 0)
        http->options.retry_ms = RETRY_FIRST_MS;
    enum cs_err err = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? CS_OK : CS_E_NOMEM;
    if (err == CS_OK)
        err = http_loop_init(&http->loop);
    if (err != CS_OK) {
        free(http);
        return diag_fail(diag, err, "libcurl or its loop cannot be set up");
    }
    http->easy = curl_easy_init();
    *out = http;
    if (http->easy != NULL)
        return CS_OK;
    http_free(http);
    *out = NULL;
    return diag_fail(diag, CS_E_NOMEM, "out of memory");
}

void http_free(struct http *http)
{
    if (http == NULL)
        return;
    curl_easy_cleanup(http->easy);
    http_loop_close(&http->loop);
    curl_global_cleanup();
    free(http);
}
