// SPDX-License-Identifier: Apache-2.0
/* The v2 import: 200 with a row for each certificate, whatever became of it. */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "base/text.h"
#include "fault.h"
#include "push.h"

#define MAX_ROWS 128

/* ---- certificates ---- */

static void add_upper_hex(cJSON *object, const char *name, const uint8_t *bytes, size_t len, bool strip)
{
    char hex[2 * 64 + 1];
    hex_encode(hex, bytes, len < 64 ? len : 64);
    for (char *c = hex; *c != '\0'; c++)
        *c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
    cJSON_AddStringToObject(object, name, strip ? hex + strspn(hex, "0") : hex);
}

static void add_names(cJSON *object, gnutls_x509_crt_t certificate)
{
    char name[300];
    size_t len = sizeof name;
    cJSON *names = cJSON_AddArrayToObject(object, "subjectAlternativeNames");
    for (unsigned i = 0;; i++, len = sizeof name) {
        int kind = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &len, NULL);
        if (kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE || i > 1000)
            break;
        if (kind == GNUTLS_SAN_DNSNAME)
            cJSON_AddItemToArray(names, cJSON_CreateString(name));
    }
}

static cJSON *describe(gnutls_x509_crt_t certificate)
{
    uint8_t bytes[64];
    char text[1000] = "";
    size_t len = sizeof bytes;
    cJSON *object = cJSON_CreateObject();
    if (gnutls_x509_crt_get_serial(certificate, bytes, &len) == 0)
        add_upper_hex(object, "serialNumber", bytes, len, true);
    len = sizeof text;
    if (gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &len) == 0)
        cJSON_AddStringToObject(object, "commonName", text);
    add_names(object, certificate);
    cJSON *details = cJSON_AddObjectToObject(object, "certificateDetails");
    len = sizeof text;
    if (gnutls_x509_crt_get_dn(certificate, text, &len) == 0)
        cJSON_AddStringToObject(details, "subject", text);
    len = sizeof text;
    if (gnutls_x509_crt_get_issuer_dn(certificate, text, &len) == 0)
        cJSON_AddStringToObject(details, "issuer", text);
    len = sizeof bytes;
    if (gnutls_x509_crt_get_fingerprint(certificate, GNUTLS_DIG_SHA1, bytes, &len) == 0)
        add_upper_hex(details, "sha1Hash", bytes, len, false);
    return object;
}

cJSON *certificate_object(const char *base64, bool *is_ca)
{
    char *copy = text_copy(base64);
    gnutls_datum_t text = {(unsigned char *)copy, copy != NULL ? (unsigned)strlen(copy) : 0};
    gnutls_datum_t der = {NULL, 0};
    gnutls_x509_crt_t certificate = NULL;
    cJSON *object = NULL;
    *is_ca = false;
    bool decoded = copy != NULL && gnutls_base64_decode2(&text, &der) == 0;
    free(copy);
    if (!decoded)
        return NULL;
    if (gnutls_x509_crt_init(&certificate) == 0 &&
        gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER) == 0) {
        object = describe(certificate);
        *is_ca = gnutls_x509_crt_get_ca_status(certificate, NULL) > 0;
    }
    gnutls_x509_crt_deinit(certificate);
    gnutls_free(der.data);
    return object;
}

/* ---- organizations ---- */

/* The organization with this id, or the one whose department it is; NULL = none. */
static const cJSON *find_organization(struct world *world, int id)
{
    const cJSON *organization;
    const cJSON *department;
    cJSON_ArrayForEach(organization, world_list(world, "organizations"))
    {
        if (world_number(organization, "id", -1) == id)
            return organization;
        cJSON_ArrayForEach(department, cJSON_GetObjectItemCaseSensitive(organization, "departments"))
        {
            if (world_number(department, "id", -1) == id)
                return organization;
        }
    }
    return NULL;
}

static bool is_closed(struct world *world, int id)
{
    return cJSON_IsFalse(
        cJSON_GetObjectItemCaseSensitive(find_organization(world, id), "sslCertsApiEnabled"));
}

/* ---- rows ---- */

static int next_id(struct world *world)
{
    int highest = 5000;
    const cJSON *object;
    cJSON_ArrayForEach(object, world_list(world, "certificates"))
    {
        int id = world_number(object, "id", 0);
        highest = id > highest ? id : highest;
    }
    return highest + 1;
}

static const cJSON *find_hash(struct world *world, const cJSON *wanted)
{
    const char *hash = world_text(cJSON_GetObjectItemCaseSensitive(wanted, "certificateDetails"), "sha1Hash");
    const cJSON *object;
    cJSON_ArrayForEach(object, world_list(world, "certificates"))
    {
        const char *other =
            world_text(cJSON_GetObjectItemCaseSensitive(object, "certificateDetails"), "sha1Hash");
        if (hash != NULL && other != NULL && text_equals(hash, other))
            return object;
    }
    return NULL;
}

static cJSON *row_error(const char *message)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "errorMessage", message);
    return row;
}

static cJSON *row_of(const cJSON *object, bool created)
{
    static const char *const members[] = {"id", "serialNumber"};
    cJSON *row = cJSON_CreateObject();
    cJSON *cert = cJSON_AddObjectToObject(row, "cert");
    for (size_t i = 0; i < 2; i++)
        cJSON_AddItemToObject(cert, members[i],
                              cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(object, members[i]), true));
    cJSON_AddBoolToObject(row, "created", created);
    return row;
}

static cJSON *refusal_of(const cJSON *fault, const char *name)
{
    const char *refused = world_text(fault, "name");
    const char *description = world_text(fault, "description");
    if (refused == NULL || name == NULL || strcmp(refused, name) != 0)
        return NULL;
    return row_error(description != NULL ? description : "Certificate is not wanted");
}

/* `fault`: of the kind "refuse", or NULL. */
static cJSON *import_one(struct world *world, const cJSON *wanted, const cJSON *fault)
{
    bool is_ca;
    int organization = world_number(wanted, "orgID", -1);
    const char *comments = world_text(wanted, "comments");
    if (find_organization(world, organization) == NULL)
        return row_error("Organization not found");
    cJSON *object = certificate_object(world_text(wanted, "cert"), &is_ca);
    const cJSON *there = find_hash(world, object);
    cJSON *row = NULL;
    if (object == NULL)
        row = row_error("Certificate cannot be parsed");
    else if (is_ca)
        row = row_error("Certificate is a CA certificate (basic constraints)");
    else
        row = refusal_of(fault, world_text(object, "commonName"));
    if (row == NULL && there != NULL)
        row = row_of(there, false);
    if (row != NULL) {
        cJSON_Delete(object);
        return row;
    }
    cJSON_AddNumberToObject(object, "id", next_id(world));
    cJSON_AddNumberToObject(object, "orgId", organization);
    cJSON_AddStringToObject(object, "status", "Issued");
    cJSON_AddStringToObject(object, "requestedVia", "Imported");
    if (comments != NULL)
        cJSON_AddStringToObject(object, "comments", comments);
    cJSON_AddItemToArray(world_array(world, "certificates"), object);
    return row_of(object, true);
}

static void spoil_rows(struct world *world, const struct question *question, cJSON **rows)
{
    if (fault_due(world, FAULT_ROWS_MISSING, question) != NULL)
        cJSON_DeleteItemFromArray(*rows, 0);
    if (fault_due(world, FAULT_ROWS_EXTRA, question) != NULL)
        cJSON_InsertItemInArray(
            *rows, 0, cJSON_Parse("{\"cert\":{\"id\":1,\"serialNumber\":\"77\"},\"created\":true}"));
    if (fault_due(world, FAULT_REVERSED, question) == NULL)
        return;
    cJSON *reversed = cJSON_CreateArray();
    for (int i = cJSON_GetArraySize(*rows) - 1; i >= 0; i--)
        cJSON_AddItemToArray(reversed, cJSON_DetachItemFromArray(*rows, i));
    cJSON_Delete(*rows);
    *rows = reversed;
}

/* A batch as a whole is refused for one certificate that SCM dislikes, or for an organization without API. */
static bool refuses_batch(struct world *world, const struct question *question, const cJSON *body,
                          struct answer *answer)
{
    const cJSON *wanted;
    const cJSON *fault = fault_due(world, FAULT_REFUSE_BATCH, question);
    int count = cJSON_GetArraySize(body);
    if (!cJSON_IsArray(body) || count < 1 || count > MAX_ROWS) {
        answer_error(answer, 400, cJSON_IsArray(body) ? -1601 : -1002, "1 to 128 certificates are expected");
        return true;
    }
    cJSON_ArrayForEach(wanted, body)
    {
        bool is_ca;
        if (is_closed(world, world_number(wanted, "orgID", -1))) {
            answer_error(answer, 400, -1021, "Operation is impossible for the organization");
            return true;
        }
        cJSON *object = fault != NULL ? certificate_object(world_text(wanted, "cert"), &is_ca) : NULL;
        const char *name = world_text(object, "commonName");
        const char *disliked = world_text(fault, "name");
        bool refused = fault != NULL && (disliked == NULL || (name != NULL && strcmp(disliked, name) == 0));
        cJSON_Delete(object);
        if (refused) {
            answer_error(answer, 400, -1601, "Invalid value of field cert");
            return true;
        }
    }
    return false;
}

bool import_answer(struct world *world, const struct question *question, struct answer *answer)
{
    if (strcmp(question->path, "/api/ssl/v2/import") != 0 || strcmp(question->method, "POST") != 0)
        return false;
    if (!auth_right(question, "sslImport", answer))
        return true;
    cJSON *body = cJSON_Parse(buf_str(&question->body));
    if (!refuses_batch(world, question, body, answer)) {
        const cJSON *fault = fault_due(world, FAULT_REFUSE, question);
        const cJSON *wanted;
        answer->json = cJSON_CreateArray();
        cJSON_ArrayForEach(wanted, body) cJSON_AddItemToArray(answer->json, import_one(world, wanted, fault));
        spoil_rows(world, question, &answer->json);
    }
    cJSON_Delete(body);
    return true;
}
