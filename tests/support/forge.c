// SPDX-License-Identifier: Apache-2.0
#include "tests/support/forge.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define MAX_KEYS      32
#define MAX_KIND_TEXT 1100

static void check(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "forge: %s failed\n", what);
        abort();
    }
}

/* DSA keys need parameters first. */
static EVP_PKEY *make_by_bits(const char *type, const char *bits)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY *parameters = NULL;
    bool is_dsa = strcmp(type, "DSA") == 0;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (is_dsa) {
        check(EVP_PKEY_paramgen_init(ctx) == 1 && EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, atoi(bits)) == 1 &&
                  EVP_PKEY_paramgen(ctx, &parameters) == 1,
              "DSA parameters");
        EVP_PKEY_CTX_free(ctx);
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, parameters, NULL);
    }
    check(EVP_PKEY_keygen_init(ctx) == 1 &&
              (is_dsa || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, atoi(bits)) == 1) &&
              EVP_PKEY_generate(ctx, &key) == 1,
          type);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(parameters);
    return key;
}

/* Without a private half: it signs nothing. */
static EVP_PKEY *make_public_rsa(const BIGNUM *modulus, const BIGNUM *exponent)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    check(EVP_PKEY_fromdata_init(ctx) == 1 &&
              EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1,
          "RSA numbers");
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static EVP_PKEY *make_rsa_with(const char *modulus_hex, const char *exponent_decimal)
{
    BIGNUM *modulus = NULL;
    BIGNUM *exponent = NULL;
    EVP_PKEY *whole = forge_key("rsa:2048", 0);
    check(BN_dec2bn(&exponent, exponent_decimal) > 0, exponent_decimal);
    if (modulus_hex != NULL)
        check(BN_hex2bn(&modulus, modulus_hex) > 0, modulus_hex);
    else
        check(EVP_PKEY_get_bn_param(whole, OSSL_PKEY_PARAM_RSA_N, &modulus), "modulus");
    EVP_PKEY *key = make_public_rsa(modulus, exponent);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

static EVP_PKEY *make_key(const char *kind)
{
    if (strncmp(kind, "rsa-exponent:", 13) == 0)
        return make_rsa_with(NULL, kind + 13);
    if (strncmp(kind, "rsa-modulus:", 12) == 0)
        return make_rsa_with(kind + 12, "65537");
    if (strncmp(kind, "rsa:", 4) == 0)
        return EVP_RSA_gen((unsigned)atoi(kind + 4));
    if (strncmp(kind, "ec:", 3) == 0)
        return EVP_EC_gen(kind + 3);
    if (strncmp(kind, "rsa-pss:", 8) == 0 || strncmp(kind, "dsa:", 4) == 0)
        return make_by_bits(kind[0] == 'd' ? "DSA" : "RSA-PSS", strchr(kind, ':') + 1);
    return EVP_PKEY_Q_keygen(NULL, NULL, kind);
}

EVP_PKEY *forge_key(const char *kind, unsigned number)
{
    static struct {
        char name[MAX_KIND_TEXT];
        EVP_PKEY *key;
    } kept[MAX_KEYS];
    char name[MAX_KIND_TEXT];
    snprintf(name, sizeof name, "%s/%u", kind, number);
    for (size_t i = 0; i < MAX_KEYS; i++) {
        if (kept[i].key == NULL) {
            EVP_PKEY *key = make_key(kind); /* may keep another one first */
            check(key != NULL, kind);
            while (i < MAX_KEYS && kept[i].key != NULL)
                i++;
            check(i < MAX_KEYS, "room for one more key");
            kept[i].key = key;
            memcpy(kept[i].name, name, sizeof name);
        }
        if (strcmp(kept[i].name, name) == 0)
            return kept[i].key;
    }
    check(0, "room for one more key");
    return NULL;
}

static void set_subject(X509 *x509, const struct forge_options *options)
{
    X509_NAME *name = X509_NAME_new();
    const struct forge_name alone[] = {{.type = "CN", .value = options->common_name}, {.type = NULL}};
    const struct forge_name *entry = options->subject != NULL ? options->subject : alone;
    for (; entry->type != NULL && entry->value != NULL; entry++) {
        int len = entry->value_len != 0 ? entry->value_len : (int)strlen(entry->value);
        int type = entry->string_type != 0 ? entry->string_type : V_ASN1_UTF8STRING;
        ASN1_STRING *value = ASN1_STRING_type_new(type); /* any bytes, as they are */
        ASN1_STRING_set(value, entry->value, len);
        X509_NAME_ENTRY *made =
            X509_NAME_ENTRY_create_by_NID(NULL, OBJ_txt2nid(entry->type), type, (const unsigned char *)"", 0);
        check(made != NULL, entry->type);
        ASN1_STRING_set(X509_NAME_ENTRY_get_data(made), ASN1_STRING_get0_data(value), len);
        check(X509_NAME_add_entry(name, made, -1, 0), "subject");
        X509_NAME_ENTRY_free(made);
        ASN1_STRING_free(value);
    }
    check(X509_set_subject_name(x509, name), "a subject that OpenSSL can encode");
    X509_NAME_free(name);
}

static void set_serial(X509 *x509, const struct forge_options *options)
{
    unsigned char bytes[64];
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    size_t len = options->serial != NULL ? options->serial_len : 16;
    check(len <= sizeof bytes, "serial");
    if (options->serial != NULL)
        memcpy(bytes, options->serial, len);
    else
        RAND_bytes(bytes, (int)len);
    if (options->serial == NULL)
        bytes[0] = (unsigned char)((bytes[0] & 0x7F) | 0x40);
    ASN1_STRING_set(serial, bytes, (int)len);
    if (options->serial_negative)
        serial->type = V_ASN1_NEG_INTEGER;
    X509_set_serialNumber(x509, serial);
    ASN1_INTEGER_free(serial);
}

static void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    if (value == NULL)
        return;
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    check(extension != NULL, value);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
}

static void add_template(X509 *x509, const char *name)
{
    unsigned char der[256] = {0x1E, (unsigned char)(2 * strlen(name))}; /* a short BMPString */
    check(strlen(name) < 60, "template");
    for (size_t i = 0; i < strlen(name); i++)
        der[3 + 2 * i] = (unsigned char)name[i];
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.311.20.2", 1);
    ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(data, der, 2 + 2 * (int)strlen(name));
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, data);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(data);
    ASN1_OBJECT_free(oid);
}

static void add_extensions(X509 *x509, X509 *issuer, const struct forge_options *options)
{
    add_extension(x509, issuer, NID_basic_constraints, options->is_ca ? "critical,CA:TRUE" : NULL);
    add_extension(x509, issuer, NID_subject_key_identifier, "hash");
    add_extension(x509, issuer, NID_key_usage, options->key_usage);
    add_extension(x509, issuer, NID_ext_key_usage, options->extended_key_usage);
    add_extension(x509, issuer, NID_subject_alt_name, options->alt_names);
    if (options->template_name != NULL)
        add_template(x509, options->template_name);
}

static void set_validity(X509 *x509, const struct forge_options *options)
{
    int64_t now_s = options->now_s != 0 ? options->now_s : (int64_t)time(NULL);
    bool usual = options->not_before_s == 0 && options->not_after_s == 0;
    ASN1_TIME_set(X509_getm_notBefore(x509), usual ? now_s - 86400 : options->not_before_s);
    ASN1_TIME_set(X509_getm_notAfter(x509), usual ? now_s + 90 * 86400 : options->not_after_s);
}

static const EVP_MD *digest_for(const EVP_PKEY *signer, const struct forge_options *options)
{
    if (EVP_PKEY_is_a(signer, "ED25519") || EVP_PKEY_is_a(signer, "ED448"))
        return NULL; /* they bring their own */
    return EVP_get_digestbyname(options->digest != NULL ? options->digest : "SHA256");
}

struct forged forge(const struct forge_options *options)
{
    struct forged forged = {.x509 = X509_new()};
    EVP_PKEY *key = forge_key(options->key != NULL ? options->key : "ec:P-256", 0);
    EVP_PKEY *signer = options->issuer != NULL ? options->issuer->key : key;
    X509 *issuer = options->issuer != NULL ? options->issuer->x509 : forged.x509;
    unsigned char hash[32];
    EVP_PKEY_up_ref(key);
    forged.key = key;
    X509_set_version(forged.x509, X509_VERSION_3);
    set_serial(forged.x509, options);
    set_subject(forged.x509, options);
    X509_set_issuer_name(forged.x509, X509_get_subject_name(issuer));
    set_validity(forged.x509, options);
    X509_set_pubkey(forged.x509, key);
    add_extensions(forged.x509, issuer, options);
    check(X509_sign(forged.x509, signer, digest_for(signer, options)) > 0, "signing");
    int len = i2d_X509(forged.x509, &forged.der);
    check(len > 0, "encoding");
    forged.der_len = (size_t)len;
    EVP_Digest(forged.der, forged.der_len, hash, NULL, EVP_sha256(), NULL);
    for (size_t i = 0; i < sizeof hash; i++)
        snprintf(forged.sha256 + 2 * i, 3, "%02x", hash[i]);
    return forged;
}

void forge_free(struct forged *forged)
{
    X509_free(forged->x509);
    EVP_PKEY_free(forged->key);
    OPENSSL_free(forged->der);
    *forged = (struct forged){0};
}
