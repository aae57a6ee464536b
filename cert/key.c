// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/text.h"
#include "cert/openssl.h"
#include "cert/roca.h"

#define RSA_MAX_BYTES 2048 /* of a modulus; OpenSSL reads none that is longer */

static const struct {
    int nid;
    const char *name;
} key_types[] = {
    {EVP_PKEY_RSA, "rsa"},         {EVP_PKEY_RSA_PSS, "rsa"}, {EVP_PKEY_EC, "ecdsa"},
    {EVP_PKEY_ED25519, "ed25519"}, {EVP_PKEY_ED448, "ed448"}, {EVP_PKEY_DSA, "dsa"},
};

/* From the algorithm in the SubjectPublicKeyInfo: known even where the key itself makes no sense. */
static const char *key_type(X509 *x509)
{
    ASN1_OBJECT *algorithm = NULL;
    if (X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(x509)) != 1)
        return "other";
    int nid = OBJ_obj2nid(algorithm);
    for (size_t i = 0; i < sizeof key_types / sizeof key_types[0]; i++) {
        if (key_types[i].nid == nid)
            return key_types[i].name;
    }
    return "other";
}

static void hash_key(struct cert_record *record, X509 *x509)
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
    if (len > 0)
        EVP_Q_digest(cert_library(), "SHA256", NULL, der, (size_t)len, record->spki_sha256, NULL);
    OPENSSL_free(der);
}

static enum cs_err take_signature_algorithm(struct cert_record *record, X509 *x509)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    X509_get0_signature(NULL, &algorithm, x509);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    int nid = OBJ_obj2nid(object);
    if (nid != NID_undef) {
        record->signature_algorithm = text_copy(OBJ_nid2ln(nid));
    } else {
        char oid[128];
        struct buf text = {0};
        cert_oid(oid, sizeof oid, object);
        buf_printf(&text, "unknown:%s", oid);
        record->signature_algorithm = buf_take_str(&text);
    }
    return record->signature_algorithm != NULL ? CS_OK : CS_E_NOMEM;
}

/* Where the key cannot check the signature for want of the algorithm, the key identifiers have to do. */
static bool names_own_key(X509 *x509)
{
    const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(x509);
    const ASN1_OCTET_STRING *issuer = X509_get0_authority_key_id(x509);
    return issuer == NULL || (own != NULL && ASN1_OCTET_STRING_cmp(own, issuer) == 0);
}

/* The signature is of the kind that this key makes; true too where OpenSSL does not know the kind. */
static bool fits_key(X509 *x509, const EVP_PKEY *key)
{
    int signer;
    if (OBJ_find_sigid_algs(X509_get_signature_nid(x509), NULL, &signer) != 1)
        return true;
    int own = EVP_PKEY_get_base_id(key);
    bool both_rsa = (own == EVP_PKEY_RSA || own == EVP_PKEY_RSA_PSS) &&
                    (signer == EVP_PKEY_RSA || signer == EVP_PKEY_RSA_PSS);
    return signer == own || both_rsa;
}

static bool is_self_signed(X509 *x509, EVP_PKEY *key)
{
    if (X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) != 0)
        return false;
    if (key == NULL)
        return names_own_key(x509);
    if (!fits_key(x509, key))
        return false;
    int verified = X509_verify(x509, key);
    return verified == 1 || (verified < 0 && names_own_key(x509));
}

/* ---- flaws ---- */

static uint32_t modulus_flaws(const BIGNUM *modulus)
{
    uint8_t bytes[RSA_MAX_BYTES];
    if (BN_num_bytes(modulus) > RSA_MAX_BYTES)
        return 0;
    int len = BN_bn2bin(modulus, bytes);
    return roca_is_fingerprint(bytes, (size_t)len) ? CERT_FLAW_ROCA : 0;
}

static uint32_t exponent_flaws(const BIGNUM *exponent)
{
    uint32_t flaws = BN_is_odd(exponent) ? 0 : CERT_FLAW_EVEN_EXPONENT;
    if (BN_num_bits(exponent) < 17) /* 65537 is the first odd number of 17 bits */
        flaws |= CERT_FLAW_SMALL_EXPONENT;
    return flaws;
}

static uint32_t rsa_flaws(const EVP_PKEY *key)
{
    BIGNUM *modulus = NULL;
    BIGNUM *exponent = NULL;
    uint32_t flaws = 0;
    int base = EVP_PKEY_get_base_id(key);
    if (base != EVP_PKEY_RSA && base != EVP_PKEY_RSA_PSS)
        return 0;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1)
        flaws |= modulus_flaws(modulus);
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1)
        flaws |= exponent_flaws(exponent);
    BN_free(modulus);
    BN_free(exponent);
    return flaws;
}

/* NID_undef where the algorithm has no digest of its own (Ed25519) or is not known. */
static int signature_digest(X509 *x509)
{
    int digest = NID_undef;
    int nid = X509_get_signature_nid(x509);
    if (nid == NID_rsassaPss) /* says it in its parameters */
        X509_get_signature_info(x509, &digest, NULL, NULL, NULL);
    else
        OBJ_find_sigid_algs(nid, &digest, NULL);
    return digest;
}

bool cert_has_weak_digest(X509 *x509)
{
    static const int weak[] = {NID_md2, NID_md4, NID_md5, NID_mdc2, NID_sha, NID_sha1, NID_md5_sha1};
    int digest = signature_digest(x509);
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        if (digest == weak[i])
            return true;
    }
    return false;
}

enum cs_err cert_take_key(struct cert_record *record, X509 *x509)
{
    record->key_type = text_copy(key_type(x509));
    if (record->key_type == NULL)
        return CS_E_NOMEM;
    hash_key(record, x509);
    EVP_PKEY *key = X509_get0_pubkey(x509); /* NULL: a key that OpenSSL cannot read */
    int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;
    record->key_bits = bits > 0 ? (uint32_t)bits : 0;
    record->self_signed = is_self_signed(x509, key);
    record->flaws =
        (cert_has_weak_digest(x509) ? CERT_FLAW_WEAK_DIGEST : 0) | (key != NULL ? rsa_flaws(key) : 0);
    return take_signature_algorithm(record, x509);
}
