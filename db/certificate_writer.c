// SPDX-License-Identifier: Apache-2.0
#include "db/certificate_writer.h"

#include "db/certificate_row.h"

static const char put_certificate[] =
    "INSERT INTO certificate (sha256, record_version, malformed, spki_sha256, common_name, subject,"
    " organization, city, state, country, issuer, issuer_common_name, issuer_organization, serial, key_type,"
    " key_bits, signature_algorithm, template_name, not_before, not_after, lifetime_days, self_signed, is_ca,"
    " wildcard, flaws, first_seen, der) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
    " ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27) ON CONFLICT (sha256) DO UPDATE SET"
    " record_version = excluded.record_version, malformed = excluded.malformed,"
    " spki_sha256 = excluded.spki_sha256, common_name = excluded.common_name, subject = excluded.subject,"
    " organization = excluded.organization, city = excluded.city, state = excluded.state,"
    " country = excluded.country, issuer = excluded.issuer,"
    " issuer_common_name = excluded.issuer_common_name,"
    " issuer_organization = excluded.issuer_organization, serial = excluded.serial,"
    " key_type = excluded.key_type, key_bits = excluded.key_bits,"
    " signature_algorithm = excluded.signature_algorithm, template_name = excluded.template_name,"
    " not_before = excluded.not_before, not_after = excluded.not_after,"
    " lifetime_days = excluded.lifetime_days, self_signed = excluded.self_signed, is_ca = excluded.is_ca,"
    " wildcard = excluded.wildcard, flaws = excluded.flaws RETURNING id";

enum cs_err certificate_writer_init(struct certificate_writer *writer, struct store *store, struct diag *diag)
{
    *writer = (struct certificate_writer){.store = store};
    enum cs_err err = sql_prepare(store, &writer->put, put_certificate, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &writer->clear_values,
                          "DELETE FROM certificate_value WHERE certificate_id = ?1", diag);
    if (err == CS_OK)
        err = sql_prepare(store, &writer->put_value,
                          "INSERT INTO certificate_value (certificate_id, kind, number, value)"
                          " VALUES (?1, ?2, ?3, ?4)",
                          diag);
    return err;
}

void certificate_writer_dispose(struct certificate_writer *writer)
{
    sqlite3_finalize(writer->put);
    sqlite3_finalize(writer->clear_values);
    sqlite3_finalize(writer->put_value);
    *writer = (struct certificate_writer){0};
}

static void bind_record(sqlite3_stmt *stmt, const struct cert_record *record)
{
    const char *const texts[] = {
        record->common_name,
        record->subject,
        record->organization,
        record->city,
        record->state,
        record->country,
        record->issuer,
        record->issuer_common_name,
        record->issuer_organization,
        record->serial,
        record->key_type,
    };
    sqlite3_clear_bindings(stmt);
    sql_bind_blob(stmt, 1, record->sha256, SHA256_SIZE);
    sql_bind_int(stmt, 2, CERT_RECORD_VERSION);
    sql_bind_int(stmt, 3, record->malformed);
    if (record->malformed)
        return;
    sql_bind_blob(stmt, 4, record->spki_sha256, SHA256_SIZE);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        sql_bind_text(stmt, 5 + (int)i, texts[i]);
    sql_bind_id(stmt, 16, record->key_bits);
    sql_bind_text(stmt, 17, record->signature_algorithm);
    sql_bind_text(stmt, 18, record->template_name);
    sql_bind_int(stmt, 19, record->not_before_s);
    sql_bind_int(stmt, 20, record->not_after_s);
    sql_bind_int(stmt, 21, cert_record_lifetime_days(record));
    sql_bind_int(stmt, 22, record->self_signed);
    sql_bind_int(stmt, 23, record->is_ca);
    sql_bind_int(stmt, 24, record->wildcard);
    sql_bind_int(stmt, 25, record->flaws);
}

static enum cs_err put_values(struct certificate_writer *writer, const struct cert_record *record, int64_t id,
                              struct diag *diag)
{
    struct cert_record borrowed = *record; /* for the lists alone */
    sql_bind_int(writer->clear_values, 1, id);
    enum cs_err err = sql_run(writer->store, writer->clear_values, diag);
    for (int kind = VALUE_DNS_NAME; kind <= VALUE_KIND_LAST && err == CS_OK; kind++) {
        const struct text_list *list = certificate_values(&borrowed, (enum value_kind)kind);
        for (size_t i = 0; i < list->count && err == CS_OK; i++) {
            sql_bind_int(writer->put_value, 1, id);
            sql_bind_int(writer->put_value, 2, kind);
            sql_bind_int(writer->put_value, 3, (int64_t)i);
            sql_bind_text(writer->put_value, 4, list->items[i]);
            err = sql_run(writer->store, writer->put_value, diag);
        }
    }
    return err;
}

enum cs_err certificate_writer_put(struct certificate_writer *writer, const struct cert_record *record,
                                   const uint8_t *der, size_t der_len, int64_t now_s, int64_t *id,
                                   struct diag *diag)
{
    bind_record(writer->put, record);
    sql_bind_int(writer->put, 26, now_s);
    sql_bind_blob(writer->put, 27, der, der_len);
    enum cs_err err = sql_int(writer->store, writer->put, id, 0, diag);
    return err == CS_OK ? put_values(writer, record, *id, diag) : err;
}
