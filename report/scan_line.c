// SPDX-License-Identifier: Apache-2.0
#include "report/scan_line.h"

#include <stdlib.h>

#include "base/cursor.h"
#include "base/json_writer.h"
#include "cert/finding.h"
#include "cert/name_text.h"
#include "model/cipher_suite.h"
#include "model/ip.h"

#define MAX_CA_NAMES 100 /* written of a request; some servers list every CA there is */

static void write_ip(struct json_writer *json, const struct observation *seen)
{
    char ip[IP_TEXT_SIZE];
    json_member_string(json, "ip", seen->has_ip ? ip_format(ip, seen->ip) : NULL);
}

static void write_probe(struct json_writer *json, const struct scan_line *line)
{
    const struct observation *seen = line->observation;
    json_key(json, "scan");
    if (line->scan_id != 0)
        json_int(json, line->scan_id);
    else
        json_null(json);
    json_key(json, "target");
    json_uint(json, seen->target);
    write_ip(json, seen);
    json_member_int(json, "port", seen->port);
    json_member_string(json, "protocol", protocol_name(seen->protocol));
    json_member_string(json, "server_name", seen->server_name);
    json_member_string(json, "host_name", seen->host_name);
    json_member_string(json, "network", line->network);
    json_member_string(json, "outcome", outcome_name(seen->outcome));
    json_member_string(json, "detail", seen->detail[0] != '\0' ? seen->detail : NULL);
    json_key(json, "seen_at");
    json_time(json, seen->seen_at_ms / 1000);
}

static void write_list(struct json_writer *json, const char *key, const struct text_list *list)
{
    json_key(json, key);
    json_begin_array(json);
    for (size_t i = 0; i < list->count; i++)
        json_string(json, list->items[i]);
    json_end_array(json);
}

/* Every field of a certificate that can be decoded, in the order in which they are written. */
static void write_fields(struct json_writer *json, const struct cert_record *leaf)
{
    json_member_string(json, "common_name", leaf->common_name);
    json_member_string(json, "subject", leaf->subject);
    json_member_string(json, "organization", leaf->organization);
    json_member_string(json, "issuer_common_name", leaf->issuer_common_name);
    json_member_string(json, "issuer", leaf->issuer);
    json_member_string(json, "serial", leaf->serial);
    json_key(json, "not_before");
    json_time(json, leaf->not_before_s);
    json_key(json, "not_after");
    json_time(json, leaf->not_after_s);
    write_list(json, "dns_names", &leaf->dns_names);
    write_list(json, "ip_addresses", &leaf->ip_addresses);
    json_member_string(json, "key_type", leaf->key_type);
    json_member_int(json, "key_bits", leaf->key_bits);
    json_member_string(json, "signature_algorithm", leaf->signature_algorithm);
    json_member_bool(json, "self_signed", leaf->self_signed);
}

static void write_malformed(struct json_writer *json)
{
    static const char *const names[] = {
        "common_name", "subject",    "organization",        "issuer_common_name", "issuer",
        "serial",      "not_before", "not_after",           "dns_names",          "ip_addresses",
        "key_type",    "key_bits",   "signature_algorithm", "self_signed",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        json_member_string(json, names[i], NULL);
}

static void write_findings(struct json_writer *json, const struct scan_line *line)
{
    const char *names[FINDING_MAX];
    size_t count = findings_of(line->leaf, line->facts, names);
    json_key(json, "findings");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        json_string(json, names[i]);
    json_end_array(json);
}

static void write_ca_names(struct json_writer *json, const struct chain *chain)
{
    struct cursor list = {chain->ca_names.bytes, chain->ca_names.len};
    struct cursor der;
    json_key(json, "client_ca_names");
    if (chain->client_certificate != REQUEST_SEEN) {
        json_null(json);
        return;
    }
    json_begin_array(json);
    for (int i = 0; i < MAX_CA_NAMES && cursor_vector(&list, 2, &der); i++) {
        char *name = cert_name_text_of_der(der.at, der.left);
        if (name != NULL)
            json_string(json, name);
        free(name);
    }
    json_end_array(json);
}

static int64_t count_scts(const struct raw *sct_list)
{
    struct cursor bytes = {sct_list->bytes, sct_list->len};
    struct cursor list;
    struct cursor sct;
    int64_t count = 0;
    if (!cursor_vector(&bytes, 2, &list))
        return 0;
    while (cursor_vector(&list, 2, &sct))
        count++;
    return count;
}

/* What the server had said by the time the chain was there; null where it had not got so far. */
static void write_handshake(struct json_writer *json, const struct chain *chain)
{
    const struct cipher_suite *suite = cipher_suite_find(chain->cipher_suite);
    bool is_whole = chain->client_certificate != REQUEST_UNKNOWN;
    json_member_string(json, "tls_version", tls_version_name(chain->tls_version));
    json_member_string(json, "cipher_suite", suite != NULL ? suite->name : NULL);
    json_member_string(json, "key_exchange_group", tls_group_name(chain->group));
    if (is_whole || chain->ocsp_response.bytes != NULL)
        json_member_bool(json, "ocsp_stapled", chain->ocsp_response.bytes != NULL);
    else
        json_member_string(json, "ocsp_stapled", NULL);
    json_member_int(json, "sct_count", count_scts(&chain->sct_list));
    if (is_whole)
        json_member_bool(json, "client_certificate_requested", chain->client_certificate == REQUEST_SEEN);
    else
        json_member_string(json, "client_certificate_requested", NULL);
    write_ca_names(json, chain);
    json_member_string(json, "lane", lane_name(chain->lane));
}

static void write_certificate(struct json_writer *json, const struct scan_line *line)
{
    json_key(json, "sha256");
    json_hex(json, line->leaf->sha256, SHA256_SIZE);
    json_key(json, "chain");
    json_begin_array(json);
    for (size_t i = 0; i < line->chain->cert_count; i++)
        json_hex(json, line->chain->certs[i].sha256, SHA256_SIZE);
    json_end_array(json);
    if (line->leaf->malformed)
        write_malformed(json);
    else
        write_fields(json, line->leaf);
    write_handshake(json, line->chain);
    json_member_string(json, "owner_organization", line->owner_organization);
    json_member_string(json, "owner_department", line->owner_department);
    json_member_string(json, "rule", line->rule);
    write_findings(json, line);
}

void scan_line_append(struct buf *out, const struct scan_line *line)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    write_probe(&json, line);
    if (line->chain != NULL)
        write_certificate(&json, line);
    json_end_object(&json);
    buf_append_char(out, '\n');
}
