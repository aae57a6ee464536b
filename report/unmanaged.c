// SPDX-License-Identifier: Apache-2.0
#include "report/unmanaged.h"

#include "base/text.h"
#include "cert/device.h"
#include "model/owner.h"

static const struct {
    const char *name;
    const char *advice;
} groups[UNMANAGED_GROUPS] = {
    [UNMANAGED_PUBLIC] = {"public CA", "trusted, and bought or requested past the certificate manager"},
    [UNMANAGED_PRIVATE] = {"private CA", "of a CA that no public root stands behind"},
    [UNMANAGED_SELF_SIGNED] = {"self-signed", "signed with its own key; request one"},
    [UNMANAGED_DEVICE] = {"device", "made by or for a device: management boards, printers, cameras"},
    [UNMANAGED_UNTOLD] =
        {"CA not known",
         "the chain stops short of a root that is known; complete it, or add your CA ([trust])"},
};

const char *unmanaged_group_name(enum unmanaged_group group)
{
    return groups[group].name;
}

const char *unmanaged_group_advice(enum unmanaged_group group)
{
    return groups[group].advice;
}

enum unmanaged_group unmanaged_group_of(const struct asset_row *row, const struct issuers *issuers)
{
    if (cert_device(&row->cert) != NULL)
        return UNMANAGED_DEVICE;
    if (row->cert.self_signed)
        return UNMANAGED_SELF_SIGNED;
    if (!row->verdict.known)
        return UNMANAGED_UNTOLD;
    if ((row->verdict.flaws & CHAIN_PUBLIC) != 0)
        return UNMANAGED_PUBLIC;
    if ((row->verdict.flaws & CHAIN_INCOMPLETE) == 0)
        return UNMANAGED_PRIVATE;
    if (issuers_has(&issuers->of_public, row->cert.issuer))
        return UNMANAGED_PUBLIC;
    return issuers_has(&issuers->of_private, row->cert.issuer) ? UNMANAGED_PRIVATE : UNMANAGED_UNTOLD;
}

enum column {
    COLUMN_REPORT,
    COLUMN_GROUP,
    COLUMN_DEVICE,
    COLUMN_ENDPOINT,
    COLUMN_HOST_NAME,
    COLUMN_COMMON_NAME,
    COLUMN_DNS_NAMES,
    COLUMN_ISSUER_COMMON_NAME,
    COLUMN_ISSUER,
    COLUMN_SERIAL,
    COLUMN_NOT_AFTER,
    COLUMN_DAYS_LEFT,
    COLUMN_OWNER,
    COLUMN_FINDINGS,
    COLUMN_FIRST_SEEN,
    COLUMN_SHA256,
    COLUMN_COUNT
};

const struct listing_column unmanaged_columns[] = {
    [COLUMN_REPORT] = {"report", false},
    [COLUMN_GROUP] = {"group", true},
    [COLUMN_DEVICE] = {"device", false},
    [COLUMN_ENDPOINT] = {"endpoint", true},
    [COLUMN_HOST_NAME] = {"host_name", false},
    [COLUMN_COMMON_NAME] = {"common_name", true},
    [COLUMN_DNS_NAMES] = {"dns_names", false},
    [COLUMN_ISSUER_COMMON_NAME] = {"issuer_common_name", true},
    [COLUMN_ISSUER] = {"issuer", false},
    [COLUMN_SERIAL] = {"serial", false},
    [COLUMN_NOT_AFTER] = {"not_after", true},
    [COLUMN_DAYS_LEFT] = {"days_left", true},
    [COLUMN_OWNER] = {"owner", true},
    [COLUMN_FINDINGS] = {"findings", false},
    [COLUMN_FIRST_SEEN] = {"first_seen", false},
    [COLUMN_SHA256] = {"sha256", false},
};
const size_t unmanaged_column_count = COLUMN_COUNT;

static void put_owner(struct listing *listing, const struct asset_row *row)
{
    struct buf owner = {0};
    if (row->owner_organization == NULL)
        return;
    owner_append(&owner, row->owner_organization, row->owner_department);
    listing_text(listing, COLUMN_OWNER, buf_str(&owner));
    buf_dispose(&owner);
}

static void put_row(struct listing *listing, const struct asset_row *row, enum unmanaged_group group,
                    int64_t now_s)
{
    char endpoint[ENDPOINT_TEXT_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    const struct cert_record *cert = &row->cert;
    hex_encode(hex, cert->sha256, SHA256_SIZE);
    listing_text(listing, COLUMN_REPORT, "unmanaged");
    listing_text(listing, COLUMN_GROUP, groups[group].name);
    listing_text(listing, COLUMN_DEVICE, cert_device(cert));
    listing_text(listing, COLUMN_ENDPOINT, endpoint_format(endpoint, &row->endpoint));
    listing_text(listing, COLUMN_HOST_NAME, row->host_name);
    listing_time(listing, COLUMN_FIRST_SEEN, row->first_seen_s);
    listing_text(listing, COLUMN_SHA256, hex);
    put_owner(listing, row);
    if (cert->malformed)
        return;
    listing_text(listing, COLUMN_COMMON_NAME, cert->common_name);
    listing_texts(listing, COLUMN_DNS_NAMES, text_list_view(&cert->dns_names), cert->dns_names.count);
    listing_text(listing, COLUMN_ISSUER_COMMON_NAME, cert->issuer_common_name);
    listing_text(listing, COLUMN_ISSUER, cert->issuer);
    listing_text(listing, COLUMN_SERIAL, cert->serial);
    listing_time(listing, COLUMN_NOT_AFTER, cert->not_after_s);
    listing_int(listing, COLUMN_DAYS_LEFT, asset_days_left(cert->not_after_s, now_s));
}

enum cs_err unmanaged_list_row(void *context, const struct asset_row *row)
{
    struct unmanaged_list *list = context;
    struct listing *listing = list->assets.listing;
    const char *findings[ASSET_FINDING_MAX];
    size_t count = asset_findings(row, list->assets.now_s, list->assets.expiry, findings);
    enum unmanaged_group group = unmanaged_group_of(row, list->issuers);
    bool wanted = true;
    enum cs_err err = CS_OK;
    if (list->assets.where != NULL && !list->assets.exact)
        err = asset_matches(list->assets.where, row, list->assets.now_s, findings, count, &wanted);
    if (err != CS_OK || !wanted)
        return err;
    if (listing == NULL) {
        list->counts[group]++;
        return CS_OK;
    }
    if (group != list->group)
        return CS_OK;
    put_row(listing, row, group, list->assets.now_s);
    listing_texts(listing, COLUMN_FINDINGS, findings, count);
    return listing_end_row(listing, list->assets.diag);
}
