// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"

#include <string.h>
#include <strings.h>

#define TEXT   FIELD_TYPE_TEXT
#define NUMBER FIELD_TYPE_NUMBER
#define TIME   FIELD_TYPE_TIME
#define BOOL   FIELD_TYPE_BOOL
#define IP     FIELD_TYPE_IP

/* name, type, multiple, assignable, help */
static const struct field_info fields[FIELD_COUNT] = {
    [FIELD_COMMON_NAME] = {"common_name", TEXT, false, true,
                           "subject common name (CN), the last one if several"},
    [FIELD_SUBJECT] = {"subject", TEXT, false, true, "whole subject, RFC 4514"},
    [FIELD_ORGANIZATION] = {"organization", TEXT, false, true, "subject organization (O)"},
    [FIELD_ORGANIZATION_UNIT] = {"organization_unit", TEXT, true, true, "subject organizational units (OU)"},
    [FIELD_CITY] = {"city", TEXT, false, true, "subject locality (L)"},
    [FIELD_STATE] = {"state", TEXT, false, true,
                     "subject state or province (ST); for live, gone, moved see asset_state"},
    [FIELD_COUNTRY] = {"country", TEXT, false, true, "subject country (C)"},
    [FIELD_DOMAIN_COMPONENT] = {"domain_component", TEXT, true, true, "subject domain components (DC)"},
    [FIELD_SUBJECT_ALT_NAME] = {"subject_alt_name", TEXT, true, true,
                                "subject alternative names of every kind"},
    [FIELD_NAME] = {"name", TEXT, true, true, "the common name and every DNS name"},
    [FIELD_ISSUER] = {"issuer", TEXT, false, true, "whole issuer, RFC 4514"},
    [FIELD_ISSUER_COMMON_NAME] = {"issuer_common_name", TEXT, false, true, "issuer common name (CN)"},
    [FIELD_ISSUER_ORGANIZATION] = {"issuer_organization", TEXT, false, true, "issuer organization (O)"},
    [FIELD_SERIAL] = {"serial", TEXT, false, true,
                      "serial number, lower-case hex without leading zero bytes"},
    [FIELD_IP] = {"ip", IP, false, true, "address where it is served"},
    [FIELD_PORT] = {"port", NUMBER, false, true, "TCP port where it is served"},
    [FIELD_HOST_NAME] = {"host_name", TEXT, false, true, "name of the host: the target's, else from the DNS"},
    [FIELD_SERVER_NAME] = {"server_name", TEXT, false, true, "name asked for in the handshake (SNI)"},
    [FIELD_NETWORK] = {"network", TEXT, false, true, "label of the address space"},
    [FIELD_PROTOCOL] = {"protocol", TEXT, false, true, "tls, smtp, ldap, ..."},
    [FIELD_TLS_VERSION] = {"tls_version", TEXT, false, true,
                           "protocol version of the handshake, e.g. TLSv1.2"},
    [FIELD_KEY_TYPE] = {"key_type", TEXT, false, true, "rsa, ecdsa, ed25519, ed448, dsa, other"},
    [FIELD_KEY_BITS] = {"key_bits", NUMBER, false, true, "RSA modulus or curve size in bits"},
    [FIELD_SIGNATURE_ALGORITHM] = {"signature_algorithm", TEXT, false, true, "e.g. sha256WithRSAEncryption"},
    [FIELD_KEY_USAGE] = {"key_usage", TEXT, true, true, "e.g. digitalSignature, keyEncipherment"},
    [FIELD_EXTENDED_KEY_USAGE] = {"extended_key_usage", TEXT, true, true,
                                  "e.g. serverAuth, clientAuth, or an OID"},
    [FIELD_TEMPLATE_NAME] = {"template_name", TEXT, false, true,
                             "Microsoft certificate template: its name or OID"},
    [FIELD_NOT_AFTER] = {"not_after", TIME, false, true, "last valid second"},
    [FIELD_NOT_BEFORE] = {"not_before", TIME, false, true, "first valid second"},
    [FIELD_LIFETIME_DAYS] = {"lifetime_days", NUMBER, false, true, "whole days from not_before to not_after"},
    [FIELD_SELF_SIGNED] = {"self_signed", BOOL, false, true, "signed with its own key"},
    [FIELD_WILDCARD] = {"wildcard", BOOL, false, true, "the common name or a DNS name begins with *."},
    [FIELD_SHA256] = {"sha256", TEXT, false, true, "SHA-256 of the certificate, lower-case hex"},
    [FIELD_FINDING] = {"finding", TEXT, true, false, "what is wrong with it, e.g. expired"},
    [FIELD_STATUS] = {"status", TEXT, false, false, "managed, external, unmanaged, unknown"},
    [FIELD_DAYS_LEFT] = {"days_left", NUMBER, false, false,
                         "whole days until not_after, negative when expired"},
    [FIELD_OWNER_ORGANIZATION] = {"owner_organization", TEXT, false, false, "organization it is assigned to"},
    [FIELD_OWNER_DEPARTMENT] = {"owner_department", TEXT, false, false, "department it is assigned to"},
    [FIELD_TASK] = {"task", TEXT, true, false, "tasks that have seen it"},
    [FIELD_FIRST_SEEN] = {"first_seen", TIME, false, false, "when the asset was seen first"},
    [FIELD_LAST_SEEN] = {"last_seen", TIME, false, false, "when the asset was seen last"},
    [FIELD_ASSET_STATE] = {"asset_state", TEXT, false, false, "live, gone, moved"},
    [FIELD_PSEUDO_SERVICE] = {"pseudo_service", BOOL, false, false,
                              "a device shows this certificate wherever it is asked"},
};

const struct field_info *field_info(enum field field)
{
    return &fields[field];
}

enum cs_err field_by_name(const char *name, size_t len, enum field *out)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (strlen(fields[i].name) == len && strncasecmp(fields[i].name, name, len) == 0) {
            *out = (enum field)i;
            return CS_OK;
        }
    }
    return CS_E_NOT_FOUND;
}

const char *field_type_name(enum field_type type)
{
    static const char *const names[] = {
        [TEXT] = "text", [NUMBER] = "number", [TIME] = "date", [BOOL] = "true/false", [IP] = "address"};
    return names[type];
}

void facts_set_text(struct facts *facts, enum field field, const char *text)
{
    facts->single[field] = text;
    facts->fact[field].texts = &facts->single[field];
    facts->fact[field].count = text != NULL && text[0] != '\0';
}

void facts_set_texts(struct facts *facts, enum field field, const char *const *texts, size_t count)
{
    facts->fact[field].texts = texts;
    facts->fact[field].count = count;
}

void facts_set_number(struct facts *facts, enum field field, int64_t number)
{
    facts->fact[field].number = number;
    facts->fact[field].present = true;
}

void facts_set_ip(struct facts *facts, struct ip ip)
{
    facts->fact[FIELD_IP].ip = ip;
    facts->fact[FIELD_IP].present = true;
}
