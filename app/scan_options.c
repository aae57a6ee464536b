// SPDX-License-Identifier: Apache-2.0
#include "app/scan_options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "scanner/host_name.h"

#define MAX_RATE     10000000
#define MAX_INFLIGHT 1000000
#define MAX_TIME_MS  3600000

#define AT(member) offsetof(struct scan_options, member)
const struct command_option scan_option_table[] = {
    {.name = "ports",
     .letter = 'p',
     .kind = OPTION_TEXT,
     .argument = "LIST",
     .help = "443,8000-8100,2525/smtp,quick,campus,deep; default campus",
     .offset = AT(request.ports)},
    {.name = "exclude",
     .letter = 'x',
     .kind = OPTION_LIST,
     .argument = "RANGE",
     .help = "leave out; always wins",
     .offset = AT(request.excludes)},
    {.name = "exclude-file",
     .kind = OPTION_LIST,
     .argument = "FILE",
     .help = "the same, one a line",
     .offset = AT(request.exclude_files)},
    {.name = "targets",
     .letter = 'i',
     .kind = OPTION_LIST,
     .argument = "FILE",
     .help = "a TARGET a line, or masscan -oL, nmap -oG, zmap; - is stdin",
     .offset = AT(request.target_files)},
    {.name = "names",
     .kind = OPTION_LIST,
     .argument = "FILE",
     .help = "lines `address name`: server names to send there",
     .offset = AT(request.names_files)},
    {.name = "sni",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "server name to send to every bare address",
     .offset = AT(request.sni)},
    {.name = "network",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "label of the address space, for sites that share addresses",
     .offset = AT(network)},
    {.name = "rate",
     .kind = OPTION_NUMBER,
     .argument = "N",
     .help = "new connections a second, default 500; 0 = no limit",
     .offset = AT(limits.rate_per_s),
     .high = MAX_RATE},
    {.name = "max-inflight",
     .kind = OPTION_NUMBER,
     .argument = "N",
     .help = "connections at once; default rate x connect time-out",
     .offset = AT(limits.max_inflight),
     .low = 1,
     .high = MAX_INFLIGHT},
    {.name = "per-host",
     .kind = OPTION_NUMBER,
     .argument = "N",
     .help = "at once to one address, default 2; 0 = no limit",
     .offset = AT(limits.per_host),
     .high = MAX_INFLIGHT},
    {.name = "per-prefix",
     .kind = OPTION_NUMBER,
     .argument = "N",
     .help = "at once to each /24 or /64, default 64; 0 = no limit",
     .offset = AT(limits.per_prefix),
     .high = MAX_INFLIGHT},
    {.name = "connect-timeout",
     .kind = OPTION_SECONDS,
     .argument = "S",
     .help = "seconds for a connection, default 3",
     .offset = AT(limits.connect_timeout_ms),
     .low = 1,
     .high = MAX_TIME_MS},
    {.name = "answer-timeout",
     .kind = OPTION_SECONDS,
     .argument = "S",
     .help = "seconds without a byte, default 8",
     .offset = AT(limits.answer_timeout_ms),
     .low = 1,
     .high = MAX_TIME_MS},
    {.name = "timeout",
     .kind = OPTION_SECONDS,
     .argument = "S",
     .help = "seconds for a whole target, default 30",
     .offset = AT(limits.timeout_ms),
     .low = 1,
     .high = MAX_TIME_MS},
    {.name = "threads",
     .kind = OPTION_NUMBER,
     .argument = "N",
     .help = "scanning loops, default 1",
     .offset = AT(limits.threads),
     .low = 1,
     .high = 64},
    {.name = "lane",
     .kind = OPTION_TEXT,
     .argument = "L",
     .help = "auto (default), direct (our own hello) or full (libssl)",
     .offset = AT(lane)},
    {.name = "key-types",
     .kind = OPTION_TEXT,
     .argument = "K",
     .help = "both (default: RSA and ECDSA asked for) or first",
     .offset = AT(key_types)},
    {.name = "names-from",
     .kind = OPTION_TEXT,
     .argument = "LIST",
     .help = "ptr,seen (default), scm, or none: names to try where a certificate was met",
     .offset = AT(names_from)},
    {.name = "max-names",
     .kind = OPTION_NUMBER,
     .argument = "N",
     .help = "names tried for each address, default 10",
     .offset = AT(max_names),
     .low = 1,
     .high = 10000},
    {.name = "seed",
     .kind = OPTION_SEED,
     .argument = "N",
     .help = "order of the targets; default random",
     .offset = AT(seed)},
    {.name = "shard",
     .kind = OPTION_TEXT,
     .argument = "I/K",
     .help = "the part of the targets this scanner takes, I from 1 to K",
     .offset = AT(shard)},
    {.name = "source",
     .kind = OPTION_TEXT,
     .argument = "ADDRESS",
     .help = "local address to connect from",
     .offset = AT(source)},
    {.name = "ehlo-name",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "how mail servers are greeted; default this host's name",
     .offset = AT(ehlo_name)},
    {.name = "dns",
     .kind = OPTION_TEXT,
     .argument = "SERVER",
     .help = "ADDRESS[:PORT] of the DNS server to ask",
     .offset = AT(request.dns_server)},
    {.name = "format",
     .kind = OPTION_TEXT,
     .argument = "F",
     .help = "table (a summary, default), jsonl or none",
     .offset = AT(format)},
    {.name = "outcomes",
     .kind = OPTION_FLAG,
     .help = "jsonl also for targets without certificate",
     .offset = AT(outcomes)},
    {.name = "progress",
     .kind = OPTION_TEXT,
     .argument = "WHEN",
     .help = "always, never or auto (on a terminal, default)",
     .offset = AT(progress)},
    {.name = "resume",
     .kind = OPTION_OPTIONAL,
     .argument = "SCAN",
     .help = "go on with an interrupted scan, the newest by default",
     .offset = AT(resume)},
    {.name = "dry-run",
     .kind = OPTION_FLAG,
     .help = "targets, ports, expected time; sends nothing",
     .offset = AT(dry_run)},
    {.name = "no-store", .kind = OPTION_FLAG, .help = "do not write the database", .offset = AT(no_store)},
    {.name = NULL},
};

/* [scan] of the configuration, where the command line says nothing. */
enum cs_err scan_options_defaults(struct app *app, struct scan_options *options)
{
    static const struct {
        const char *key;
        size_t offset;
        uint32_t high;
    } numbers[] = {
        {"rate", AT(limits.rate_per_s), MAX_RATE},
        {"max-inflight", AT(limits.max_inflight), MAX_INFLIGHT},
        {"per-host", AT(limits.per_host), MAX_INFLIGHT},
        {"per-prefix", AT(limits.per_prefix), MAX_INFLIGHT},
        {"threads", AT(limits.threads), 64},
        {"max-names", AT(max_names), 10000},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const char *text = config_get(&app->config, "scan", numbers[i].key);
        uint64_t value;
        if (text == NULL || app_was_given(app, numbers[i].key))
            continue;
        if (text_to_u64(text, strlen(text), numbers[i].high, &value) != CS_OK)
            return diag_fail(&app->diag, CS_E_INVALID,
                             "configuration, [scan] %s = %.40s: expected a number up to %u", numbers[i].key,
                             text, numbers[i].high);
        *(uint32_t *)(void *)((char *)options + numbers[i].offset) = (uint32_t)value;
    }
    if (options->request.ports == NULL)
        options->request.ports = config_get(&app->config, "scan", "ports");
    if (options->lane == NULL)
        options->lane = config_get(&app->config, "scan", "lane");
    if (options->key_types == NULL)
        options->key_types = config_get(&app->config, "scan", "key-types");
    if (options->names_from == NULL)
        options->names_from = config_get(&app->config, "scan", "names-from");
    if (options->source == NULL)
        options->source = config_get(&app->config, "scan", "source");
    if (options->request.dns_server == NULL)
        options->request.dns_server = config_get(&app->config, "dns", "servers");
    return CS_OK;
}

/* ---- what the words mean ---- */

enum cs_err scan_output_parse(const char *text, enum output *out, struct diag *diag)
{
    *out = OUTPUT_SUMMARY;
    if (text == NULL || strcmp(text, "table") == 0)
        return CS_OK;
    *out = strcmp(text, "jsonl") == 0 ? OUTPUT_JSONL : OUTPUT_NONE;
    if (*out == OUTPUT_NONE && strcmp(text, "none") != 0)
        return diag_fail(diag, CS_E_INVALID, "--format %.40s: allowed are table, jsonl, none", text);
    return CS_OK;
}

enum cs_err scan_shard_parse(const char *text, struct scan_plan *plan, struct diag *diag)
{
    uint64_t index;
    uint64_t count;
    plan->shard_count = 1;
    if (text == NULL)
        return CS_OK;
    size_t len = strcspn(text, "/");
    bool valid = text[len] == '/' && text_to_u64(text, len, 1000000, &index) == CS_OK &&
                 text_to_u64(text + len + 1, strlen(text + len + 1), 1000000, &count) == CS_OK &&
                 index >= 1 && index <= count;
    if (!valid)
        return diag_fail(diag, CS_E_INVALID, "--shard %.40s: expected I/K with I from 1 to K", text);
    plan->shard_index = (uint32_t)index - 1;
    plan->shard_count = (uint32_t)count;
    return CS_OK;
}

enum cs_err scan_source_parse(const char *text, struct scan_plan *plan, struct diag *diag)
{
    if (text == NULL)
        return CS_OK;
    plan->has_source = true;
    if (ip_parse(text, strlen(text), &plan->source) != CS_OK)
        return diag_fail(diag, CS_E_INVALID, "--source %.60s: expected an address of this host", text);
    return CS_OK;
}

/* The place of `text` among `words`, the first of which is the default; -1 if it is none of them. */
static int find_word(const char *text, const char *const *words)
{
    for (int i = 0; text != NULL && words[i] != NULL; i++) {
        if (strcmp(text, words[i]) == 0)
            return i;
    }
    return text == NULL ? 0 : -1;
}

enum cs_err scan_policy_parse(const char *lane, const char *key_types, struct tries_policy *policy,
                              struct diag *diag)
{
    static const char *const lanes[] = {
        [LANE_CHOICE_AUTO] = "auto", [LANE_CHOICE_DIRECT] = "direct", [LANE_CHOICE_FULL] = "full", NULL};
    static const char *const keys[] = {"both", "first", NULL};
    int lane_number = find_word(lane, lanes);
    int keys_number = find_word(key_types, keys);
    if (lane_number < 0)
        return diag_fail(diag, CS_E_INVALID, "--lane %.40s: allowed are auto, direct, full", lane);
    if (keys_number < 0)
        return diag_fail(diag, CS_E_INVALID, "--key-types %.40s: allowed are both, first", key_types);
    *policy = (struct tries_policy){.lane = (enum lane_choice)lane_number, .both_keys = keys_number == 0};
    return CS_OK;
}

enum cs_err scan_names_parse(const char *text, struct name_options *names, struct diag *diag)
{
    struct buf allowed = {0};
    if (name_sources_parse(text, &names->sources))
        return CS_OK;
    name_sources_list(&allowed);
    diag_set(diag, "--names-from %.60s: allowed are %s; none goes with no other", text, buf_str(&allowed));
    buf_dispose(&allowed);
    return CS_E_INVALID;
}

enum cs_err scan_ehlo_parse(const char *text, char out[ENDPOINT_MAX_NAME + 1], struct diag *diag)
{
    char own[ENDPOINT_MAX_NAME + 1] = "";
    struct diag why = {0};
    if (text == NULL) {
        bool known = gethostname(own, sizeof own - 1) == 0 &&
                     host_name_normalize(out, own, strlen(own), &why) == CS_OK;
        if (!known)
            snprintf(out, ENDPOINT_MAX_NAME + 1, "localhost");
        return CS_OK;
    }
    if (host_name_normalize(out, text, strlen(text), &why) != CS_OK)
        return diag_fail(diag, CS_E_INVALID, "--ehlo-name: %s", why.text);
    return CS_OK;
}

enum cs_err scan_progress_check(const char *when, struct diag *diag)
{
    static const char *const words[] = {"auto", "always", "never", NULL};
    if (find_word(when, words) < 0)
        return diag_fail(diag, CS_E_INVALID, "--progress %.40s: allowed are always, never, auto", when);
    return CS_OK;
}

enum cs_err scan_network_check(const char *network, struct diag *diag)
{
    char shown[256];
    if (strlen(network) > 100 || strcmp(text_printable(shown, sizeof shown, network), network) != 0)
        return diag_fail(diag, CS_E_INVALID, "--network: up to 100 bytes of printable UTF-8");
    return CS_OK;
}
