// SPDX-License-Identifier: Apache-2.0
#include "tests/support/expr_corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"

static void check(bool holds, unsigned line, const char *what)
{
    if (!holds) {
        fprintf(stderr, "expressions.txt:%u: %s\n", line, what);
        abort();
    }
}

static void add_all(struct text_list *list, char *values)
{
    for (char *rest = values, *item; (item = strsep(&rest, "|")) != NULL;)
        check(text_list_add(list, item) == CS_OK, 0, "memory");
}

static void set_value(struct corpus_record *record, const char *key, char *value, unsigned line)
{
    struct cert_record *cert = &record->cert;
    const struct {
        const char *key;
        char **text;
    } texts[] = {{"cn", &cert->common_name}, {"o", &cert->organization}, {"key", &cert->key_type},
                 {"serial", &cert->serial},  {"issuer", &cert->issuer},  {"host", &record->host_name}};
    const struct {
        const char *key;
        struct text_list *list;
    } lists[] = {{"ou", &cert->organization_units}, {"dns", &cert->dns_names}, {"ku", &cert->key_usages}};
    for (char *at = value; *at != '\0'; at++)
        *at = *at == '_' && at[1] != 's' ? ' ' : *at; /* the name with %_s keeps its underscore */
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(key, texts[i].key) == 0)
            *texts[i].text = text_copy(value);
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (strcmp(key, lists[i].key) == 0)
            add_all(lists[i].list, value);
    }
    if (strcmp(key, "ip") == 0)
        check(ip_parse(value, strlen(value), &record->endpoint.ip) == CS_OK, line, "ip");
    else if (strcmp(key, "port") == 0)
        record->endpoint.port = (uint16_t)atoi(value);
    else if (strcmp(key, "bits") == 0)
        cert->key_bits = (uint32_t)atoi(value);
    else if (strcmp(key, "nb") == 0)
        check(timefmt_parse(value, &cert->not_before_s) == CS_OK, line, "nb");
    else if (strcmp(key, "na") == 0)
        check(timefmt_parse(value, &cert->not_after_s) == CS_OK, line, "na");
    else if (strcmp(key, "self") == 0)
        cert->self_signed = true;
    else if (strcmp(key, "wild") == 0)
        cert->wildcard = true;
    else if (strcmp(key, "sni") == 0)
        record->endpoint.server_name = text_copy(value);
    else if (strcmp(key, "network") == 0)
        record->endpoint.network = text_copy(value);
}

static void read_record(struct expr_corpus *corpus, char *text, unsigned line)
{
    check(corpus->record_count < CORPUS_MAX_RECORDS, line, "too many records");
    struct corpus_record *record = &corpus->records[corpus->record_count];
    char *word = strsep(&text, " ");
    snprintf(record->name, sizeof record->name, "%s", word);
    while ((word = strsep(&text, " ")) != NULL) {
        char *value = strchr(word, '=');
        check(value != NULL, line, "key=value expected");
        *value++ = '\0';
        set_value(record, word, value, line);
    }
    if (record->endpoint.network == NULL)
        record->endpoint.network = text_copy("");
    memset(record->cert.sha256, (int)corpus->record_count + 1, sizeof record->cert.sha256);
    corpus->record_count++;
}

static void read_case(struct expr_corpus *corpus, char *text, unsigned line)
{
    char *arrow = strstr(text, " =>");
    check(arrow != NULL && corpus->case_count < CORPUS_MAX_CASES, line, "EXPR => NAMES expected");
    struct corpus_case *one = &corpus->cases[corpus->case_count++];
    *arrow = '\0';
    one->expression = text_copy(text);
    one->line = line;
    char *rest = arrow + 3;
    for (char *name; (name = strsep(&rest, " ")) != NULL;) {
        size_t i = 0;
        while (i < corpus->record_count && strcmp(corpus->records[i].name, name) != 0)
            i++;
        check(name[0] == '\0' || i < corpus->record_count, line, "no such record");
        if (name[0] != '\0')
            one->expected[i] = true;
    }
}

struct expr_corpus *expr_corpus_read(const char *path)
{
    struct expr_corpus *corpus = calloc(1, sizeof *corpus);
    char text[1024];
    FILE *file = fopen(path, "r");
    check(corpus != NULL && file != NULL, 0, "cannot be read");
    for (unsigned line = 1; fgets(text, sizeof text, file) != NULL; line++) {
        text[strcspn(text, "\n")] = '\0';
        if (strncmp(text, "record ", 7) == 0)
            read_record(corpus, text + 7, line);
        else if (text[0] != '#' && text[0] != '\0')
            read_case(corpus, text, line);
    }
    fclose(file);
    return corpus;
}

void expr_corpus_free(struct expr_corpus *corpus)
{
    for (size_t i = 0; i < corpus->record_count; i++) {
        cert_record_dispose(&corpus->records[i].cert);
        free((char *)corpus->records[i].endpoint.network);
        free((char *)corpus->records[i].endpoint.server_name);
        free(corpus->records[i].host_name);
    }
    for (size_t i = 0; i < corpus->case_count; i++)
        free(corpus->cases[i].expression);
    free(corpus);
}
