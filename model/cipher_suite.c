// SPDX-License-Identifier: Apache-2.0
/* A certificate is taken before any of a suite's ciphers is used, so the table has whatever servers may still
 * choose, the broken ones last. */
#include "model/cipher_suite.h"

const struct cipher_suite cipher_suites[] = {
    {0x1301, SUITE_KEYS_ANY, false, true, false, "TLS_AES_128_GCM_SHA256"},
    {0x1302, SUITE_KEYS_ANY, false, true, false, "TLS_AES_256_GCM_SHA384"},
    {0x1303, SUITE_KEYS_ANY, false, true, false, "TLS_CHACHA20_POLY1305_SHA256"},
    {0x1304, SUITE_KEYS_ANY, false, true, false, "TLS_AES_128_CCM_SHA256"},
    {0x1305, SUITE_KEYS_ANY, false, true, false, "TLS_AES_128_CCM_8_SHA256"},
    {0xC02B, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {0xC02F, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0xC02C, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {0xC030, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0xCCA9, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xCCA8, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0x009E, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0x009F, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0xCCAA, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xC023, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
    {0xC027, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
    {0xC009, SUITE_KEYS_OTHER, true, true, true, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    {0xC013, SUITE_KEYS_RSA, true, true, true, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    {0xC024, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"},
    {0xC028, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
    {0xC00A, SUITE_KEYS_OTHER, true, true, true, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    {0xC014, SUITE_KEYS_RSA, true, true, true, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
    {0x0067, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"},
    {0x006B, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"},
    {0x0033, SUITE_KEYS_RSA, false, true, true, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
    {0x0039, SUITE_KEYS_RSA, false, true, true, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
    {0x009C, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
    {0x009D, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_AES_256_GCM_SHA384"},
    {0x003C, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_AES_128_CBC_SHA256"},
    {0x003D, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_AES_256_CBC_SHA256"},
    {0x002F, SUITE_KEYS_RSA, false, true, true, "TLS_RSA_WITH_AES_128_CBC_SHA"},
    {0x0035, SUITE_KEYS_RSA, false, true, true, "TLS_RSA_WITH_AES_256_CBC_SHA"},
    {0xC0AC, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
    {0xC0AE, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"},
    {0xC0AD, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"},
    {0xC0AF, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"},
    {0xC09C, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_AES_128_CCM"},
    {0xC09D, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_AES_256_CCM"},
    {0xC0A0, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_AES_128_CCM_8"},
    {0xC0A1, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_AES_256_CCM_8"},
    {0xC09E, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_AES_128_CCM"},
    {0xC09F, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_AES_256_CCM"},
    {0xC0A2, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_AES_128_CCM_8"},
    {0xC0A3, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_AES_256_CCM_8"},
    {0xC05C, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256"},
    {0xC060, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256"},
    {0xC05D, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384"},
    {0xC061, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384"},
    {0xC050, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_ARIA_128_GCM_SHA256"},
    {0xC051, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_ARIA_256_GCM_SHA384"},
    {0xC052, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256"},
    {0xC053, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384"},
    {0xC072, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256"},
    {0xC076, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
    {0xC073, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384"},
    {0xC077, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384"},
    {0xC086, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_GCM_SHA256"},
    {0xC08A, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256"},
    {0xC087, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_GCM_SHA384"},
    {0xC08B, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_CAMELLIA_256_GCM_SHA384"},
    {0xC07C, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_CAMELLIA_128_GCM_SHA256"},
    {0xC07D, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_CAMELLIA_256_GCM_SHA384"},
    {0xC07A, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_CAMELLIA_128_GCM_SHA256"},
    {0xC07B, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_CAMELLIA_256_GCM_SHA384"},
    {0x00BE, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
    {0x00C4, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256"},
    {0x0045, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA"},
    {0x0088, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA"},
    {0x00BA, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
    {0x00C0, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA256"},
    {0x0041, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"},
    {0x0084, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA"},
    {0x00A2, SUITE_KEYS_OTHER, false, true, false, "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256"},
    {0x00A3, SUITE_KEYS_OTHER, false, true, false, "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384"},
    {0x0040, SUITE_KEYS_OTHER, false, true, false, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256"},
    {0x006A, SUITE_KEYS_OTHER, false, true, false, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256"},
    {0x0032, SUITE_KEYS_OTHER, false, true, true, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA"},
    {0x0038, SUITE_KEYS_OTHER, false, true, true, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA"},
    {0xC02D, SUITE_KEYS_OTHER, false, true, false, "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256"},
    {0xC02E, SUITE_KEYS_OTHER, false, true, false, "TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384"},
    {0xC004, SUITE_KEYS_OTHER, false, true, true, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA"},
    {0xC005, SUITE_KEYS_OTHER, false, true, true, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA"},
    {0xC031, SUITE_KEYS_OTHER, false, true, false, "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256"},
    {0xC00E, SUITE_KEYS_OTHER, false, true, true, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA"},
    {0xC00F, SUITE_KEYS_OTHER, false, true, true, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA"},
    {0x0096, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_SEED_CBC_SHA"},
    {0x009A, SUITE_KEYS_RSA, false, true, false, "TLS_DHE_RSA_WITH_SEED_CBC_SHA"},
    {0x0007, SUITE_KEYS_RSA, false, true, true, "TLS_RSA_WITH_IDEA_CBC_SHA"},
    {0xC008, SUITE_KEYS_OTHER, true, true, true, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"},
    {0xC012, SUITE_KEYS_RSA, true, true, true, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"},
    {0x0016, SUITE_KEYS_RSA, false, true, true, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"},
    {0x0013, SUITE_KEYS_OTHER, false, true, true, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA"},
    {0x000A, SUITE_KEYS_RSA, false, true, true, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
    {0xC007, SUITE_KEYS_OTHER, true, true, true, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"},
    {0xC011, SUITE_KEYS_RSA, true, true, true, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"},
    {0x0005, SUITE_KEYS_RSA, false, true, true, "TLS_RSA_WITH_RC4_128_SHA"},
    {0x0004, SUITE_KEYS_RSA, false, true, true, "TLS_RSA_WITH_RC4_128_MD5"},
    {0x0015, SUITE_KEYS_RSA, false, false, true, "TLS_DHE_RSA_WITH_DES_CBC_SHA"},
    {0x0012, SUITE_KEYS_OTHER, false, false, true, "TLS_DHE_DSS_WITH_DES_CBC_SHA"},
    {0x0009, SUITE_KEYS_RSA, false, false, true, "TLS_RSA_WITH_DES_CBC_SHA"},
    {0x0014, SUITE_KEYS_RSA, false, false, true, "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"},
    {0x0011, SUITE_KEYS_OTHER, false, false, true, "TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA"},
    {0x0008, SUITE_KEYS_RSA, false, false, true, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"},
    {0x0006, SUITE_KEYS_RSA, false, false, true, "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5"},
    {0x0003, SUITE_KEYS_RSA, false, false, true, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"},
    {0x003B, SUITE_KEYS_RSA, false, true, false, "TLS_RSA_WITH_NULL_SHA256"},
    {0xC006, SUITE_KEYS_OTHER, true, true, false, "TLS_ECDHE_ECDSA_WITH_NULL_SHA"},
    {0xC010, SUITE_KEYS_RSA, true, true, false, "TLS_ECDHE_RSA_WITH_NULL_SHA"},
    {0x0002, SUITE_KEYS_RSA, false, true, true, "TLS_RSA_WITH_NULL_SHA"},
    {0x0001, SUITE_KEYS_RSA, false, false, true, "TLS_RSA_WITH_NULL_MD5"},
};
const size_t cipher_suite_count = sizeof cipher_suites / sizeof cipher_suites[0];

const struct cipher_suite *cipher_suite_find(uint16_t number)
{
    for (size_t i = 0; i < cipher_suite_count; i++) {
        if (cipher_suites[i].number == number)
            return &cipher_suites[i];
    }
    return NULL;
}

static const struct {
    uint16_t number;
    const char *name;
} groups[] = {
    {19, "secp192r1"},
    {21, "secp224r1"},
    {22, "secp256k1"},
    {23, "secp256r1"},
    {24, "secp384r1"},
    {25, "secp521r1"},
    {26, "brainpoolP256r1"},
    {27, "brainpoolP384r1"},
    {28, "brainpoolP512r1"},
    {29, "x25519"},
    {30, "x448"},
    {256, "ffdhe2048"},
    {257, "ffdhe3072"},
    {258, "ffdhe4096"},
    {259, "ffdhe6144"},
    {260, "ffdhe8192"},
    {0x11EC, "X25519MLKEM768"},
};

const char *tls_group_name(uint16_t group)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (groups[i].number == group)
            return groups[i].name;
    }
    return NULL;
}
