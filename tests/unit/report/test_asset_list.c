// SPDX-License-Identifier: Apache-2.0
#include "report/asset_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/support/asset_world.h"

static char *text; /* what the listing wrote */
static size_t text_len;

struct view {
    const char *columns;
    const char *where;
    int64_t now_s;
};

/* Lists the live assets as jsonl into `text`; `filter` may be narrowed further. */
static void list_assets(struct asset_world *world, const struct view *view)
{
    struct listing_options options = {.format = LISTING_JSONL, .columns = view->columns};
    struct asset_list list = {.now_s = view->now_s != 0 ? view->now_s : WORLD_NOW_S, .diag = &world->diag};
    struct asset_filter filter = {.state = "live", .now_s = list.now_s};
    free(text);
    text = NULL;
    FILE *file = open_memstream(&text, &text_len);
    assert_non_null(file);
    if (view->where != NULL) {
        assert_int_equal(matcher_compile(&list.where, view->where, RULES_FILTER, &world->diag), CS_OK);
        filter.where = matcher_expr(list.where);
    }
    assert_int_equal(
        listing_open(&list.listing, file, &options, asset_columns, asset_column_count, &world->diag), CS_OK);
    enum cs_err err = assets_each(world->store, &filter, &list.exact, asset_list_row, &list, &world->diag);
    assert_int_equal(listing_close(list.listing, err, &world->diag), CS_OK);
    matcher_free(list.where);
    fclose(file);
}

static void lists(struct asset_world *world, const struct view *view, const char *expected)
{
    list_assets(world, view);
    assert_string_equal(text, expected);
}

static void shows(struct asset_world *world, const char *endpoint, const struct forge_options *options)
{
    struct forged leaf = forge(options);
    asset_world_sees(world, endpoint, &leaf, NULL, WORLD_NOW_S);
    forge_free(&leaf);
}

/* One in good order, one expired, one not yet valid; all self-signed but the first. */
static void three_services(struct asset_world *world)
{
    struct forged issuer =
        forge(&(struct forge_options){.common_name = "Example CA", .is_ca = 1, .now_s = WORLD_NOW_S});
    shows(world, "192.0.2.1:443",
          &(struct forge_options){.common_name = "www.example.org",
                                  .alt_names = "DNS:www.example.org",
                                  .issuer = &issuer,
                                  .now_s = WORLD_NOW_S});
    shows(world, "192.0.2.2:443",
          &(struct forge_options){.common_name = "old.example.org",
                                  .alt_names = "DNS:old.example.org",
                                  .not_before_s = WORLD_NOW_S - 864000,
                                  .not_after_s = WORLD_NOW_S - 86400});
    shows(world, "192.0.2.3:8443",
          &(struct forge_options){.common_name = "early.example.net",
                                  .alt_names = "DNS:early.example.net",
                                  .not_before_s = WORLD_NOW_S + 86400,
                                  .not_after_s = WORLD_NOW_S + 864000});
    forge_free(&issuer);
}

static void column_names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < asset_column_count; i++) {
        assert_non_null(asset_columns[i].name);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(asset_columns[i].name, asset_columns[k].name);
    }
}

static void a_row_has_its_endpoint_certificate_and_findings(void **state)
{
    struct asset_world *world = *state;
    three_services(world);
    lists(world, &(struct view){.columns = "endpoint,common_name,issuer_common_name,days_left,findings"},
          "{\"endpoint\":\"192.0.2.1:443\",\"common_name\":\"www.example.org\","
          "\"issuer_common_name\":\"Example CA\",\"days_left\":90,\"findings\":[]}\n"
          "{\"endpoint\":\"192.0.2.2:443\",\"common_name\":\"old.example.org\","
          "\"issuer_common_name\":\"old.example.org\",\"days_left\":-1,"
          "\"findings\":[\"expired\",\"self-signed\"]}\n"
          "{\"endpoint\":\"192.0.2.3:8443\",\"common_name\":\"early.example.net\","
          "\"issuer_common_name\":\"early.example.net\",\"days_left\":10,"
          "\"findings\":[\"not-yet-valid\",\"self-signed\"]}\n");
}

static void what_has_no_data_yet_is_null(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example.org");
    asset_world_sees(world, "192.0.2.1:25/smtp#mail.example.org", &leaf, NULL, WORLD_NOW_S);
    lists(world,
          &(struct view){.columns =
                             "endpoint,ip,port,protocol,server_name,host_name,network,state,owner,rule,"
                             "accepted_until,scm_id,status,tls_version,lane,missed,first_seen"},
          "{\"endpoint\":\"192.0.2.1:25/smtp#mail.example.org\",\"ip\":\"192.0.2.1\",\"port\":25,"
          "\"protocol\":\"smtp\",\"server_name\":\"mail.example.org\",\"host_name\":null,\"network\":\"\","
          "\"state\":\"live\",\"owner\":null,\"rule\":null,\"accepted_until\":null,\"scm_id\":null,"
          "\"status\":\"unknown\",\"tls_version\":\"TLSv1.2\",\"lane\":\"full\",\"missed\":0,"
          "\"first_seen\":\"2027-01-15T08:00:00Z\"}\n");
    forge_free(&leaf);
}

static void a_certificate_that_cannot_be_decoded_has_its_hash_and_its_finding(void **state)
{
    struct asset_world *world = *state;
    struct forged whole = asset_world_forge("cut.example");
    struct forged cut = {.der = whole.der, .der_len = whole.der_len - 1};
    struct cert_record record;
    char expected[300];
    assert_int_equal(cert_record_parse(&record, cut.der, cut.der_len), CS_OK);
    hex_encode(cut.sha256, record.sha256, SHA256_SIZE);
    cert_record_dispose(&record);
    asset_world_sees(world, "192.0.2.1:443", &cut, NULL, WORLD_NOW_S);
    snprintf(expected, sizeof expected,
             "{\"common_name\":null,\"not_after\":null,\"key_type\":null,\"self_signed\":null,"
             "\"dns_names\":null,\"sha256\":\"%s\",\"findings\":[\"malformed\"]}\n",
             cut.sha256);
    lists(world,
          &(struct view){.columns = "common_name,not_after,key_type,self_signed,dns_names,sha256,findings"},
          expected);
    forge_free(&whole);
}

static void the_chain_is_listed_as_it_was_sent(void **state)
{
    struct asset_world *world = *state;
    struct forged issuer = asset_world_forge("Example CA");
    struct forged leaf = asset_world_forge("www.example.org");
    char expected[300];
    asset_world_sees(world, "192.0.2.1:443", &leaf, &issuer, WORLD_NOW_S);
    snprintf(expected, sizeof expected, "{\"chain\":[\"%s\",\"%s\"]}\n", leaf.sha256, issuer.sha256);
    lists(world, &(struct view){.columns = "chain"}, expected);
    forge_free(&leaf);
    forge_free(&issuer);
}

static void what_sql_cannot_say_is_tested_on_each_row(void **state)
{
    struct asset_world *world = *state;
    three_services(world);
    static const struct {
        const char *where;
        const char *expected;
    } rows[] = {
        {"port = 8443", "{\"port\":8443}\n"},                                      /* all in SQL */
        {"common_name matches_regex \"^old\" and port = 443", "{\"port\":443}\n"}, /* half of it */
        {"finding = not-yet-valid", "{\"port\":8443}\n"},                          /* none of it */
        {"finding = malformed or port = 8443", "{\"port\":8443}\n"},
        {"not finding = expired and finding = self-signed", "{\"port\":8443}\n"},
        {"finding = malformed", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        lists(world, &(struct view){.columns = "port", .where = rows[i].where}, rows[i].expected);
}

static void a_finding_is_judged_at_the_given_time(void **state)
{
    struct asset_world *world = *state;
    three_services(world);
    struct view view = {.columns = "endpoint", .where = "finding = expired"};
    lists(world, &view, "{\"endpoint\":\"192.0.2.2:443\"}\n");
    view.now_s = WORLD_NOW_S - 86400; /* its last second */
    lists(world, &view, "");
    view.now_s = WORLD_NOW_S + 864001;
    lists(world, &view, "{\"endpoint\":\"192.0.2.2:443\"}\n{\"endpoint\":\"192.0.2.3:8443\"}\n");
    view = (struct view){.columns = "endpoint", .where = "finding = not-yet-valid"};
    lists(world, &view, "{\"endpoint\":\"192.0.2.3:8443\"}\n");
}

static void two_key_families_at_one_endpoint_are_two_assets(void **state)
{
    struct asset_world *world = *state;
    shows(world, "192.0.2.1:443",
          &(struct forge_options){.common_name = "www.example", .key = "ec:P-256", .now_s = WORLD_NOW_S});
    shows(world, "192.0.2.1:443",
          &(struct forge_options){.common_name = "www.example", .key = "rsa:2048", .now_s = WORLD_NOW_S});
    lists(world, &(struct view){.columns = "endpoint,key_type,key_bits"},
          "{\"endpoint\":\"192.0.2.1:443\",\"key_type\":\"ecdsa\",\"key_bits\":256}\n"
          "{\"endpoint\":\"192.0.2.1:443\",\"key_type\":\"rsa\",\"key_bits\":2048}\n");
}

static int end(void **state)
{
    free(text);
    text = NULL;
    return asset_world_end(state);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, asset_world_make, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(column_names_are_unique),
        WITH_STORE(a_row_has_its_endpoint_certificate_and_findings),
        WITH_STORE(what_has_no_data_yet_is_null),
        WITH_STORE(a_certificate_that_cannot_be_decoded_has_its_hash_and_its_finding),
        WITH_STORE(the_chain_is_listed_as_it_was_sent),
        WITH_STORE(what_sql_cannot_say_is_tested_on_each_row),
        WITH_STORE(a_finding_is_judged_at_the_given_time),
        WITH_STORE(two_key_families_at_one_endpoint_are_two_assets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
