// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "scanner/tls_crypto.h"
#include "scanner/tls_wire.h"
#include "tests/support/hex_bytes.h"

static struct tls_crypto *crypto;
static struct tls_crypto *other; /* as another loop has it */

static void is_hex(const uint8_t *got, size_t len, const char *hex)
{
    struct buf expected = hex_bytes(hex);
    assert_int_equal(len, expected.len);
    assert_memory_equal(got, expected.data, len);
    buf_dispose(&expected);
}

static struct cursor over(const struct buf *bytes)
{
    return (struct cursor){bytes->data, bytes->len};
}

/* ---- hashes ---- */

static void hashes_are_those_of_fips_180(void **state)
{
    const struct cursor abc = {(const uint8_t *)"abc", 3};
    uint8_t out[TLS_HASH_MAX];
    (void)state;
    assert_true(tls_crypto_hash(crypto, TLS_HASH_SHA256, &abc, 1, out));
    is_hex(out, tls_hash_size(TLS_HASH_SHA256),
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(tls_crypto_hash(crypto, TLS_HASH_SHA384, &abc, 1, out));
    is_hex(out, tls_hash_size(TLS_HASH_SHA384),
           "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
           "8086072ba1e7cc2358baeca134c825a7");
    assert_true(tls_crypto_hash(crypto, TLS_HASH_SHA256, NULL, 0, out));
    is_hex(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void pieces_are_hashed_as_one(void **state)
{
    const struct cursor pieces[] = {{(const uint8_t *)"a", 1}, {NULL, 0}, {(const uint8_t *)"bc", 2}};
    uint8_t out[TLS_HASH_MAX];
    (void)state;
    assert_true(tls_crypto_hash(crypto, TLS_HASH_SHA256, pieces, 3, out));
    is_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void hmac_is_that_of_rfc4231(void **state)
{
    struct buf key = hex_bytes("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    const struct cursor data = {(const uint8_t *)"Hi There", 8};
    const struct cursor jefe = {(const uint8_t *)"Jefe", 4};
    const struct cursor question = {(const uint8_t *)"what do ya want for nothing?", 28};
    uint8_t out[TLS_HASH_MAX];
    (void)state;
    for (int i = 0; i < 2; i++) { /* the one before leaves nothing behind */
        assert_true(tls_crypto_hmac(crypto, TLS_HASH_SHA256, over(&key), data, out));
        is_hex(out, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_true(tls_crypto_hmac(crypto, TLS_HASH_SHA384, over(&key), data, out));
        is_hex(out, 48,
               "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
               "faea9ea9076ede7f4af152e8b2fa9cb6");
        assert_true(tls_crypto_hmac(crypto, TLS_HASH_SHA256, jefe, question, out));
        is_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
    buf_dispose(&key);
}

/* ---- sealed bytes ---- */

static const struct {
    enum tls_aead aead;
    const char *key;
    const char *nonce;
    const char *additional;
    const char *sealed;
    const char *text;
} sealed[] = {
    /* test case 4 of "The Galois/Counter Mode of Operation" */
    {TLS_AEAD_AES_128_GCM, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
     "1ba30b396a0aac973d58e091"
     "5bc94fbc3221a5db94fae95ae7121a47",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
     "b16aedf5aa0de657ba637b39"},
    /* its test case 16 */
    {TLS_AEAD_AES_256_GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
     "c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
     "b16aedf5aa0de657ba637b39"},
    /* RFC 8439, 2.8.2 */
    {TLS_AEAD_CHACHA20_POLY1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
     "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
     "3ff4def08e4b7a9de576d26586cec64b6116"
     "1ae10b594f09e26a7e902ecbd0600691",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492063"
     "6f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
     "637265656e20776f756c642062652069742e"},
};
#define SEALED_COUNT (sizeof sealed / sizeof sealed[0])

/* Opens number `i` with one byte of `which` part changed (5 = none). */
static bool opens(size_t i, unsigned which, uint8_t *out)
{
    struct buf parts[] = {hex_bytes(sealed[i].key), hex_bytes(sealed[i].nonce),
                          hex_bytes(sealed[i].additional), hex_bytes(sealed[i].sealed)};
    if (which < 4)
        parts[which].data[0] ^= 1;
    if (which == 4)
        parts[3].data[parts[3].len - 1] ^= 1; /* the tag */
    bool opened = tls_crypto_open(crypto, sealed[i].aead, parts[0].data, parts[1].data, over(&parts[2]),
                                  over(&parts[3]), out);
    for (size_t k = 0; k < 4; k++)
        buf_dispose(&parts[k]);
    return opened;
}

static void what_others_sealed_is_opened(void **state)
{
    uint8_t out[256];
    (void)state;
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < SEALED_COUNT; i++) {
            assert_true(opens(i, 5, out));
            is_hex(out, strlen(sealed[i].text) / 2, sealed[i].text);
        }
    }
}

static void what_was_changed_since_is_not(void **state)
{
    uint8_t out[256];
    (void)state;
    for (size_t i = 0; i < SEALED_COUNT; i++) {
        for (unsigned which = 0; which < 5; which++)
            assert_false(opens(i, which, out));
    }
    assert_int_equal(ERR_peek_error(), 0); /* no queue of errors grows */
}

static void less_than_a_tag_does_not_open(void **state)
{
    static const uint8_t zeros[64];
    uint8_t out[64];
    (void)state;
    for (size_t len = 0; len < TLS_TAG; len++)
        assert_false(tls_crypto_open(crypto, TLS_AEAD_AES_128_GCM, zeros, zeros, (struct cursor){zeros, 5},
                                     (struct cursor){zeros, len}, out));
}

/* ---- key agreement ---- */

static const struct {
    uint16_t number;
    size_t share;
    size_t secret;
} groups[] = {{TLS_GROUP_X25519, 32, 32},
              {TLS_GROUP_SECP256R1, 65, 32},
              {TLS_GROUP_SECP384R1, 97, 48},
              {TLS_GROUP_SECP521R1, 133, 66}};
#define GROUP_COUNT (sizeof groups / sizeof groups[0])

static void both_sides_agree_on_one_secret(void **state)
{
    (void)state;
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        uint8_t ours[TLS_SECRET_MAX];
        uint8_t theirs[TLS_SECRET_MAX];
        size_t our_len;
        size_t their_len;
        struct cursor our_share = tls_crypto_share(crypto, groups[i].number);
        struct cursor their_share = tls_crypto_share(other, groups[i].number);
        assert_int_equal(our_share.left, groups[i].share);
        assert_int_equal(their_share.left, groups[i].share);
        assert_memory_not_equal(our_share.at, their_share.at, our_share.left);
        for (int again = 0; again < 3; again++) {
            assert_true(tls_crypto_agree(crypto, groups[i].number, their_share, ours, &our_len));
            assert_true(tls_crypto_agree(other, groups[i].number, our_share, theirs, &their_len));
            assert_int_equal(our_len, groups[i].secret);
            assert_int_equal(their_len, groups[i].secret);
            assert_memory_equal(ours, theirs, our_len);
        }
    }
}

static void a_loop_keeps_its_pair(void **state)
{
    (void)state;
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        struct cursor first = tls_crypto_share(crypto, groups[i].number);
        struct cursor again = tls_crypto_share(crypto, groups[i].number);
        assert_ptr_equal(first.at, again.at);
        if (groups[i].number != TLS_GROUP_X25519)
            assert_int_equal(first.at[0], 4); /* uncompressed: RFC 8446, 4.2.8.2 */
    }
}

static void a_share_that_is_no_key_is_refused(void **state)
{
    static const uint8_t zeros[TLS_SHARE_MAX];
    uint8_t out[TLS_SECRET_MAX];
    size_t len;
    (void)state;
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        uint8_t off_curve[TLS_SHARE_MAX];
        struct cursor share = tls_crypto_share(other, groups[i].number);
        tls_crypto_share(crypto, groups[i].number);
        assert_false(
            tls_crypto_agree(crypto, groups[i].number, (struct cursor){zeros, share.left}, out, &len));
        assert_false(
            tls_crypto_agree(crypto, groups[i].number, (struct cursor){share.at, share.left - 1}, out, &len));
        assert_false(tls_crypto_agree(crypto, groups[i].number, (struct cursor){NULL, 0}, out, &len));
        if (groups[i].number == TLS_GROUP_X25519)
            continue; /* there every other number is a key */
        memcpy(off_curve, share.at, share.left);
        off_curve[share.left - 1] ^= 1;
        assert_false(
            tls_crypto_agree(crypto, groups[i].number, (struct cursor){off_curve, share.left}, out, &len));
        assert_true(tls_crypto_agree(crypto, groups[i].number, share, out, &len)); /* and goes on */
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void groups_that_are_not_done_here_have_no_share(void **state)
{
    static const uint16_t not_here[] = {0, 22, 26, 30, 256, 0x11EC};
    uint8_t out[TLS_SECRET_MAX];
    size_t len;
    (void)state;
    for (size_t i = 0; i < sizeof not_here / sizeof not_here[0]; i++) {
        assert_false(tls_crypto_has_group(not_here[i]));
        assert_null(tls_crypto_share(crypto, not_here[i]).at);
        assert_false(tls_crypto_agree(crypto, not_here[i], tls_crypto_share(other, 29), out, &len));
    }
    for (size_t i = 0; i < GROUP_COUNT; i++)
        assert_true(tls_crypto_has_group(groups[i].number));
}

static void without_a_share_of_ours_there_is_no_secret(void **state)
{
    struct diag diag;
    struct tls_crypto *fresh;
    uint8_t out[TLS_SECRET_MAX];
    size_t len;
    (void)state;
    assert_int_equal(tls_crypto_new(&fresh, &diag), CS_OK);
    struct cursor theirs = tls_crypto_share(other, TLS_GROUP_SECP256R1);
    assert_false(tls_crypto_agree(fresh, TLS_GROUP_SECP256R1, theirs, out, &len));
    assert_non_null(tls_crypto_share(fresh, TLS_GROUP_SECP256R1).at);
    assert_true(tls_crypto_agree(fresh, TLS_GROUP_SECP256R1, theirs, out, &len));
    tls_crypto_free(fresh);
    tls_crypto_free(NULL);
}

/* ---- chance ---- */

static void no_two_draws_are_the_same(void **state)
{
    static uint8_t drawn[1000][32];
    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        assert_true(tls_crypto_random(crypto, drawn[i], sizeof drawn[i]));
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(drawn[i], drawn[k], sizeof drawn[i]);
    }
}

static int open_both(void **state)
{
    struct diag diag;
    (void)state;
    return tls_crypto_new(&crypto, &diag) == CS_OK && tls_crypto_new(&other, &diag) == CS_OK ? 0 : -1;
}

static int close_both(void **state)
{
    (void)state;
    tls_crypto_free(crypto);
    tls_crypto_free(other);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_fips_180),
        cmocka_unit_test(pieces_are_hashed_as_one),
        cmocka_unit_test(hmac_is_that_of_rfc4231),
        cmocka_unit_test(what_others_sealed_is_opened),
        cmocka_unit_test(what_was_changed_since_is_not),
        cmocka_unit_test(less_than_a_tag_does_not_open),
        cmocka_unit_test(both_sides_agree_on_one_secret),
        cmocka_unit_test(a_loop_keeps_its_pair),
        cmocka_unit_test(a_share_that_is_no_key_is_refused),
        cmocka_unit_test(groups_that_are_not_done_here_have_no_share),
        cmocka_unit_test(without_a_share_of_ours_there_is_no_secret),
        cmocka_unit_test(no_two_draws_are_the_same),
    };
    return cmocka_run_group_tests(tests, open_both, close_both);
}
