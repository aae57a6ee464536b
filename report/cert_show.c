// SPDX-License-Identifier: Apache-2.0
#include "report/cert_show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "cert/finding.h"
#include "cert/text_dump.h"
#include "db/assets.h"
#include "model/owner.h"
#include "report/asset_list.h"

#define NAMES_SHOWN 20 /* in a table; json has all */

struct show {
    struct store *store;
    enum cert_show_format format;
    int64_t now_s;
    const struct expiry_limits *expiry;
    struct diag *diag;
    struct buf out;
    struct json_writer json;
    uint8_t chain[CHAIN_MAX_CERTS][SHA256_SIZE]; /* of the first asset */
    size_t chain_count;
    size_t assets;
    uint8_t leaf[SHA256_SIZE];
};

enum cs_err cert_show_format_parse(enum cert_show_format *out, const char *text, struct diag *diag)
{
    static const char *const names[] = {"table", "json", "pem", "text"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum cert_show_format)i;
            return CS_OK;
        }
    }
    return diag_fail(diag, CS_E_INVALID, "--format %.40s: allowed are table, json, pem, text", text);
}

static void line(struct show *show, const char *name, const char *text)
{
    buf_printf(&show->out, "%-22s", name);
    text_append_printable(&show->out, text != NULL ? text : "-", strlen(text != NULL ? text : "-"));
    buf_append_char(&show->out, '\n');
}

static void line_list(struct show *show, const char *name, const struct text_list *list)
{
    for (size_t i = 0; i < list->count && i < NAMES_SHOWN; i++)
        line(show, i == 0 ? name : "", list->items[i]);
    if (list->count > NAMES_SHOWN)
        buf_printf(&show->out, "%-22sand %zu more\n", "", list->count - NAMES_SHOWN);
}

static void line_time(struct show *show, const char *name, int64_t time_s)
{
    char text[TIMEFMT_SIZE];
    line(show, name, timefmt_rfc3339(text, time_s));
}

/* ---- the certificate ---- */

static void table_certificate(struct show *show, const struct cert_record *cert)
{
    char hex[2 * SHA256_SIZE + 1];
    char text[64];
    const char *findings[FINDING_MAX];
    size_t finding_count =
        findings_of(cert, &(struct finding_facts){.now_s = show->now_s, .expiry = show->expiry}, findings);
    hex_encode(hex, cert->sha256, SHA256_SIZE);
    line(show, "sha256", hex);
    if (!cert->malformed) {
        line(show, "common name", cert->common_name);
        line_list(show, "dns names", &cert->dns_names);
        line_list(show, "ip addresses", &cert->ip_addresses);
        line_list(show, "other names", &cert->other_names);
        line(show, "subject", cert->subject);
        line(show, "issuer", cert->issuer);
        line(show, "serial", cert->serial);
        line_time(show, "not before", cert->not_before_s);
        line_time(show, "not after", cert->not_after_s);
        snprintf(text, sizeof text, "%" PRId64, asset_days_left(cert->not_after_s, show->now_s));
        line(show, "days left", text);
        snprintf(text, sizeof text, "%s, %" PRIu32 " bits", cert->key_type, cert->key_bits);
        line(show, "key", text);
        line(show, "signature algorithm", cert->signature_algorithm);
        line_list(show, "key usage", &cert->key_usages);
        line_list(show, "extended key usage", &cert->extended_key_usages);
        if (cert->template_name != NULL)
            line(show, "template", cert->template_name);
        line(show, "self signed", cert->self_signed ? "yes" : "no");
    }
    for (size_t i = 0; i < finding_count; i++)
        line(show, i == 0 ? "findings" : "", findings[i]);
}

static void json_list(struct show *show, const char *key, const struct text_list *list)
{
    json_key(&show->json, key);
    json_begin_array(&show->json);
    for (size_t i = 0; i < list->count; i++)
        json_string(&show->json, list->items[i]);
    json_end_array(&show->json);
}

static void json_findings(struct json_writer *json, const char *const *findings, size_t count)
{
    json_key(json, "findings");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        json_string(json, findings[i]);
    json_end_array(json);
}

static void json_certificate(struct show *show, const struct cert_record *cert)
{
    struct json_writer *json = &show->json;
    const char *findings[FINDING_MAX];
    size_t finding_count =
        findings_of(cert, &(struct finding_facts){.now_s = show->now_s, .expiry = show->expiry}, findings);
    json_key(json, "sha256");
    json_hex(json, cert->sha256, SHA256_SIZE);
    json_member_string(json, "common_name", cert->common_name);
    json_member_string(json, "subject", cert->subject);
    json_member_string(json, "organization", cert->organization);
    json_member_string(json, "issuer_common_name", cert->issuer_common_name);
    json_member_string(json, "issuer", cert->issuer);
    json_member_string(json, "serial", cert->serial);
    if (!cert->malformed) {
        json_key(json, "not_before");
        json_time(json, cert->not_before_s);
        json_key(json, "not_after");
        json_time(json, cert->not_after_s);
        json_member_int(json, "days_left", asset_days_left(cert->not_after_s, show->now_s));
        json_member_int(json, "lifetime_days", cert_record_lifetime_days(cert));
        json_member_int(json, "key_bits", cert->key_bits);
        json_member_bool(json, "self_signed", cert->self_signed);
        json_member_bool(json, "wildcard", cert->wildcard);
        json_key(json, "spki_sha256");
        json_hex(json, cert->spki_sha256, SHA256_SIZE);
    }
    json_list(show, "dns_names", &cert->dns_names);
    json_list(show, "ip_addresses", &cert->ip_addresses);
    json_list(show, "other_names", &cert->other_names);
    json_member_string(json, "key_type", cert->key_type);
    json_member_string(json, "signature_algorithm", cert->signature_algorithm);
    json_list(show, "key_usage", &cert->key_usages);
    json_list(show, "extended_key_usage", &cert->extended_key_usages);
    json_member_string(json, "template_name", cert->template_name);
    json_findings(json, findings, finding_count);
}

static enum cs_err put_certificate(void *context, const struct certificate_row *row)
{
    struct show *show = context;
    struct buf text = {0};
    enum cs_err err = CS_OK;
    switch (show->format) {
    case CERT_SHOW_TABLE:
        table_certificate(show, &row->record);
        break;
    case CERT_SHOW_JSON:
        json_certificate(show, &row->record);
        break;
    case CERT_SHOW_PEM:
        cert_append_pem(&show->out, row->der, row->der_len);
        break;
    case CERT_SHOW_TEXT:
        err = cert_append_text(&text, row->der, row->der_len);
        for (const char *at = buf_str(&text);
             *at != '\0' && err == CS_OK;) { /* line by line: line ends are ours */
            size_t len = strcspn(at, "\n");
            text_append_printable(&show->out, at, len);
            buf_append_char(&show->out, '\n');
            at += len + (at[len] == '\n');
        }
        if (err != CS_OK)
            diag_set(show->diag, "the certificate cannot be decoded; --format pem shows its bytes");
    }
    buf_dispose(&text);
    return err;
}

/* ---- where it is served ---- */

static enum cs_err table_interval(void *context, const struct interval_row *row)
{
    struct show *show = context;
    char first[TIMEFMT_SIZE];
    char last[TIMEFMT_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    if (memcmp(row->leaf_sha256, show->leaf, SHA256_SIZE) == 0)
        return CS_OK;
    hex_encode(hex, row->leaf_sha256, 8);
    buf_printf(&show->out, "%-22s  before: %s..., %s to %s\n", "", hex,
               timefmt_date(first, row->first_seen_s), timefmt_date(last, row->last_seen_s));
    return CS_OK;
}

static enum cs_err table_asset(struct show *show, const struct asset_row *row)
{
    char endpoint[ENDPOINT_TEXT_SIZE];
    char first[TIMEFMT_SIZE];
    char last[TIMEFMT_SIZE];
    const char *findings[ESTATE_FINDING_MAX];
    struct buf owner = {0};
    struct buf text = {0};
    if (row->owner_organization != NULL)
        owner_append(&owner, row->owner_organization, row->owner_department);
    buf_printf(&text, "%s (%s), %s to %s, %s", endpoint_format(endpoint, &row->endpoint), row->state,
               timefmt_date(first, row->first_seen_s), timefmt_date(last, row->last_seen_s),
               owner.len > 0 ? buf_str(&owner) : "nobody's");
    if (row->manual)
        buf_printf(&text, ", assigned by hand: %s", row->reason);
    else if (row->rule != NULL)
        buf_printf(&text, ", by rule \"%s\"", row->rule);
    size_t finding_count = estate_findings_of(row->estate_findings, findings);
    for (size_t i = 0; i < finding_count; i++)
        buf_printf(&text, ", %s", findings[i]);
    line(show, show->assets == 1 ? "served at" : "", buf_str(&text));
    buf_dispose(&text);
    buf_dispose(&owner);
    return assets_history(show->store, row->id, table_interval, show, show->diag);
}

static void json_asset(struct show *show, const struct asset_row *row)
{
    struct json_writer *json = &show->json;
    char endpoint[ENDPOINT_TEXT_SIZE];
    const char *findings[ASSET_FINDING_MAX];
    json_begin_object(json);
    json_member_string(json, "endpoint", endpoint_format(endpoint, &row->endpoint));
    json_member_string(json, "network", row->endpoint.network);
    json_member_string(json, "host_name", row->host_name);
    json_member_string(json, "state", row->state);
    json_key(json, "first_seen");
    json_time(json, row->first_seen_s);
    json_key(json, "last_seen");
    json_time(json, row->last_seen_s);
    json_member_string(json, "status", row->status);
    json_member_string(json, "owner_organization", row->owner_organization);
    json_member_string(json, "owner_department", row->owner_department);
    json_member_string(json, "rule", row->rule);
    json_member_string(json, "reason", row->reason);
    json_findings(json, findings, asset_findings(row, show->now_s, show->expiry, findings));
    json_end_object(json);
}

static enum cs_err put_asset(void *context, const struct asset_row *row)
{
    struct show *show = context;
    show->assets++;
    if (show->chain_count == 0) {
        show->chain_count = row->chain_count < CHAIN_MAX_CERTS ? row->chain_count : CHAIN_MAX_CERTS;
        memcpy(show->chain, row->chain, show->chain_count * SHA256_SIZE);
    }
    if (show->format == CERT_SHOW_TABLE)
        return table_asset(show, row);
    if (show->format == CERT_SHOW_JSON)
        json_asset(show, row);
    return CS_OK;
}

/* The rest of the chain, by its own rules: subjects in a table, hashes in JSON, whole certificates in PEM. */
static enum cs_err put_issuer(void *context, const struct certificate_row *row)
{
    struct show *show = context;
    if (show->format == CERT_SHOW_PEM)
        cert_append_pem(&show->out, row->der, row->der_len);
    else if (show->format == CERT_SHOW_TABLE)
        line(show, "chain", row->record.subject);
    return CS_OK;
}

static enum cs_err put_chain(struct show *show)
{
    char hex[2 * SHA256_SIZE + 1];
    enum cs_err err = CS_OK;
    if (show->format == CERT_SHOW_JSON) {
        json_key(&show->json, "chain");
        json_begin_array(&show->json);
        for (size_t i = 0; i < show->chain_count; i++)
            json_hex(&show->json, show->chain[i], SHA256_SIZE);
        json_end_array(&show->json);
        return CS_OK;
    }
    for (size_t i = 1; i < show->chain_count && err == CS_OK; i++) {
        hex_encode(hex, show->chain[i], SHA256_SIZE);
        err = certificates_get(show->store, hex, put_issuer, show, show->diag);
    }
    return err;
}

static enum cs_err put_all(struct show *show)
{
    char hex[2 * SHA256_SIZE + 1];
    struct asset_filter filter = {.leaf_sha256 = show->leaf, .estate_findings = true, .now_s = show->now_s};
    bool is_json = show->format == CERT_SHOW_JSON;
    hex_encode(hex, show->leaf, SHA256_SIZE);
    if (is_json)
        json_begin_object(&show->json);
    enum cs_err err = certificates_get(show->store, hex, put_certificate, show, show->diag);
    if (err != CS_OK || show->format == CERT_SHOW_TEXT)
        return err;
    if (is_json) {
        json_key(&show->json, "assets");
        json_begin_array(&show->json);
    }
    err = assets_each(show->store, &filter, NULL, put_asset, show, show->diag);
    if (is_json)
        json_end_array(&show->json);
    if (err == CS_OK)
        err = put_chain(show);
    if (is_json) {
        json_end_object(&show->json);
        buf_append_char(&show->out, '\n');
    }
    return err;
}

enum cs_err cert_show(FILE *file, struct store *store, const uint8_t sha256[SHA256_SIZE],
                      enum cert_show_format format, int64_t now_s, const struct expiry_limits *expiry,
                      struct diag *diag)
{
    struct show *show = calloc(1, sizeof *show);
    if (show == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    show->store = store;
    show->format = format;
    show->now_s = now_s;
    show->expiry = expiry;
    show->diag = diag;
    memcpy(show->leaf, sha256, SHA256_SIZE);
    json_writer_init(&show->json, &show->out);
    enum cs_err err = put_all(show);
    if (err == CS_OK && show->out.err != CS_OK)
        err = diag_fail(diag, show->out.err, "out of memory");
    if (err == CS_OK &&
        (fwrite(show->out.data, 1, show->out.len, file) != show->out.len || fflush(file) != 0))
        err = diag_fail(diag, CS_E_IO, "standard output: %s", strerror(errno));
    buf_dispose(&show->out);
    free(show);
    return err;
}
