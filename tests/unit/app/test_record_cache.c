// SPDX-License-Identifier: Apache-2.0
#include "app/record_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"
#include "tests/support/forge.h"

static struct record_cache cache;

static int empty_cache(void **state)
{
    (void)state;
    record_cache_dispose(&cache);
    return 0;
}

static struct der der_of(const struct forged *forged)
{
    struct der der = {.bytes = forged->der, .len = forged->der_len};
    assert_true(hex_decode(der.sha256, SHA256_SIZE, forged->sha256, 2 * SHA256_SIZE));
    return der;
}

static const struct cert_record *get(const struct der *der)
{
    const struct cert_record *record;
    assert_int_equal(record_cache_get(&cache, der, &record), CS_OK);
    return record;
}

static void a_certificate_is_decoded_once(void **state)
{
    (void)state;
    struct forged one = forge(&(struct forge_options){.common_name = "one.example"});
    struct der der = der_of(&one);
    const struct cert_record *first = get(&der);
    assert_string_equal(first->common_name, "one.example");
    struct der no_bytes = der; /* found by its hash: the bytes are not looked at */
    no_bytes.bytes = NULL;
    no_bytes.len = 0;
    assert_ptr_equal(get(&no_bytes), first);
    forge_free(&one);
}

/* Same place, another hash: the place is chosen by the first bytes. */
static void the_newer_of_two_in_one_place_wins(void **state)
{
    (void)state;
    struct forged one = forge(&(struct forge_options){.common_name = "one.example"});
    struct forged other = forge(&(struct forge_options){.common_name = "other.example"});
    struct der kept = der_of(&one);
    struct der rival = der_of(&other);
    get(&kept);
    memcpy(rival.sha256, kept.sha256, sizeof(uint64_t));
    assert_string_equal(get(&rival)->common_name, "other.example");
    assert_string_equal(get(&kept)->common_name, "one.example");
    forge_free(&one);
    forge_free(&other);
}

static void one_with_very_many_names_passes_without_being_kept(void **state)
{
    (void)state;
    struct buf names = {0};
    for (int i = 0; i < 300; i++)
        buf_printf(&names, "%sDNS:n%d.example", i > 0 ? "," : "", i);
    struct forged wide =
        forge(&(struct forge_options){.common_name = "wide.example", .alt_names = buf_str(&names)});
    struct der der = der_of(&wide);
    const struct cert_record *record = get(&der);
    assert_int_equal(record->dns_names.count, 300);
    assert_ptr_equal(record, &cache.passing);
    assert_ptr_equal(get(&der), &cache.passing);
    assert_int_equal(cache.passing.dns_names.count, 300);
    forge_free(&wide);
    buf_dispose(&names);
}

static void what_cannot_be_decoded_is_kept_as_such(void **state)
{
    (void)state;
    struct forged whole = forge(&(struct forge_options){.common_name = "cut.example"});
    struct der cut = der_of(&whole);
    cut.len--;
    assert_true(get(&cut)->malformed);
    forge_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_certificate_is_decoded_once, empty_cache),
        cmocka_unit_test_teardown(the_newer_of_two_in_one_place_wins, empty_cache),
        cmocka_unit_test_teardown(one_with_very_many_names_passes_without_being_kept, empty_cache),
        cmocka_unit_test_teardown(what_cannot_be_decoded_is_kept_as_such, empty_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
