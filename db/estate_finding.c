// SPDX-License-Identifier: Apache-2.0
/* A condition should be one that costs an index look-up for a row, or one set made once for all rows
 * (`... IN (SELECT ...)` that leans on no outer table). `g` is what the inventory knows of the certificate
 * served, see inventory_sql.h; all of it is NULL where it knows nothing. */
#include "db/estate_finding.h"

#include "base/text.h"

/* A certificate of the same names that was issued later and is good. What the same endpoint serves in its
 * other slot is deployed: a server with an RSA and an ECDSA certificate is not behind with the older one. */
#define RENEWED_NOT_DEPLOYED                                                                                 \
    "a.state = 'live' AND EXISTS (SELECT 1 FROM inventory_certificate n"                                     \
    " WHERE n.staged = 0 AND n.names_key = g.names_key AND n.id <> g.id AND n.managed = 1"                   \
    " AND n.expires > :now AND coalesce(n.state = 'issued' COLLATE NOCASE, 1)"                               \
    " AND CASE WHEN n.issued IS NOT NULL AND g.issued IS NOT NULL THEN n.issued > g.issued"                  \
    "  ELSE n.expires > g.expires END"                                                                       \
    " AND coalesce(n.serial <> g.serial, 1) AND coalesce(n.sha256 <> g.sha256, 1)"                           \
    " AND NOT EXISTS (SELECT 1 FROM asset b JOIN certificate d ON d.id = b.certificate_id"                   \
    "  WHERE b.endpoint_id = a.endpoint_id AND b.id <> a.id AND b.state = 'live'"                            \
    "  AND (d.sha256 = n.sha256 OR d.serial = n.serial)))"

/* A renewal with the same key has the same subject. */
#define SHARED_KEY                                                                                           \
    "a.state = 'live' AND c.spki_sha256 IN (SELECT d.spki_sha256 FROM asset b"                               \
    " JOIN certificate d ON d.id = b.certificate_id WHERE b.state = 'live' AND d.malformed = 0"              \
    " GROUP BY d.spki_sha256 HAVING count(DISTINCT d.subject) > 1 OR count(DISTINCT b.owner_id) > 1)"

/* By the name a certificate gives itself, for a server that is asked for a name it does not have answers with
 * another one. Names without a dot are defaults that strangers share; the slot keeps a server's RSA
 * certificate and its ECDSA one apart. */
#define NAME_OF(table)                                                                                       \
    "coalesce(" table ".common_name, (SELECT value FROM certificate_value WHERE certificate_id = " table     \
    ".id AND kind = 1 AND number = 0))"
#define HALF_DONE                                                                                            \
    "a.state = 'live' AND (e.network, a.slot, lower(" NAME_OF(                                               \
        "c") ")) IN"                                                                                         \
             " (SELECT f.network, b.slot, lower(" NAME_OF(                                                   \
                 "d") ") AS name FROM asset b"                                                               \
                      "  JOIN endpoint f ON f.id = b.endpoint_id JOIN certificate d ON d.id = "              \
                      "b.certificate_id"                                                                     \
                      "  WHERE b.state = 'live' AND name LIKE '%.%' AND name NOT LIKE 'localhost.%'"         \
                      "  GROUP BY f.network, b.slot, name HAVING count(DISTINCT d.id) > 1)"

static const struct {
    struct finding_info info;
    const char *sql;
    bool of_inventory;
} findings[] = {
    {.info = {.name = "shared-key",
              .severity = FINDING_WARNING,
              .reason =
                  "Certificates of different subjects, or assets of different owners, have the same key.",
              .advice = "Make a key for each, and renew: who has one of them can be the other.",
              .source = "NIST SP 800-57 Part 1 Rev. 5, 5.2"},
     .sql = SHARED_KEY},
    {.info = {.name = "half-done-roll-out",
              .severity = FINDING_WARNING,
              .reason = "One name is served with different certificates, by address or port.",
              .advice =
                  "Install the newest one everywhere; `certscour assets --where 'common_name = NAME'` lists "
                  "where each is.",
              .source = "The assets of the same network, slot and name"},
     .sql = HALF_DONE},
    {.info = {.name = "revoked-but-served",
              .severity = FINDING_CRITICAL,
              .reason = "The certificate manager has revoked it, and it is still served.",
              .advice = "Install the certificate that replaces it, or request one.",
              .source = "The certificate manager's own state of it; docs/scm.md"},
     .sql = "a.state = 'live' AND g.state = 'revoked' COLLATE NOCASE",
     .of_inventory = true},
    {.info = {.name = "renewed-not-deployed",
              .severity = FINDING_WARNING,
              .reason = "A newer certificate for the same names has been issued, and the old one is served.",
              .advice = "Install the new certificate on this server, and reload the service.",
              .source = "The inventory; docs/scm.md"},
     .sql = RENEWED_NOT_DEPLOYED,
     .of_inventory = true},
};
#define FINDING_COUNT (sizeof findings / sizeof findings[0])
_Static_assert(FINDING_COUNT <= ESTATE_FINDING_MAX, "callers have room for ESTATE_FINDING_MAX");

size_t estate_finding_count(void)
{
    return FINDING_COUNT;
}

const struct finding_info *estate_finding_at(size_t index)
{
    return &findings[index].info;
}

size_t all_finding_count(void)
{
    return finding_count() + FINDING_COUNT;
}

const struct finding_info *all_finding_at(size_t index)
{
    return index < finding_count() ? finding_at(index) : estate_finding_at(index - finding_count());
}

size_t estate_findings_of(uint32_t set, const char *out[ESTATE_FINDING_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < FINDING_COUNT; i++) {
        if ((set & (1U << i)) != 0)
            out[count++] = findings[i].info.name;
    }
    return count;
}

bool estate_finding_of_inventory(const char *text)
{
    for (size_t i = 0; text != NULL && i < FINDING_COUNT; i++) {
        if (findings[i].of_inventory && text_contains(text, findings[i].info.name))
            return true;
    }
    return false;
}

const char *estate_finding_sql(const char *name)
{
    for (size_t i = 0; i < FINDING_COUNT; i++) {
        if (text_equals(findings[i].info.name, name))
            return findings[i].sql;
    }
    return NULL;
}

const char *estate_finding_name(const char *name)
{
    for (size_t i = 0; i < FINDING_COUNT; i++) {
        if (text_equals(findings[i].info.name, name))
            return findings[i].info.name;
    }
    return NULL;
}

void estate_findings_append_sql(struct buf *out)
{
    for (size_t i = 0; i < FINDING_COUNT; i++)
        buf_printf(out, "%s%u * coalesce(%s, 0)", i > 0 ? " + " : "", 1U << i, findings[i].sql);
}
