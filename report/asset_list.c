// SPDX-License-Identifier: Apache-2.0
#include "report/asset_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/owner.h"

enum column {
    COLUMN_ENDPOINT,
    COLUMN_IP,
    COLUMN_PORT,
    COLUMN_PROTOCOL,
    COLUMN_SERVER_NAME,
    COLUMN_HOST_NAME,
    COLUMN_NETWORK,
    COLUMN_STATE,
    COLUMN_COMMON_NAME,
    COLUMN_SUBJECT,
    COLUMN_ORGANIZATION,
    COLUMN_ISSUER_COMMON_NAME,
    COLUMN_ISSUER,
    COLUMN_SERIAL,
    COLUMN_NOT_BEFORE,
    COLUMN_NOT_AFTER,
    COLUMN_DAYS_LEFT,
    COLUMN_LIFETIME_DAYS,
    COLUMN_DNS_NAMES,
    COLUMN_IP_ADDRESSES,
    COLUMN_KEY_TYPE,
    COLUMN_KEY_BITS,
    COLUMN_SIGNATURE_ALGORITHM,
    COLUMN_SELF_SIGNED,
    COLUMN_WILDCARD,
    COLUMN_TLS_VERSION,
    COLUMN_LANE,
    COLUMN_SHA256,
    COLUMN_CHAIN,
    COLUMN_FIRST_SEEN,
    COLUMN_LAST_SEEN,
    COLUMN_LAST_PROBED,
    COLUMN_LAST_OUTCOME,
    COLUMN_MISSED,
    COLUMN_STATUS,
    COLUMN_OWNER,
    COLUMN_OWNER_ORGANIZATION,
    COLUMN_OWNER_DEPARTMENT,
    COLUMN_RULE,
    COLUMN_FINDINGS,
    COLUMN_ACCEPTED,
    COLUMN_PSEUDO_SERVICE,
    COLUMN_ACCEPTED_UNTIL,
    COLUMN_SCM_ID,
    COLUMN_SCM_STATE,
    COLUMN_REQUESTER,
    COLUMN_COUNT
};

const struct listing_column asset_columns[] = {
    [COLUMN_ENDPOINT] = {"endpoint", true},
    [COLUMN_IP] = {"ip", false},
    [COLUMN_PORT] = {"port", false},
    [COLUMN_PROTOCOL] = {"protocol", false},
    [COLUMN_SERVER_NAME] = {"server_name", false},
    [COLUMN_HOST_NAME] = {"host_name", false},
    [COLUMN_NETWORK] = {"network", false},
    [COLUMN_STATE] = {"state", false},
    [COLUMN_COMMON_NAME] = {"common_name", true},
    [COLUMN_SUBJECT] = {"subject", false},
    [COLUMN_ORGANIZATION] = {"organization", false},
    [COLUMN_ISSUER_COMMON_NAME] = {"issuer_common_name", true},
    [COLUMN_ISSUER] = {"issuer", false},
    [COLUMN_SERIAL] = {"serial", false},
    [COLUMN_NOT_BEFORE] = {"not_before", false},
    [COLUMN_NOT_AFTER] = {"not_after", true},
    [COLUMN_DAYS_LEFT] = {"days_left", true},
    [COLUMN_LIFETIME_DAYS] = {"lifetime_days", false},
    [COLUMN_DNS_NAMES] = {"dns_names", false},
    [COLUMN_IP_ADDRESSES] = {"ip_addresses", false},
    [COLUMN_KEY_TYPE] = {"key_type", true}, /* tells an endpoint's two certificates apart */
    [COLUMN_KEY_BITS] = {"key_bits", false},
    [COLUMN_SIGNATURE_ALGORITHM] = {"signature_algorithm", false},
    [COLUMN_SELF_SIGNED] = {"self_signed", false},
    [COLUMN_WILDCARD] = {"wildcard", false},
    [COLUMN_TLS_VERSION] = {"tls_version", false},
    [COLUMN_LANE] = {"lane", false},
    [COLUMN_SHA256] = {"sha256", false},
    [COLUMN_CHAIN] = {"chain", false},
    [COLUMN_FIRST_SEEN] = {"first_seen", false},
    [COLUMN_LAST_SEEN] = {"last_seen", false},
    [COLUMN_LAST_PROBED] = {"last_probed", false},
    [COLUMN_LAST_OUTCOME] = {"last_outcome", false},
    [COLUMN_MISSED] = {"missed", false},
    [COLUMN_STATUS] = {"status", false},
    [COLUMN_OWNER] = {"owner", true},
    [COLUMN_OWNER_ORGANIZATION] = {"owner_organization", false},
    [COLUMN_OWNER_DEPARTMENT] = {"owner_department", false},
    [COLUMN_RULE] = {"rule", false},
    [COLUMN_FINDINGS] = {"findings", true},
    [COLUMN_ACCEPTED] = {"accepted", false},
    [COLUMN_PSEUDO_SERVICE] = {"pseudo_service", false},
    [COLUMN_ACCEPTED_UNTIL] = {"accepted_until", false},
    [COLUMN_SCM_ID] = {"scm_id", false},
    [COLUMN_SCM_STATE] = {"scm_state", false},
    [COLUMN_REQUESTER] = {"requester", false},
};
const size_t asset_column_count = COLUMN_COUNT;

static void put_endpoint(struct listing *listing, const struct asset_row *row)
{
    char endpoint[ENDPOINT_TEXT_SIZE];
    char ip[IP_TEXT_SIZE];
    listing_text(listing, COLUMN_ENDPOINT, endpoint_format(endpoint, &row->endpoint));
    listing_text(listing, COLUMN_IP, ip_format(ip, row->endpoint.ip));
    listing_int(listing, COLUMN_PORT, row->endpoint.port);
    listing_text(listing, COLUMN_PROTOCOL, protocol_name(row->endpoint.protocol));
    listing_text(listing, COLUMN_SERVER_NAME, row->endpoint.server_name);
    listing_text(listing, COLUMN_HOST_NAME, row->host_name);
    listing_text(listing, COLUMN_NETWORK, row->endpoint.network);
    listing_text(listing, COLUMN_STATE, row->state);
    listing_text(listing, COLUMN_TLS_VERSION, row->tls_version);
    listing_text(listing, COLUMN_LANE, lane_name(row->lane));
    listing_time(listing, COLUMN_FIRST_SEEN, row->first_seen_s);
    listing_time(listing, COLUMN_LAST_SEEN, row->last_seen_s);
    listing_time(listing, COLUMN_LAST_PROBED, row->last_probe_s);
    listing_text(listing, COLUMN_LAST_OUTCOME, outcome_name(row->last_outcome));
    listing_int(listing, COLUMN_MISSED, row->missed);
}

static void put_list(struct listing *listing, size_t column, const struct text_list *list)
{
    listing_texts(listing, column, text_list_view(list), list->count);
}

static void put_certificate(struct listing *listing, const struct cert_record *cert, int64_t now_s)
{
    char hex[2 * SHA256_SIZE + 1];
    hex_encode(hex, cert->sha256, SHA256_SIZE);
    listing_text(listing, COLUMN_SHA256, hex);
    if (cert->malformed)
        return;
    listing_text(listing, COLUMN_COMMON_NAME, cert->common_name);
    listing_text(listing, COLUMN_SUBJECT, cert->subject);
    listing_text(listing, COLUMN_ORGANIZATION, cert->organization);
    listing_text(listing, COLUMN_ISSUER_COMMON_NAME, cert->issuer_common_name);
    listing_text(listing, COLUMN_ISSUER, cert->issuer);
    listing_text(listing, COLUMN_SERIAL, cert->serial);
    listing_time(listing, COLUMN_NOT_BEFORE, cert->not_before_s);
    listing_time(listing, COLUMN_NOT_AFTER, cert->not_after_s);
    listing_int(listing, COLUMN_DAYS_LEFT, asset_days_left(cert->not_after_s, now_s));
    listing_int(listing, COLUMN_LIFETIME_DAYS, cert_record_lifetime_days(cert));
    put_list(listing, COLUMN_DNS_NAMES, &cert->dns_names);
    put_list(listing, COLUMN_IP_ADDRESSES, &cert->ip_addresses);
    listing_text(listing, COLUMN_KEY_TYPE, cert->key_type);
    listing_int(listing, COLUMN_KEY_BITS, cert->key_bits);
    listing_text(listing, COLUMN_SIGNATURE_ALGORITHM, cert->signature_algorithm);
    listing_bool(listing, COLUMN_SELF_SIGNED, cert->self_signed);
    listing_bool(listing, COLUMN_WILDCARD, cert->wildcard);
}

static void put_chain(struct listing *listing, const struct asset_row *row)
{
    char hex[CHAIN_MAX_CERTS][2 * SHA256_SIZE + 1];
    const char *texts[CHAIN_MAX_CERTS];
    size_t count = row->chain_count < CHAIN_MAX_CERTS ? row->chain_count : CHAIN_MAX_CERTS;
    if (!listing_wants(listing, COLUMN_CHAIN))
        return;
    for (size_t i = 0; i < count; i++) {
        hex_encode(hex[i], row->chain[i], SHA256_SIZE);
        texts[i] = hex[i];
    }
    listing_texts(listing, COLUMN_CHAIN, texts, count);
}

static void put_owner(struct listing *listing, const struct asset_row *row)
{
    struct buf owner = {0};
    listing_text(listing, COLUMN_STATUS, row->status);
    if (row->scm_id != 0)
        listing_int(listing, COLUMN_SCM_ID, row->scm_id);
    listing_text(listing, COLUMN_SCM_STATE, row->scm_state);
    listing_text(listing, COLUMN_REQUESTER, row->requester);
    listing_text(listing, COLUMN_RULE, row->rule);
    if (row->owner_organization == NULL)
        return;
    owner_append(&owner, row->owner_organization, row->owner_department);
    listing_text(listing, COLUMN_OWNER, buf_str(&owner));
    listing_text(listing, COLUMN_OWNER_ORGANIZATION, row->owner_organization);
    listing_text(listing, COLUMN_OWNER_DEPARTMENT, row->owner_department);
    buf_dispose(&owner);
}

static void put_group(struct listing *listing, const struct asset_row *row, uint64_t members)
{
    char text[PSEUDO_TEXT_SIZE];
    listing_text(listing, COLUMN_ENDPOINT, pseudo_group_format(text, row, members));
}

enum cs_err asset_matches(struct matcher *where, const struct asset_row *row, int64_t now_s,
                          const char *const *findings, size_t finding_count, bool *out)
{
    struct facts facts = {0};
    struct cert_fact_scratch scratch = {0};
    enum cs_err err = asset_facts(row, now_s, &facts, &scratch);
    facts_set_texts(&facts, FIELD_FINDING, findings, finding_count);
    *out = err == CS_OK && matcher_holds(where, &facts);
    cert_fact_scratch_dispose(&scratch);
    return err;
}

static enum cs_err passes(const struct asset_list *list, const struct asset_row *row,
                          const char *const *findings, size_t finding_count, bool *out)
{
    *out = true;
    if (list->where == NULL || list->exact)
        return CS_OK;
    return asset_matches(list->where, row, list->now_s, findings, finding_count, out);
}

static size_t all_findings(const struct asset_row *row, int64_t now_s, const struct expiry_limits *expiry,
                           const char *out[ASSET_FINDING_MAX])
{
    const struct finding_facts facts = {
        .now_s = now_s,
        .server_name = row->endpoint.server_name,
        .starttls_injection = row->starttls_injection,
        .tls_version = row->tls_version,
        .expiry = expiry,
        .chain = &row->verdict,
    };
    size_t count = findings_of(&row->cert, &facts, out);
    return count + estate_findings_of(row->estate_findings, out + count);
}

/* Until when it is accepted; 0 = it is not. */
static int64_t accepted_until(const char *accepted, const char *finding)
{
    int64_t latest_s = 0;
    size_t len = strlen(finding);
    while (accepted != NULL && *accepted != '\0') {
        const char *date = accepted + strcspn(accepted, " ") + 1;
        int64_t until_s = strtoll(date, NULL, 10);
        if (strncmp(accepted, finding, len) == 0 && accepted[len] == ' ' && until_s > latest_s)
            latest_s = until_s;
        accepted = date + strcspn(date, " ");
        accepted += *accepted == ' ';
    }
    return latest_s;
}

size_t asset_findings(const struct asset_row *row, int64_t now_s, const struct expiry_limits *expiry,
                      const char *out[ASSET_FINDING_MAX])
{
    size_t all = all_findings(row, now_s, expiry, out);
    size_t count = 0;
    for (size_t i = 0; i < all; i++) {
        if (accepted_until(row->accepted, out[i]) == 0)
            out[count++] = out[i];
    }
    return count;
}

size_t asset_findings_accepted(const struct asset_row *row, int64_t now_s, const struct expiry_limits *expiry,
                               const char *out[ASSET_FINDING_MAX], int64_t *until_s)
{
    size_t count = 0;
    size_t all = row->accepted != NULL ? all_findings(row, now_s, expiry, out) : 0;
    for (size_t i = 0; i < all; i++) {
        int64_t ends_s = accepted_until(row->accepted, out[i]);
        if (ends_s == 0)
            continue;
        *until_s = count == 0 || ends_s < *until_s ? ends_s : *until_s;
        out[count++] = out[i];
    }
    return count;
}

bool asset_list_shows_findings(const struct listing *listing)
{
    return listing_wants(listing, COLUMN_FINDINGS);
}

enum cs_err asset_list_wants(const struct asset_list *list, const struct asset_row *row, bool *out)
{
    const char *findings[ASSET_FINDING_MAX];
    *out = true;
    if (list->where == NULL || list->exact)
        return CS_OK;
    return asset_matches(list->where, row, list->now_s, findings,
                         asset_findings(row, list->now_s, list->expiry, findings), out);
}

enum cs_err asset_list_row(void *context, const struct asset_row *row)
{
    struct asset_list *list = context;
    const char *findings[ASSET_FINDING_MAX];
    const char *accepted[ASSET_FINDING_MAX];
    int64_t until_s = 0;
    size_t finding_count = asset_findings(row, list->now_s, list->expiry, findings);
    size_t accepted_count = asset_findings_accepted(row, list->now_s, list->expiry, accepted, &until_s);
    bool wanted;
    list->silenced += accepted_count;
    enum cs_err err = passes(list, row, findings, finding_count, &wanted);
    if (err != CS_OK || !wanted)
        return err;
    if (list->counts_groups)
        return pseudo_groups_add(list->groups, row);
    uint64_t members = 0;
    if (list->groups != NULL && !pseudo_groups_show(list->groups, row, &members))
        return CS_OK; /* another row stands for it */
    put_endpoint(list->listing, row);
    if (members > 0)
        put_group(list->listing, row, members);
    put_certificate(list->listing, &row->cert, list->now_s);
    put_chain(list->listing, row);
    put_owner(list->listing, row);
    listing_bool(list->listing, COLUMN_PSEUDO_SERVICE, row->pseudo_service != PSEUDO_NONE);
    listing_texts(list->listing, COLUMN_FINDINGS, findings, finding_count);
    listing_texts(list->listing, COLUMN_ACCEPTED, accepted, accepted_count);
    if (accepted_count > 0)
        listing_time(list->listing, COLUMN_ACCEPTED_UNTIL, until_s);
    list->rows++;
    return listing_end_row(list->listing, list->diag);
}
