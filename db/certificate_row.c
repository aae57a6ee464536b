// SPDX-License-Identifier: Apache-2.0
#include "db/certificate_row.h"

#include <string.h>

#include "base/text.h"

struct text_list *certificate_values(struct cert_record *record, enum value_kind kind)
{
    switch (kind) {
    case VALUE_DNS_NAME:
        return &record->dns_names;
    case VALUE_IP_ADDRESS:
        return &record->ip_addresses;
    case VALUE_OTHER_NAME:
        return &record->other_names;
    case VALUE_ORGANIZATION_UNIT:
        return &record->organization_units;
    case VALUE_DOMAIN_COMPONENT:
        return &record->domain_components;
    case VALUE_KEY_USAGE:
        return &record->key_usages;
    case VALUE_EXTENDED_KEY_USAGE:
        break;
    }
    return &record->extended_key_usages;
}

enum cs_err certificate_reader_init(struct certificate_reader *reader, struct store *store, struct diag *diag)
{
    *reader = (struct certificate_reader){.store = store};
    return sql_prepare(
        store, &reader->values,
        "SELECT kind, value FROM certificate_value WHERE certificate_id = ?1 ORDER BY kind, number", diag);
}

void certificate_reader_dispose(struct certificate_reader *reader)
{
    sqlite3_finalize(reader->values);
    cert_record_dispose(&reader->record);
    *reader = (struct certificate_reader){0};
}

static enum cs_err read_values(struct certificate_reader *reader, int64_t id, struct diag *diag)
{
    bool row = true;
    enum cs_err err = CS_OK;
    sql_bind_int(reader->values, 1, id);
    while (err == CS_OK) {
        err = sql_step(reader->store, reader->values, &row, diag);
        if (err != CS_OK || !row)
            break;
        int kind = sqlite3_column_int(reader->values, 0);
        if (kind >= VALUE_DNS_NAME && kind <= VALUE_KIND_LAST)
            err = text_list_add(certificate_values(&reader->record, (enum value_kind)kind),
                                sql_text(reader->values, 1));
    }
    sqlite3_reset(reader->values);
    return err;
}

static bool read_texts(struct cert_record *record, sqlite3_stmt *stmt, int at)
{
    char **texts[] = {
        &record->common_name,
        &record->subject,
        &record->organization,
        &record->city,
        &record->state,
        &record->country,
        &record->issuer,
        &record->issuer_common_name,
        &record->issuer_organization,
        &record->serial,
        &record->key_type,
    };
    bool copied = true;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *text = sql_text(stmt, at + 3 + (int)i);
        *texts[i] = text_copy(text);
        copied = copied && (text == NULL || *texts[i] != NULL);
    }
    record->signature_algorithm = text_copy(sql_text(stmt, at + 15));
    record->template_name = text_copy(sql_text(stmt, at + 16));
    return copied;
}

static void read_hash(uint8_t out[SHA256_SIZE], sqlite3_stmt *stmt, int at)
{
    if (sqlite3_column_bytes(stmt, at) == SHA256_SIZE)
        memcpy(out, sqlite3_column_blob(stmt, at), SHA256_SIZE);
}

enum cs_err certificate_reader_read(struct certificate_reader *reader, sqlite3_stmt *stmt, int at, int64_t id,
                                    struct diag *diag)
{
    struct cert_record *record = &reader->record;
    if (reader->id == id)
        return CS_OK;
    reader->id = 0;
    cert_record_dispose(record);
    *record = (struct cert_record){.malformed = sqlite3_column_int(stmt, at + 1) != 0};
    read_hash(record->sha256, stmt, at);
    read_hash(record->spki_sha256, stmt, at + 2);
    record->key_bits = (uint32_t)sqlite3_column_int64(stmt, at + 14);
    record->not_before_s = sqlite3_column_int64(stmt, at + 17);
    record->not_after_s = sqlite3_column_int64(stmt, at + 18);
    record->self_signed = sqlite3_column_int(stmt, at + 19) != 0;
    record->is_ca = sqlite3_column_int(stmt, at + 20) != 0;
    record->wildcard = sqlite3_column_int(stmt, at + 21) != 0;
    record->flaws = (uint32_t)sqlite3_column_int64(stmt, at + 22);
    if (!read_texts(record, stmt, at))
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    enum cs_err err = read_values(reader, id, diag);
    if (err == CS_OK)
        reader->id = id;
    return err;
}
