// SPDX-License-Identifier: Apache-2.0
/* RFC 5280 section 4.2: subjectAltName, keyUsage, extendedKeyUsage, basicConstraints; and Microsoft's
 * templates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/text.h"
#include "cert/openssl.h"
#include "model/ip.h"

#define OID_TEXT_SIZE     128
#define OID_TEMPLATE_NAME "1.3.6.1.4.1.311.20.2"
#define OID_TEMPLATE      "1.3.6.1.4.1.311.21.7"

static enum cs_err add_prefixed(struct text_list *list, const char *prefix, char *text)
{
    struct buf out = {0};
    if (text == NULL)
        return CS_E_NOMEM;
    buf_printf(&out, "%s%s", prefix, text);
    free(text);
    return text_list_take(list, buf_take_str(&out));
}

static enum cs_err add_dns_name(struct cert_record *record, const ASN1_STRING *name)
{
    char *text = cert_text(name);
    for (char *at = text; at != NULL && *at != '\0'; at++)
        *at = text_lower(*at);
    return text_list_take(&record->dns_names, text);
}

static enum cs_err add_address(struct cert_record *record, const ASN1_OCTET_STRING *octets)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(octets);
    int len = ASN1_STRING_length(octets);
    char text[IP_TEXT_SIZE];
    struct ip ip;
    if (len == 4)
        ip = ip_from_v4((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                        bytes[3]);
    else if (len == 16)
        memcpy(ip.bytes, bytes, sizeof ip.bytes);
    else
        return CS_OK; /* no address (a name constraint's address and mask, or nonsense) */
    return text_list_add(&record->ip_addresses, ip_format(text, ip));
}

static char *oid_text(const ASN1_OBJECT *object)
{
    char oid[OID_TEXT_SIZE];
    cert_oid(oid, sizeof oid, object);
    return text_copy(oid);
}

static enum cs_err add_general_name(struct cert_record *record, const GENERAL_NAME *name)
{
    struct text_list *others = &record->other_names;
    if (record->dns_names.count + record->ip_addresses.count + others->count >= CERT_MAX_NAMES)
        return CS_OK;
    switch (name->type) {
    case GEN_DNS:
        return add_dns_name(record, name->d.dNSName);
    case GEN_IPADD:
        return add_address(record, name->d.iPAddress);
    case GEN_EMAIL:
        return add_prefixed(others, "email:", cert_text(name->d.rfc822Name));
    case GEN_URI:
        return add_prefixed(others, "uri:", cert_text(name->d.uniformResourceIdentifier));
    case GEN_DIRNAME:
        return add_prefixed(others, "dirname:", cert_name_text(name->d.directoryName));
    case GEN_RID:
        return add_prefixed(others, "rid:", oid_text(name->d.registeredID));
    case GEN_OTHERNAME:
        return add_prefixed(others, "other:", oid_text(name->d.otherName->type_id));
    default:
        return CS_OK; /* x400Address, ediPartyName: nobody can read them */
    }
}

static enum cs_err take_alt_names(struct cert_record *record, X509 *x509)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    enum cs_err err = CS_OK;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && err == CS_OK; i++)
        err = add_general_name(record, sk_GENERAL_NAME_value(names, i));
    GENERAL_NAMES_free(names);
    return err;
}

static enum cs_err take_key_usage(struct cert_record *record, X509 *x509)
{
    static const char *const bits[] = {
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
        "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly",
    };
    ASN1_BIT_STRING *usage = X509_get_ext_d2i(x509, NID_key_usage, NULL, NULL);
    enum cs_err err = CS_OK;
    for (int i = 0; usage != NULL && i < (int)(sizeof bits / sizeof bits[0]) && err == CS_OK; i++) {
        if (ASN1_BIT_STRING_get_bit(usage, i) == 1)
            err = text_list_add(&record->key_usages, bits[i]);
    }
    ASN1_BIT_STRING_free(usage);
    return err;
}

static enum cs_err take_extended_key_usage(struct cert_record *record, X509 *x509)
{
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
    enum cs_err err = CS_OK;
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages) && i < CERT_MAX_NAMES && err == CS_OK; i++) {
        const ASN1_OBJECT *usage = sk_ASN1_OBJECT_value(usages, i);
        int nid = OBJ_obj2nid(usage);
        err = nid != NID_undef ? text_list_add(&record->extended_key_usages, OBJ_nid2sn(nid))
                               : text_list_take(&record->extended_key_usages, oid_text(usage));
    }
    EXTENDED_KEY_USAGE_free(usages);
    return err;
}

/* Version 1: the name, a string. Version 2: SEQUENCE { OID, major, minor }, of which the OID is kept. */
static char *template_text(X509_EXTENSION *extension, bool is_name)
{
    const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(extension);
    const unsigned char *at = ASN1_STRING_get0_data(data);
    long len = ASN1_STRING_length(data);
    char *text = NULL;
    if (is_name) {
        ASN1_TYPE *type = d2i_ASN1_TYPE(NULL, &at, len);
        int kind = type != NULL ? ASN1_TYPE_get(type) : 0;
        if (kind == V_ASN1_BMPSTRING || kind == V_ASN1_UTF8STRING || kind == V_ASN1_PRINTABLESTRING)
            text = cert_text(type->value.asn1_string);
        ASN1_TYPE_free(type);
        return text;
    }
    long inner;
    int tag;
    int class;
    if (ASN1_get_object(&at, &inner, &tag, &class, len) != V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE)
        return NULL;
    ASN1_OBJECT *oid = d2i_ASN1_OBJECT(NULL, &at, inner);
    if (oid != NULL)
        text = oid_text(oid);
    ASN1_OBJECT_free(oid);
    return text;
}

static void take_template(struct cert_record *record, X509 *x509)
{
    for (int i = 0; i < X509_get_ext_count(x509); i++) {
        char oid[OID_TEXT_SIZE];
        X509_EXTENSION *extension = X509_get_ext(x509, i);
        cert_oid(oid, sizeof oid, X509_EXTENSION_get_object(extension));
        bool is_name = strcmp(oid, OID_TEMPLATE_NAME) == 0;
        if ((!is_name && strcmp(oid, OID_TEMPLATE) != 0) || record->template_name != NULL)
            continue;
        record->template_name = template_text(extension, is_name);
        if (record->template_name != NULL && record->template_name[0] == '\0') {
            free(record->template_name);
            record->template_name = NULL;
        }
    }
}

static void take_ca_flag(struct cert_record *record, X509 *x509)
{
    BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(x509, NID_basic_constraints, NULL, NULL);
    record->is_ca = constraints != NULL && constraints->ca != 0;
    BASIC_CONSTRAINTS_free(constraints);
}

enum cs_err cert_take_extensions(struct cert_record *record, X509 *x509)
{
    enum cs_err err = take_alt_names(record, x509);
    if (err == CS_OK)
        err = take_key_usage(record, x509);
    if (err == CS_OK)
        err = take_extended_key_usage(record, x509);
    take_template(record, x509);
    take_ca_flag(record, x509);
    return err;
}
