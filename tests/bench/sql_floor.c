// SPDX-License-Identifier: Apache-2.0
/* What SQLite alone costs, as seconds of CPU on stdout:
 *   sql_floor insert SOURCE TARGET   the rows of SOURCE by prepared INSERTs into the same tables of a new
 * file sql_floor query DATABASE SQL     every column of every row */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <sqlite3.h>

#define ROWS_A_TRANSACTION 4096

struct rows {
    sqlite3_value **values; /* row after row */
    size_t count;           /* of values */
    int columns;
};

static void require(int holds, sqlite3 *db)
{
    if (holds)
        return;
    fprintf(stderr, "sql_floor: %s\n", db != NULL ? sqlite3_errmsg(db) : "out of memory");
    exit(1);
}

static double cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static sqlite3 *open_db(const char *path)
{
    sqlite3 *db;
    require(sqlite3_open(path, &db) == SQLITE_OK, db);
    return db;
}

static void exec(sqlite3 *db, const char *sql)
{
    require(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, db);
}

static struct rows read_rows(sqlite3 *db, const char *table)
{
    char sql[128];
    sqlite3_stmt *stmt;
    struct rows rows = {0};
    size_t cap = 0;
    snprintf(sql, sizeof sql, "SELECT * FROM %s", table);
    require(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, db);
    rows.columns = sqlite3_column_count(stmt);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        if (rows.count + (size_t)rows.columns > cap) {
            cap = cap * 2 + 4096;
            rows.values = realloc(rows.values, cap * sizeof *rows.values);
            require(rows.values != NULL, NULL);
        }
        for (int i = 0; i < rows.columns; i++)
            rows.values[rows.count++] = sqlite3_value_dup(sqlite3_column_value(stmt, i));
    }
    sqlite3_finalize(stmt);
    return rows;
}

static size_t insert_rows(sqlite3 *db, const char *table, const struct rows *rows)
{
    char sql[512];
    sqlite3_stmt *stmt;
    int len = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?", table);
    for (int i = 1; i < rows->columns; i++)
        len += snprintf(sql + len, sizeof sql - (size_t)len, ",?");
    snprintf(sql + len, sizeof sql - (size_t)len, ")");
    require(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, db);
    exec(db, "BEGIN IMMEDIATE");
    size_t row = 0;
    for (size_t at = 0; at < rows->count; row++) {
        for (int i = 0; i < rows->columns; i++)
            sqlite3_bind_value(stmt, i + 1, rows->values[at++]);
        require(sqlite3_step(stmt) == SQLITE_DONE, db);
        sqlite3_reset(stmt);
        if (row % ROWS_A_TRANSACTION == ROWS_A_TRANSACTION - 1)
            exec(db, "COMMIT; BEGIN IMMEDIATE");
    }
    exec(db, "COMMIT");
    sqlite3_finalize(stmt);
    return row;
}

static void make_schema(sqlite3 *from, sqlite3 *to)
{
    sqlite3_stmt *stmt;
    require(sqlite3_prepare_v2(from,
                               "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE "
                               "'sqlite_%' ORDER BY type = 'index', rowid",
                               -1, &stmt, NULL) == SQLITE_OK,
            from);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        exec(to, (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
}

static void insert(const char *source, const char *target)
{
    static const char *const tables[] = {"owner", "scan",     "rule",  "certificate",   "certificate_value",
                                         "chain", "endpoint", "asset", "asset_interval"};
    enum { TABLES = sizeof tables / sizeof tables[0] };
    struct rows rows[TABLES];
    size_t count = 0;
    sqlite3 *from = open_db(source);
    sqlite3 *to = open_db(target);
    exec(to, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
    make_schema(from, to);
    for (int i = 0; i < TABLES; i++)
        rows[i] = read_rows(from, tables[i]);
    double begun = cpu_s();
    for (int i = 0; i < TABLES; i++)
        count += insert_rows(to, tables[i], &rows[i]);
    printf("{\"cpu_s\":%.6f,\"rows\":%zu}\n", cpu_s() - begun, count);
    sqlite3_close(to);
    sqlite3_close(from);
}

static void query(const char *path, const char *sql)
{
    sqlite3_stmt *stmt;
    size_t rows = 0;
    size_t bytes = 0;
    sqlite3 *db = open_db(path);
    require(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, db);
    double begun = cpu_s();
    for (; sqlite3_step(stmt) == SQLITE_ROW; rows++) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            (void)sqlite3_column_text(stmt, i);
            bytes += (size_t)sqlite3_column_bytes(stmt, i);
        }
    }
    printf("{\"cpu_s\":%.6f,\"rows\":%zu,\"bytes\":%zu}\n", cpu_s() - begun, rows, bytes);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    if (strcmp(argv[1], "insert") == 0)
        insert(argv[2], argv[3]);
    else
        query(argv[2], argv[3]);
    return 0;
}
