// SPDX-License-Identifier: Apache-2.0
/* Distinguished names: RFC 4514 text, and the attributes that have a field. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>

#include "base/buf.h"
#include "base/text.h"
#include "cert/name_text.h"
#include "cert/openssl.h"

#define OID_TEXT_SIZE 128

/* RFC 4514 section 3 names these; every other type is written as its OID. */
static const struct {
    int nid;
    const char *name;
} short_names[] = {
    {NID_commonName, "CN"},
    {NID_localityName, "L"},
    {NID_stateOrProvinceName, "ST"},
    {NID_organizationName, "O"},
    {NID_organizationalUnitName, "OU"},
    {NID_countryName, "C"},
    {NID_streetAddress, "STREET"},
    {NID_domainComponent, "DC"},
    {NID_userId, "UID"},
};

static void append_type(struct buf *out, const ASN1_OBJECT *type)
{
    int nid = OBJ_obj2nid(type);
    for (size_t i = 0; i < sizeof short_names / sizeof short_names[0]; i++) {
        if (short_names[i].nid == nid) {
            buf_append_str(out, short_names[i].name);
            return;
        }
    }
    char oid[OID_TEXT_SIZE];
    cert_oid(oid, sizeof oid, type);
    buf_append_str(out, oid);
}

/* RFC 4514 section 2.4. The value is clean UTF-8 already. */
static void append_value(struct buf *out, const char *value)
{
    size_t len = strlen(value);
    for (size_t i = 0; i < len; i++) {
        char c = value[i];
        bool at_edge = (i == 0 && (c == ' ' || c == '#')) || (i + 1 == len && c == ' ');
        if (at_edge || strchr("\"+,;<>\\", c) != NULL)
            buf_append_char(out, '\\');
        if ((unsigned char)c < 0x20 || c == 0x7F)
            buf_printf(out, "\\%02x", (unsigned char)c);
        else
            buf_append_char(out, c);
    }
}

static enum cs_err append_entry(struct buf *out, const X509_NAME_ENTRY *entry)
{
    char *value = cert_text(X509_NAME_ENTRY_get_data(entry));
    if (value == NULL)
        return CS_E_NOMEM;
    append_type(out, X509_NAME_ENTRY_get_object(entry));
    buf_append_char(out, '=');
    append_value(out, value);
    free(value);
    return CS_OK;
}

/* The most specific relative name first, so from the end; those of one set stay in their order, joined by
 * `+`. */
char *cert_name_text(const X509_NAME *name)
{
    struct buf out = {0};
    int end = X509_NAME_entry_count(name);
    while (end > 0) {
        int set = X509_NAME_ENTRY_set(X509_NAME_get_entry(name, end - 1));
        int begin = end - 1;
        while (begin > 0 && X509_NAME_ENTRY_set(X509_NAME_get_entry(name, begin - 1)) == set)
            begin--;
        for (int i = begin; i < end; i++) {
            if (out.len > 0)
                buf_append_char(&out, i == begin ? ',' : '+');
            if (append_entry(&out, X509_NAME_get_entry(name, i)) != CS_OK) {
                buf_dispose(&out);
                return NULL;
            }
        }
        end = begin;
    }
    return buf_take_str(&out);
}

char *cert_name_text_of_der(const uint8_t *der, size_t len)
{
    const uint8_t *at = der;
    X509_NAME *name = len <= LONG_MAX ? d2i_X509_NAME(NULL, &at, (long)len) : NULL;
    char *text = name != NULL && at == der + len ? cert_name_text(name) : NULL;
    X509_NAME_free(name);
    ERR_clear_error();
    return text;
}

static enum cs_err replace_text(char **field, const X509_NAME_ENTRY *entry)
{
    char *text = cert_text(X509_NAME_ENTRY_get_data(entry));
    if (text == NULL)
        return CS_E_NOMEM;
    free(*field);
    *field = text[0] != '\0' ? text : NULL;
    if (*field == NULL)
        free(text);
    return CS_OK;
}

static enum cs_err add_text(struct text_list *list, const X509_NAME_ENTRY *entry)
{
    return list->count < CERT_MAX_NAMES ? text_list_take(list, cert_text(X509_NAME_ENTRY_get_data(entry)))
                                        : CS_OK;
}

static enum cs_err take_subject_entry(struct cert_record *record, const X509_NAME_ENTRY *entry)
{
    switch (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry))) {
    case NID_commonName:
        return replace_text(&record->common_name, entry);
    case NID_organizationName:
        return replace_text(&record->organization, entry);
    case NID_localityName:
        return replace_text(&record->city, entry);
    case NID_stateOrProvinceName:
        return replace_text(&record->state, entry);
    case NID_countryName:
        return replace_text(&record->country, entry);
    case NID_organizationalUnitName:
        return add_text(&record->organization_units, entry);
    case NID_domainComponent:
        return add_text(&record->domain_components, entry);
    default:
        return CS_OK;
    }
}

/* The whole name; an empty one is absent. */
static enum cs_err take_whole(char **field, const X509_NAME *name)
{
    char *text = cert_name_text(name);
    if (text == NULL)
        return CS_E_NOMEM;
    *field = text[0] != '\0' ? text : NULL;
    if (*field == NULL)
        free(text);
    return CS_OK;
}

enum cs_err cert_take_subject(struct cert_record *record, const X509_NAME *name)
{
    enum cs_err err = take_whole(&record->subject, name);
    for (int i = 0; i < X509_NAME_entry_count(name) && err == CS_OK; i++)
        err = take_subject_entry(record, X509_NAME_get_entry(name, i));
    return err;
}

enum cs_err cert_take_issuer(struct cert_record *record, const X509_NAME *name)
{
    enum cs_err err = take_whole(&record->issuer, name);
    for (int i = 0; i < X509_NAME_entry_count(name) && err == CS_OK; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
        if (nid == NID_commonName)
            err = replace_text(&record->issuer_common_name, entry);
        else if (nid == NID_organizationName)
            err = replace_text(&record->issuer_organization, entry);
    }
    return err;
}
