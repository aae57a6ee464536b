// SPDX-License-Identifier: Apache-2.0
#include "app/asset_name.h"

#include <string.h>

#include "base/text.h"

static enum cs_err keep_hash(void *context, const struct certificate_row *row)
{
    struct asset_name *name = context;
    memcpy(name->sha256, row->record.sha256, SHA256_SIZE);
    return CS_OK;
}

enum cs_err asset_name_parse(struct asset_name *out, struct store *store, const char *text, struct diag *diag)
{
    char shown[120];
    *out = (struct asset_name){0};
    out->is_endpoint = endpoint_parse(text, &out->endpoint, out->server_name) == CS_OK;
    if (out->is_endpoint)
        return CS_OK;
    size_t len = strlen(text);
    if (len < 8 || len > 2 * SHA256_SIZE || strspn(text, "0123456789abcdefABCDEF") != len)
        return diag_fail(diag, CS_E_INVALID,
                         "\"%s\": expected an endpoint (ADDRESS:PORT[/PROTOCOL][#NAME]) or the SHA-256 of a"
                         " certificate (8 to 64 hex digits)",
                         text_printable(shown, sizeof shown, text));
    return certificates_get(store, text, keep_hash, out, diag);
}

struct asset_filter asset_name_filter(const struct asset_name *name)
{
    if (name->is_endpoint)
        return (struct asset_filter){.endpoint = &name->endpoint, .any_network = true};
    return (struct asset_filter){.leaf_sha256 = name->sha256};
}
