// SPDX-License-Identifier: Apache-2.0
#include "app/scm_session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"

#define DEFAULT_INTERVAL_MS        500
#define DEFAULT_CONNECT_TIMEOUT_MS 10000
#define DEFAULT_TIMEOUT_MS         120000

static const char *key(const struct app *app, const char *name)
{
    const char *value = config_get(&app->config, "scm", name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* "12", "0.25" in thousandths. */
static bool parse_thousandths(const char *text, uint64_t most, uint64_t *out)
{
    size_t whole_len = strcspn(text, ".");
    const char *fraction = text[whole_len] == '.' ? text + whole_len + 1 : "0";
    size_t fraction_len = strlen(fraction);
    uint64_t whole;
    uint64_t part;
    if (fraction_len > 3 || text_to_u64(text, whole_len, most, &whole) != CS_OK ||
        text_to_u64(fraction, fraction_len, 999, &part) != CS_OK)
        return false;
    for (size_t i = fraction_len; i < 3; i++)
        part *= 10;
    *out = whole * 1000 + part;
    return *out > 0 && *out <= most * 1000;
}

enum cs_err scm_interval_parse(const char *text, uint32_t *out_ms, struct diag *diag)
{
    uint64_t thousandths;
    if (!parse_thousandths(text, 100, &thousandths))
        return diag_fail(
            diag, CS_E_INVALID,
            "[scm] requests_per_s: expected a number above 0 and up to 100, at most three decimals");
    *out_ms = (uint32_t)(1000000 / thousandths);
    return CS_OK;
}

static enum cs_err parse_seconds(const struct app *app, const char *name, uint32_t *out_ms, struct diag *diag)
{
    uint64_t ms;
    const char *text = key(app, name);
    if (text == NULL)
        return CS_OK;
    if (!parse_thousandths(text, 3600, &ms))
        return diag_fail(diag, CS_E_INVALID, "[scm] %s: expected seconds, above 0 and up to 3600", name);
    *out_ms = (uint32_t)ms;
    return CS_OK;
}

static void tell(void *context, const char *sentence)
{
    (void)context;
    app_note("%s", sentence);
}

static enum cs_err open_http(struct scm_session *session, struct app *app)
{
    struct http_options options = {
        .proxy = key(app, "proxy"),
        .ca_file = key(app, "ca_file"),
        .client_cert = key(app, "client_certificate_file"),
        .client_key = key(app, "client_key_file"),
        .connect_timeout_ms = DEFAULT_CONNECT_TIMEOUT_MS,
        .timeout_ms = DEFAULT_TIMEOUT_MS,
        .interval_ms = DEFAULT_INTERVAL_MS,
        .notice = tell,
    };
    const char *rate = key(app, "requests_per_s");
    enum cs_err err = rate != NULL ? scm_interval_parse(rate, &options.interval_ms, &app->diag) : CS_OK;
    if (err == CS_OK)
        err = parse_seconds(app, "connect_timeout", &options.connect_timeout_ms, &app->diag);
    if (err == CS_OK)
        err = parse_seconds(app, "timeout", &options.timeout_ms, &app->diag);
    if (err == CS_OK)
        err = parse_seconds(app, "retry_delay", &options.retry_ms, &app->diag);
    if (err == CS_OK && getrandom(&options.seed, sizeof options.seed, 0) != sizeof options.seed)
        options.seed = (uint64_t)app_now_s();
    return err == CS_OK ? http_new(&session->http, &options, &app->diag) : err;
}

static enum cs_err read_secret(struct app *app, struct auth_options *options, const char *name,
                               const char *credential)
{
    struct buf path = {0};
    enum cs_err err = secret_find(&path, key(app, name), credential, getenv("CREDENTIALS_DIRECTORY"));
    if (err == CS_E_NOT_FOUND)
        err = diag_fail(&app->diag, CS_E_INVALID,
                        "[scm] %s is missing (the secret stands in a file, or is the systemd credential %s)",
                        name, credential);
    if (err == CS_OK)
        err = secret_read(&options->secret, buf_str(&path), &app->diag);
    buf_dispose(&path);
    return err;
}

static enum cs_err open_auth(struct scm_session *session, struct app *app)
{
    struct auth_options options = {
        .kind = key(app, "client_id") != NULL                 ? AUTH_TOKEN
                : key(app, "client_certificate_file") != NULL ? AUTH_CERTIFICATE
                                                              : AUTH_PASSWORD,
        .login = key(app, "login"),
        .customer_uri = key(app, "customer_uri"),
        .client_id = key(app, "client_id"),
        .token_url = key(app, "token_url") != NULL ? key(app, "token_url") : API_TOKEN_URL,
    };
    if (options.kind == AUTH_TOKEN && options.login != NULL)
        return diag_fail(&app->diag, CS_E_INVALID,
                         "[scm] has both login and client_id; which one shall it be?");
    if (options.kind != AUTH_TOKEN && options.login == NULL)
        return diag_fail(&app->diag, CS_E_INVALID,
                         "[scm] login or client_id is missing; docs/scm.md has examples");
    enum cs_err err = CS_OK;
    if (options.kind == AUTH_TOKEN)
        err = read_secret(app, &options, "client_secret_file", "scm-client-secret");
    else if (options.kind == AUTH_PASSWORD)
        err = read_secret(app, &options, "password_file", "scm-password");
    return err == CS_OK ? auth_new(&session->auth, &options, &app->diag) : err;
}

/* The bucket's own client id and secret: they open nothing but its Discovery Import API. */
static enum cs_err open_bucket_auth(struct scm_session *session, struct app *app)
{
    struct auth_options options = {
        .kind = AUTH_TOKEN,
        .client_id = key(app, "discovery_client_id"),
        .token_url =
            key(app, "discovery_token_url") != NULL ? key(app, "discovery_token_url") : API_TOKEN_URL,
    };
    if (options.client_id == NULL)
        return diag_fail(&app->diag, CS_E_INVALID,
                         "[scm] discovery_client_id is missing: that of the bucket; docs/scm.md tells more");
    enum cs_err err = read_secret(app, &options, "discovery_client_secret_file", "scm-discovery-secret");
    return err == CS_OK ? auth_new(&session->auth, &options, &app->diag) : err;
}

typedef enum cs_err (*auth_opener)(struct scm_session *session, struct app *app);

static enum cs_err open_session(struct scm_session *session, struct app *app, const char *url_key,
                                auth_opener open_its_auth)
{
    const char *base_url = key(app, url_key);
    *session = (struct scm_session){0};
    if (base_url == NULL)
        return diag_fail(&app->diag, CS_E_INVALID,
                         "SCM is not configured: [scm] %s is missing; docs/scm.md has examples", url_key);
    enum cs_err err = client_check_base(&session->base_url, base_url, &app->diag);
    if (err == CS_OK)
        err = open_its_auth(session, app);
    if (err == CS_OK)
        err = open_http(session, app);
    if (err != CS_OK) {
        scm_session_close(session);
        return err;
    }
    session->client = (struct client){
        .http = session->http,
        .auth = session->auth,
        .base_url = session->base_url,
        .support = key(app, "support"),
        .page_size = API_PAGE_SIZE,
    };
    return CS_OK;
}

enum cs_err scm_session_open(struct scm_session *session, struct app *app)
{
    return open_session(session, app, "base_url", open_auth);
}

enum cs_err scm_session_open_bucket(struct scm_session *session, struct app *app)
{
    return open_session(session, app, "discovery_url", open_bucket_auth);
}

uint32_t scm_interval_ms(const struct app *app)
{
    uint32_t interval_ms = DEFAULT_INTERVAL_MS;
    const char *rate = key(app, "requests_per_s");
    if (rate == NULL || scm_interval_parse(rate, &interval_ms, NULL) != CS_OK)
        return DEFAULT_INTERVAL_MS;
    return interval_ms;
}

void scm_session_close(struct scm_session *session)
{
    http_free(session->http);
    auth_free(session->auth);
    free(session->base_url);
    *session = (struct scm_session){0};
}
