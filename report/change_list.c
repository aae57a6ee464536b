// SPDX-License-Identifier: Apache-2.0
#include "report/change_list.h"

#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "model/owner.h"

enum column {
    COLUMN_REPORT,
    COLUMN_CHANGE,
    COLUMN_ENDPOINT,
    COLUMN_IP,
    COLUMN_PORT,
    COLUMN_PROTOCOL,
    COLUMN_SERVER_NAME,
    COLUMN_HOST_NAME,
    COLUMN_NETWORK,
    COLUMN_KEY_TYPE,
    COLUMN_COMMON_NAME,
    COLUMN_ISSUER_COMMON_NAME,
    COLUMN_NOT_AFTER,
    COLUMN_SHA256,
    COLUMN_STATE,
    COLUMN_STATUS,
    COLUMN_OWNER,
    COLUMN_BEFORE,
    COLUMN_ISSUER_COMMON_NAME_BEFORE,
    COLUMN_NOT_AFTER_BEFORE,
    COLUMN_SHA256_BEFORE,
    COLUMN_STATE_BEFORE,
    COLUMN_OWNER_BEFORE,
    COLUMN_NOW_AT,
    COLUMN_CHANGED_AT,
    COLUMN_SCAN,
    COLUMN_COUNT
};

const struct listing_column change_columns[] = {
    [COLUMN_REPORT] = {"report", false},
    [COLUMN_CHANGE] = {"change", true},
    [COLUMN_ENDPOINT] = {"endpoint", true},
    [COLUMN_IP] = {"ip", false},
    [COLUMN_PORT] = {"port", false},
    [COLUMN_PROTOCOL] = {"protocol", false},
    [COLUMN_SERVER_NAME] = {"server_name", false},
    [COLUMN_HOST_NAME] = {"host_name", false},
    [COLUMN_NETWORK] = {"network", false},
    [COLUMN_KEY_TYPE] = {"key_type", false},
    [COLUMN_COMMON_NAME] = {"common_name", true},
    [COLUMN_ISSUER_COMMON_NAME] = {"issuer_common_name", true},
    [COLUMN_NOT_AFTER] = {"not_after", true},
    [COLUMN_SHA256] = {"sha256", false},
    [COLUMN_STATE] = {"state", false},
    [COLUMN_STATUS] = {"status", false},
    [COLUMN_OWNER] = {"owner", true},
    [COLUMN_BEFORE] = {"before", true}, /* what of these matters, in words */
    [COLUMN_ISSUER_COMMON_NAME_BEFORE] = {"issuer_common_name_before", false},
    [COLUMN_NOT_AFTER_BEFORE] = {"not_after_before", false},
    [COLUMN_SHA256_BEFORE] = {"sha256_before", false},
    [COLUMN_STATE_BEFORE] = {"state_before", false},
    [COLUMN_OWNER_BEFORE] = {"owner_before", false},
    [COLUMN_NOW_AT] = {"now_at", true},
    [COLUMN_CHANGED_AT] = {"changed_at", true},
    [COLUMN_SCAN] = {"scan", false},
};
const size_t change_column_count = COLUMN_COUNT;

const char *change_kind_name(enum change_kind kind)
{
    static const char *const names[CHANGE_COUNT] = {
        [CHANGE_NEW] = "new",
        [CHANGE_RENEWED] = "renewed",
        [CHANGE_REPLACED] = "replaced",
        [CHANGE_GONE] = "gone",
        [CHANGE_MOVED] = "moved",
        [CHANGE_BACK] = "back",
        [CHANGE_OWNER] = "owner-changed",
    };
    return names[kind];
}

size_t change_kinds(const struct asset_row *row, const struct asset_change *change,
                    enum change_kind out[CHANGE_COUNT])
{
    size_t count = 0;
    if (change->is_new) {
        out[count++] = CHANGE_NEW;
        return count;
    }
    if (change->leaf != LEAF_SAME)
        out[count++] = change->leaf == LEAF_RENEWED ? CHANGE_RENEWED : CHANGE_REPLACED;
    if (change->state_before != NULL)
        out[count++] = strcmp(row->state, "gone") == 0    ? CHANGE_GONE
                       : strcmp(row->state, "moved") == 0 ? CHANGE_MOVED
                                                          : CHANGE_BACK;
    if (change->owner_changed)
        out[count++] = CHANGE_OWNER;
    return count;
}

static void put_now(struct listing *listing, const struct asset_row *row)
{
    char text[ENDPOINT_TEXT_SIZE];
    char ip[IP_TEXT_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    struct buf owner = {0};
    listing_text(listing, COLUMN_REPORT, "changes");
    listing_text(listing, COLUMN_ENDPOINT, endpoint_format(text, &row->endpoint));
    listing_text(listing, COLUMN_IP, ip_format(ip, row->endpoint.ip));
    listing_int(listing, COLUMN_PORT, row->endpoint.port);
    listing_text(listing, COLUMN_PROTOCOL, protocol_name(row->endpoint.protocol));
    listing_text(listing, COLUMN_SERVER_NAME, row->endpoint.server_name);
    listing_text(listing, COLUMN_HOST_NAME, row->host_name);
    listing_text(listing, COLUMN_NETWORK, row->endpoint.network);
    hex_encode(hex, row->cert.sha256, SHA256_SIZE);
    listing_text(listing, COLUMN_SHA256, hex);
    listing_text(listing, COLUMN_STATE, row->state);
    listing_text(listing, COLUMN_STATUS, row->status);
    if (!row->cert.malformed) {
        listing_text(listing, COLUMN_KEY_TYPE, row->cert.key_type);
        listing_text(listing, COLUMN_COMMON_NAME, row->cert.common_name);
        listing_text(listing, COLUMN_ISSUER_COMMON_NAME, row->cert.issuer_common_name);
        listing_time(listing, COLUMN_NOT_AFTER, row->cert.not_after_s);
    }
    if (row->owner_organization != NULL) {
        owner_append(&owner, row->owner_organization, row->owner_department);
        listing_text(listing, COLUMN_OWNER, buf_str(&owner));
        buf_dispose(&owner);
    }
}

static void put_when(struct listing *listing, int64_t at_s, int64_t scan_id)
{
    listing_time(listing, COLUMN_CHANGED_AT, at_s);
    if (scan_id != 0)
        listing_int(listing, COLUMN_SCAN, scan_id);
}

static void put_leaf_before(struct listing *listing, const struct asset_change *change)
{
    char hex[2 * SHA256_SIZE + 1];
    char date[TIMEFMT_SIZE];
    struct buf words = {0};
    hex_encode(hex, change->sha256_before, SHA256_SIZE);
    listing_text(listing, COLUMN_SHA256_BEFORE, hex);
    listing_text(listing, COLUMN_ISSUER_COMMON_NAME_BEFORE, change->issuer_before);
    listing_time(listing, COLUMN_NOT_AFTER_BEFORE, change->not_after_before_s);
    buf_printf(&words, "until %s, %s", timefmt_date(date, change->not_after_before_s),
               change->issuer_before != NULL ? change->issuer_before : "no name");
    listing_text(listing, COLUMN_BEFORE, buf_str(&words));
    buf_dispose(&words);
    put_when(listing, change->leaf_at_s, change->leaf_scan_id);
}

static void put_state_before(struct listing *listing, const struct asset_change *change)
{
    char text[ENDPOINT_TEXT_SIZE];
    listing_text(listing, COLUMN_STATE_BEFORE, change->state_before);
    listing_text(listing, COLUMN_BEFORE, change->state_before);
    if (change->is_elsewhere)
        listing_text(listing, COLUMN_NOW_AT, endpoint_format(text, &change->elsewhere));
    put_when(listing, change->state_at_s, change->state_scan_id);
}

static void put_before(struct listing *listing, enum change_kind kind, const struct asset_change *change)
{
    switch (kind) {
    case CHANGE_NEW:
        put_when(listing, change->leaf_at_s, change->leaf_scan_id);
        break;
    case CHANGE_RENEWED:
    case CHANGE_REPLACED:
        put_leaf_before(listing, change);
        break;
    case CHANGE_OWNER:
        listing_text(listing, COLUMN_OWNER_BEFORE, change->owner_before);
        listing_text(listing, COLUMN_BEFORE, change->owner_before != NULL ? change->owner_before : "nobody");
        put_when(listing, change->owner_at_s, change->owner_scan_id);
        break;
    default:
        put_state_before(listing, change);
    }
}

enum cs_err change_list_row(struct listing *listing, const struct asset_row *row,
                            const struct asset_change *change, struct diag *diag)
{
    enum change_kind kinds[CHANGE_COUNT];
    size_t count = change_kinds(row, change, kinds);
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < count && err == CS_OK; i++) {
        put_now(listing, row);
        listing_text(listing, COLUMN_CHANGE, change_kind_name(kinds[i]));
        put_before(listing, kinds[i], change);
        err = listing_end_row(listing, diag);
    }
    return err;
}
