// SPDX-License-Identifier: Apache-2.0
#include "inventory/list_row.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "cert/identifier.h"
#include "cert/pem.h"

void list_row_dispose(struct list_row *row)
{
    buf_dispose(&row->common_name);
    buf_dispose(&row->names);
    buf_dispose(&row->issuer);
    buf_dispose(&row->requester);
    buf_dispose(&row->via);
}

static void start(struct list_row *row, struct diag *why)
{
    row->certificate = (struct inventory_certificate){.managed = true};
    buf_reset(&row->common_name);
    buf_reset(&row->names);
    buf_reset(&row->issuer);
    buf_reset(&row->requester);
    buf_reset(&row->via);
    diag_set(why, "%s", "");
}

/* Without blanks around it and the apostrophe that keeps spreadsheets from computing. */
static const char *keep(struct buf *out, const char *cell)
{
    if (cell == NULL)
        return NULL;
    cell += strspn(cell, " \t\r\n");
    cell += cell[0] == '\'' && cell[1] != '\0' && strchr("=+-@", cell[1]) != NULL;
    size_t len = strlen(cell);
    while (len > 0 && strchr(" \t\r\n", cell[len - 1]) != NULL)
        len--;
    utf8_append_clean(out, cell, len);
    return out->len > 0 ? buf_str(out) : NULL;
}

/* ---- names ---- */

static void add_name(struct buf *names, const char *name, size_t len)
{
    static const char *const labels[] = {"DNS Name=", "dNSName=", "DNS:", "DNS="};
    char text[260];
    if (len == 0 || len >= sizeof text || names->len + len + 1 > LIST_MAX_NAMES)
        return;
    memcpy(text, name, len);
    text[len] = '\0';
    const char *at = text;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0] && at == text; i++)
        at += text_starts_with(text, labels[i]) ? strlen(labels[i]) : 0;
    if (*at == '\0' || text_equals(at, "Name")) /* "DNS Name=" was cut at its blank */
        return;
    if (names->len > 0)
        buf_append_char(names, '\n');
    utf8_append_clean(names, at, strlen(at));
}

/* "a.example, b.example", ["a.example"], [{"fqdn":"a.example"}]: what is no part of a name separates. */
static const char *split_names(struct buf *names, const char *cell)
{
    static const char separators[] = ",; \t\r\n[]{}\"";
    bool json = cell != NULL && cell[strspn(cell, " ")] == '[';
    while (cell != NULL && *cell != '\0') {
        cell += strspn(cell, separators);
        size_t len = strcspn(cell, separators);
        const char *behind = cell + len;
        bool is_key = json && *behind == '"' && behind[1 + strspn(behind + 1, " ")] == ':';
        if (!is_key && !(len == 1 && *cell == ':') && !(len == 3 && memcmp(cell, "DNS", 3) == 0))
            add_name(names, cell + (len > 5 && memcmp(cell, "Name=", 5) == 0 ? 5 : 0),
                     len - (len > 5 && memcmp(cell, "Name=", 5) == 0 ? 5 : 0));
        cell = behind;
    }
    return names->len > 0 ? buf_str(names) : NULL;
}

/* The common name out of a distinguished name, or all of a text that is none. */
static const char *common_name_of(struct buf *out, const char *cell)
{
    const char *at = cell;
    while (at != NULL && *at != '\0' &&
           !(text_starts_with(at, "CN=") && (at == cell || strchr(",/+; ", at[-1]) != NULL)))
        at++;
    if (at == NULL || *at == '\0')
        return cell != NULL && strchr(cell, '=') == NULL ? keep(out, cell) : NULL;
    at += strlen("CN=");
    size_t len = strcspn(at, ",/+;");
    utf8_append_clean(out, at, len);
    return out->len > 0 ? buf_str(out) : NULL;
}

/* ---- states ---- */

static const struct {
    const char *words; /* between blanks */
    const char *state; /* NULL: there is no certificate */
} states[] = {
    {" valid issued active completed enrolled ", "Issued"},
    {" revoked ", "Revoked"},
    {" expired ", "Expired"},
    {" replaced superseded ", "Replaced"},
    {" pending requested approved applied ready processing reissue_pending waiting_pickup cancelled canceled "
     "rejected declined denied ",
     NULL},
};

/* Our word for theirs; theirs where it is not known. */
static bool read_state(const char *cell, const char **state)
{
    char word[60];
    *state = NULL;
    if (cell == NULL || cell[0] == '\0' || strlen(cell) > sizeof word - 3)
        return true;
    snprintf(word, sizeof word, " %s ", cell);
    for (char *c = word + 1; c[1] != '\0'; c++)
        *c = *c == ' ' ? '_' : text_lower(*c);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strstr(states[i].words, word) != NULL) {
            *state = states[i].state;
            return *state != NULL;
        }
    }
    *state = cell;
    return true;
}

static bool is_yes(const char *cell)
{
    return text_equals(cell, "true") || text_equals(cell, "yes") || strcmp(cell, "1") == 0;
}

static void read_revocation(struct list_row *row, const char *cell)
{
    struct inventory_certificate *certificate = &row->certificate;
    if (cell == NULL || cell[0] == '\0')
        return;
    certificate->revoked_s = timefmt_read(cell);
    if (is_yes(cell) || certificate->revoked_s > 0)
        certificate->state = "Revoked";
}

static bool is_known_only(const char *via)
{
    return via != NULL &&
           (text_equals(via, "Discovery") || text_equals(via, "Imported") || text_equals(via, "Import"));
}

/* ---- keys ---- */

static bool read_hashes(struct list_row *row, const char *const *cells, struct diag *why)
{
    struct inventory_certificate *out = &row->certificate;
    const char *sha256 = cells[COLUMN_SHA256];
    const char *sha1 = cells[COLUMN_SHA1];
    const char *either = cells[COLUMN_FINGERPRINT];
    if ((sha256 != NULL && cert_hash_parse(row->sha256, SHA256_SIZE, sha256)) ||
        (either != NULL && cert_hash_parse(row->sha256, SHA256_SIZE, either)))
        out->sha256 = row->sha256;
    if ((sha1 != NULL && cert_hash_parse(row->sha1, SHA1_SIZE, sha1)) ||
        (either != NULL && cert_hash_parse(row->sha1, SHA1_SIZE, either)))
        out->sha1 = row->sha1;
    if (out->sha256 != NULL || out->sha1 != NULL || (sha256 == NULL && sha1 == NULL && either == NULL))
        return true;
    diag_set(why, "the fingerprint is neither a SHA-256 (64 hex digits) nor a SHA-1 (40)");
    return false;
}

static bool read_serial(struct list_row *row, const char *cell, struct diag *why)
{
    if (cell == NULL)
        return true;
    if (cert_serial_parse(row->serial, sizeof row->serial, cell)) {
        row->certificate.serial = row->serial;
        return true;
    }
    diag_set(why, "the serial number is no hexadecimal number%s",
             strpbrk(cell, "+.") != NULL
                 ? "; a spreadsheet has rounded it (export again, with that column as text)"
                 : "");
    return false;
}

static bool has_key(const struct inventory_certificate *certificate)
{
    return certificate->sha256 != NULL || certificate->sha1 != NULL ||
           (certificate->serial != NULL && (certificate->issuer != NULL || certificate->common_name != NULL));
}

static void read_rest(struct list_row *row, const char *const *cells)
{
    struct inventory_certificate *out = &row->certificate;
    out->issued_s = timefmt_read(cells[COLUMN_ISSUED]);
    out->expires_s = timefmt_read(cells[COLUMN_EXPIRES]);
    out->requester = keep(&row->requester, cells[COLUMN_REQUESTER]);
    out->requested_via = keep(&row->via, cells[COLUMN_VIA]);
    out->managed = !is_known_only(out->requested_via);
    read_revocation(row, cells[COLUMN_REVOKED]);
}

static void read_text(struct list_row *row, const char *const *cells)
{
    struct inventory_certificate *out = &row->certificate;
    out->common_name = keep(&row->common_name, cells[COLUMN_COMMON_NAME]);
    if (out->common_name == NULL)
        out->common_name = common_name_of(&row->common_name, cells[COLUMN_SUBJECT]);
    out->names = split_names(&row->names, cells[COLUMN_NAMES]);
    out->issuer = common_name_of(&row->issuer, cells[COLUMN_ISSUER]);
}

static enum list_verdict read_pem(struct list_row *row, const char *pem, const char *serial, struct diag *why)
{
    struct buf der = {0};
    char said[sizeof row->serial];
    bool more;
    size_t left = strlen(pem);
    enum list_verdict verdict = LIST_BAD;
    if (pem_next(&pem, &left, &der, &more) != CS_OK || !more)
        diag_set(why, "the certificate is no PEM (-----BEGIN CERTIFICATE-----)");
    else
        verdict = list_row_decode(row, der.data, der.len, why);
    if (verdict == LIST_TAKEN && serial != NULL && cert_serial_parse(said, sizeof said, serial) &&
        strcmp(said, row->serial) != 0)
        diag_set(why, "the serial number is not that of the certificate beside it, which counts");
    buf_dispose(&der);
    return verdict;
}

static const char *filled(const char *cell)
{
    return cell != NULL && cell[strspn(cell, " \t\r\n")] != '\0' ? cell : NULL;
}

enum list_verdict list_row_read(struct list_row *row, const char *const cells[COLUMN_IGNORED],
                                struct diag *why)
{
    const char *cell[COLUMN_IGNORED];
    const char *state;
    enum list_verdict verdict = LIST_TAKEN;
    start(row, why);
    for (size_t i = 0; i < COLUMN_IGNORED; i++)
        cell[i] = filled(cells[i]);
    if (!read_state(cell[COLUMN_STATE], &state))
        return LIST_NO_CERTIFICATE;
    if (cell[COLUMN_PEM] != NULL) {
        verdict = read_pem(row, cell[COLUMN_PEM], cell[COLUMN_SERIAL], why);
    } else {
        read_text(row, cell);
        if (!read_hashes(row, cell, why) || !read_serial(row, cell[COLUMN_SERIAL], why))
            return LIST_BAD;
        if (!has_key(&row->certificate)) {
            diag_set(why,
                     "nothing in it tells the certificate: no hash, and no serial number with an issuer");
            return LIST_BAD;
        }
        read_rest(row, cell);
    }
    if (row->certificate.state == NULL)
        row->certificate.state = state;
    return verdict;
}

/* ---- the certificate itself ---- */

static enum list_verdict take_record(struct list_row *row, const struct cert_record *record)
{
    struct inventory_certificate *out = &row->certificate;
    memcpy(row->sha256, record->sha256, SHA256_SIZE);
    out->sha256 = row->sha256;
    if (record->serial != NULL && strlen(record->serial) < sizeof row->serial) {
        snprintf(row->serial, sizeof row->serial, "%s", record->serial);
        out->serial = row->serial;
    }
    out->common_name = keep(&row->common_name, record->common_name);
    for (size_t i = 0; i < record->dns_names.count; i++)
        add_name(&row->names, record->dns_names.items[i], strlen(record->dns_names.items[i]));
    out->names = row->names.len > 0 ? buf_str(&row->names) : NULL;
    out->issuer = keep(&row->issuer, record->issuer_common_name);
    out->issued_s = record->not_before_s;
    out->expires_s = record->not_after_s;
    return record->is_ca && !record->self_signed ? LIST_NO_CERTIFICATE : LIST_TAKEN;
}

enum list_verdict list_row_decode(struct list_row *row, const uint8_t *der, size_t der_len, struct diag *why)
{
    struct cert_record record;
    enum list_verdict verdict = LIST_BAD;
    start(row, why);
    if (cert_record_parse(&record, der, der_len) != CS_OK)
        diag_set(why, "out of memory");
    else if (record.malformed)
        diag_set(why, "the certificate cannot be decoded");
    else
        verdict = take_record(row, &record);
    cert_record_dispose(&record);
    return verdict;
}
