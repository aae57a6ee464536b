// SPDX-License-Identifier: Apache-2.0
#include "inventory/column.h"

#include <string.h>

#include "base/text.h"

#define MAX_NAME     64
#define STATE_COLUMN "state"

/* In the order in which columns of one field count. */
static const struct {
    enum column_field field;
    const char *names; /* lower case, letters and digits alone, each between blanks */
} aliases[] = {
    {COLUMN_SERIAL, " serial serialnumber certificateserial certificateserialnumber serialno sn "},
    {COLUMN_SHA256, " sha256 sha256hash sha256fingerprint fingerprintsha256 "},
    {COLUMN_SHA1, " sha1 sha1hash sha1fingerprint fingerprintsha1 "},
    {COLUMN_FINGERPRINT, " thumbprint fingerprint hash "},
    {COLUMN_PEM, " certificate certificatepem pem pembundle "},
    {COLUMN_COMMON_NAME, " cn commonname domain domainname fqdn "},
    {COLUMN_SUBJECT, " dn subject subjectdn distinguishedname "},
    {COLUMN_NAMES, " sans san subjaltnames subjectalternativenames subjectalternativename alternativenames "
                   "altnames dnsnames dnsname domains "},
    {COLUMN_ISSUER, " issuer issuerdn issuingca certificateauthority ca "},
    {COLUMN_ISSUED, " validfrom notbefore issued issuedat issuedon "},
    {COLUMN_EXPIRES, " validto validtill validuntil notafter expires expiresat expireat expiry expiration "
                     "expirationdate expirydate certificatevalidto "},
    {COLUMN_STATE, " status " STATE_COLUMN " statusname certificatestatus orderstatus transactionstatus "},
    {COLUMN_REVOKED, " isrevoked revoked revokedat revocationdate "},
    {COLUMN_REQUESTER, " requester requestedby useremail user owner email externalrequester techemail "},
    {COLUMN_VIA, " requestedvia isacme acmeentryid "},
    {COLUMN_IGNORED, " organization organisation organizationname enterprise containername department "
                     "division type product productname transactiontypename certificateprofile profile id "
                     "transactionid sslid backendcertid ordernumber orderid order certificateid "
                     "certificatetrackerid friendlyname comments notes "},
};

/* " " + letters and digits + " ". False: nothing is left, or too much. */
static bool normalise(char out[MAX_NAME + 3], const char *header)
{
    size_t len = 0;
    out[len++] = ' ';
    for (; *header != '\0'; header++) {
        char c = text_lower(*header);
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
            continue;
        if (len > MAX_NAME)
            return false;
        out[len++] = c;
    }
    out[len++] = ' ';
    out[len] = '\0';
    return len > 2;
}

enum column_field column_of(const char *header, unsigned *rank)
{
    char name[MAX_NAME + 3];
    *rank = 0;
    if (!normalise(name, header))
        return COLUMN_UNKNOWN;
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        const char *at = strstr(aliases[i].names, name);
        if (at != NULL) {
            *rank = (unsigned)(at - aliases[i].names);
            return aliases[i].field;
        }
    }
    return COLUMN_UNKNOWN;
}

bool column_map_add(struct column_map *map, const char *header)
{
    if (map->count == sizeof map->field / sizeof map->field[0])
        return false;
    map->field[map->count] = column_of(header, &map->rank[map->count]);
    map->count++;
    return true;
}

void column_map_end(struct column_map *map)
{
    unsigned state_rank;
    bool has_other = false;
    column_of(STATE_COLUMN, &state_rank);
    for (size_t i = 0; i < map->count; i++)
        has_other |= map->field[i] == COLUMN_STATE && map->rank[i] != state_rank;
    for (size_t i = 0; i < map->count && has_other; i++) {
        if (map->field[i] == COLUMN_STATE && map->rank[i] == state_rank)
            map->field[i] = COLUMN_IGNORED;
    }
}

bool column_map_has(const struct column_map *map, enum column_field field)
{
    for (size_t i = 0; i < map->count; i++) {
        if (map->field[i] == field)
            return true;
    }
    return false;
}

bool column_map_has_key(const struct column_map *map)
{
    bool named = column_map_has(map, COLUMN_ISSUER) || column_map_has(map, COLUMN_COMMON_NAME) ||
                 column_map_has(map, COLUMN_SUBJECT);
    return column_map_has(map, COLUMN_SHA256) || column_map_has(map, COLUMN_SHA1) ||
           column_map_has(map, COLUMN_FINGERPRINT) || column_map_has(map, COLUMN_PEM) ||
           (column_map_has(map, COLUMN_SERIAL) && named);
}
