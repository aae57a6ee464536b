// SPDX-License-Identifier: Apache-2.0
/* The path is followed twice: through what was sent, for order and completeness, and by OpenSSL from the leaf
 * to a root, for trust. Validity in time is left out of both, for the verdict is kept: how long the path
 * lasts is part of it. */
#include "cert/trust.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "cert/openssl.h"

#define METHOD         1 /* raised when a verdict can become another one */
#define SECURITY_LEVEL 2 /* as Debian's clients: no RSA below 2048 bits, no SHA-1 */
#define ISSUERS_KEPT   256

struct root {
    uint8_t kind; /* enum root_kind */
    uint8_t sha256[SHA256_SIZE];
};

struct trust {
    X509_STORE *store;
    struct root *roots; /* owned */
    size_t count;
    size_t cap;
    struct kept_issuer { /* decoded once, for many leaves come with the same */
        uint8_t sha256[SHA256_SIZE];
        X509 *x509;
    } issuers[ISSUERS_KEPT];
};

struct sent {                    /* the chain at hand */
    X509 *certs[TRUST_MAX_SENT]; /* NULL = cannot be decoded */
    bool used[TRUST_MAX_SENT];
    size_t count;
    size_t top; /* the last one of the path */
};

/* ---- roots ---- */

enum cs_err trust_new(struct trust **out)
{
    struct trust *trust = calloc(1, sizeof *trust);
    *out = NULL;
    if (trust == NULL || cert_library() == NULL || (trust->store = X509_STORE_new()) == NULL) {
        free(trust);
        return CS_E_NOMEM;
    }
    *out = trust;
    return CS_OK;
}

void trust_free(struct trust *trust)
{
    if (trust == NULL)
        return;
    for (size_t i = 0; i < ISSUERS_KEPT; i++)
        X509_free(trust->issuers[i].x509);
    X509_STORE_free(trust->store);
    free(trust->roots);
    free(trust);
}

size_t trust_count(const struct trust *trust)
{
    return trust->count;
}

static struct root *find_root(const struct trust *trust, const uint8_t sha256[SHA256_SIZE])
{
    for (size_t i = 0; i < trust->count; i++) {
        if (memcmp(trust->roots[i].sha256, sha256, SHA256_SIZE) == 0)
            return &trust->roots[i];
    }
    return NULL;
}

static bool fingerprint(const X509 *x509, uint8_t out[SHA256_SIZE])
{
    unsigned len;
    return X509_digest(x509, EVP_sha256(), out, &len) == 1;
}

static enum cs_err add_root(struct trust *trust, X509 *x509, enum root_kind kind)
{
    uint8_t sha256[SHA256_SIZE];
    if (!fingerprint(x509, sha256))
        return CS_E_NOMEM;
    struct root *known = find_root(trust, sha256);
    if (known != NULL) {
        if (kind == ROOT_OWN)
            known->kind = ROOT_OWN;
        return CS_OK;
    }
    if (trust->count == TRUST_MAX_ROOTS)
        return CS_E_LIMIT;
    if (trust->count == trust->cap) {
        size_t cap = trust->cap == 0 ? 256 : trust->cap * 2;
        struct root *roots = realloc(trust->roots, cap * sizeof *roots);
        if (roots == NULL)
            return CS_E_NOMEM;
        trust->roots = roots;
        trust->cap = cap;
    }
    if (X509_STORE_add_cert(trust->store, x509) != 1)
        return CS_E_NOMEM;
    struct root *root = &trust->roots[trust->count++];
    *root = (struct root){.kind = (uint8_t)kind};
    memcpy(root->sha256, sha256, SHA256_SIZE);
    return CS_OK;
}

enum cs_err trust_add_pem(struct trust *trust, const char *text, size_t len, enum root_kind kind,
                          size_t *added)
{
    char *name = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long der_len;
    enum cs_err err = CS_OK;
    *added = 0;
    BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(text, (int)len) : NULL;
    if (bio == NULL)
        return len <= INT_MAX ? CS_E_NOMEM : CS_E_LIMIT;
    while (err == CS_OK && PEM_read_bio(bio, &name, &header, &der, &der_len) == 1) {
        X509 *x509 = strcmp(name, PEM_STRING_X509) == 0 ? cert_decode(der, (size_t)der_len) : NULL;
        if (x509 != NULL) {
            err = add_root(trust, x509, kind);
            *added += err == CS_OK;
        }
        X509_free(x509);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    BIO_free(bio);
    ERR_clear_error();
    return err;
}

static int compare_roots(const void *a, const void *b)
{
    return memcmp(((const struct root *)a)->sha256, ((const struct root *)b)->sha256, SHA256_SIZE);
}

enum cs_err trust_version(struct trust *trust, uint8_t out[SHA256_SIZE])
{
    static const uint8_t method = METHOD;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (trust->count > 0)
        qsort(trust->roots, trust->count, sizeof *trust->roots, compare_roots);
    bool hashed = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
                  EVP_DigestUpdate(ctx, &method, sizeof method) == 1 &&
                  EVP_DigestUpdate(ctx, trust->roots, trust->count * sizeof *trust->roots) == 1 &&
                  EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return hashed ? CS_OK : CS_E_NOMEM;
}

/* ---- the path as it was sent ---- */

/* An issuer, kept for the next chain. Counted: the caller frees. */
static X509 *decode_issuer(struct trust *trust, const struct der *der)
{
    size_t place = (der->sha256[0] | (size_t)der->sha256[1] << 8) % ISSUERS_KEPT;
    struct kept_issuer *kept = &trust->issuers[place];
    if (kept->x509 == NULL || memcmp(kept->sha256, der->sha256, SHA256_SIZE) != 0) {
        X509 *x509 = cert_decode(der->bytes, der->len);
        if (x509 == NULL)
            return NULL;
        X509_free(kept->x509);
        kept->x509 = x509;
        memcpy(kept->sha256, der->sha256, SHA256_SIZE);
    }
    X509_up_ref(kept->x509);
    return kept->x509;
}

static bool is_self_issued(X509 *x509)
{
    return X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0;
}

/* The next certificate of the path: preferably the one that follows. `count` = there is none. */
static size_t find_issuer(const struct sent *sent, size_t of)
{
    for (size_t step = 1; step < sent->count; step++) {
        size_t i = (of + step) % sent->count;
        if (!sent->used[i] && sent->certs[i] != NULL &&
            X509_check_issued(sent->certs[i], sent->certs[of]) == X509_V_OK)
            return i;
    }
    return sent->count;
}

/* Another certificate of a CA that is on the path, such as a cross-signed one: clients may want either. */
static bool is_alternative(const struct sent *sent, size_t index)
{
    X509 *x509 = sent->certs[index];
    for (size_t i = 1; i < sent->count && x509 != NULL; i++) {
        X509 *other = sent->certs[i];
        if (sent->used[i] && X509_cmp(other, x509) != 0 &&
            X509_NAME_cmp(X509_get_subject_name(other), X509_get_subject_name(x509)) == 0 &&
            X509_get0_pubkey(x509) != NULL && X509_get0_pubkey(other) != NULL &&
            EVP_PKEY_eq(X509_get0_pubkey(other), X509_get0_pubkey(x509)) == 1)
            return true;
    }
    return false;
}

static uint32_t follow(struct sent *sent)
{
    uint32_t flaws = 0;
    size_t at = 0;
    sent->used[0] = true;
    while (!is_self_issued(sent->certs[at])) {
        size_t next = find_issuer(sent, at);
        if (next == sent->count)
            break;
        if (next < at)
            flaws |= CHAIN_WRONG_ORDER;
        sent->used[next] = true;
        at = next;
        if (!is_self_issued(sent->certs[at]) && cert_has_weak_digest(sent->certs[at]))
            flaws |= CHAIN_WEAK_SIGNATURE;
    }
    sent->top = at;
    for (size_t i = 1; i < sent->count; i++) {
        if (!sent->used[i] && !is_alternative(sent, i))
            flaws |= CHAIN_EXTRA;
    }
    return flaws;
}

/* ---- the path to a root ---- */

/* Time is judged when the verdict is read. */
static int forgive_time(int ok, X509_STORE_CTX *ctx)
{
    int error = X509_STORE_CTX_get_error(ctx);
    if (ok == 1 || (error != X509_V_ERR_CERT_HAS_EXPIRED && error != X509_V_ERR_CERT_NOT_YET_VALID))
        return ok;
    X509_STORE_CTX_set_error(ctx, X509_V_OK);
    return 1;
}

static void take_path(struct trust *trust, X509_STORE_CTX *ctx, struct chain_verdict *out)
{
    STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
    int len = sk_X509_num(path);
    uint8_t sha256[SHA256_SIZE];
    for (int i = 1; i < len; i++) {
        int64_t ends_s;
        if (cert_time(X509_get0_notAfter(sk_X509_value(path, i)), &ends_s) && ends_s < out->path_ends_s)
            out->path_ends_s = ends_s;
    }
    if (len > 0 && fingerprint(sk_X509_value(path, len - 1), sha256)) {
        const struct root *root = find_root(trust, sha256);
        if (root != NULL && root->kind == ROOT_PUBLIC)
            out->flaws |= CHAIN_PUBLIC;
    }
}

static bool set_up(X509_STORE_CTX *ctx, struct trust *trust, X509 *leaf, STACK_OF(X509) * others,
                   int64_t now_s)
{
    if (X509_STORE_CTX_init(ctx, trust->store, leaf, others) != 1)
        return false;
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_STORE_CTX_set_verify_cb(ctx, forgive_time);
    X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
           X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER) == 1;
}

/* All but the leaf, in the order sent or in the other. NULL when out of memory. */
static STACK_OF(X509) * others_of(const struct sent *sent, bool backwards)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    for (size_t i = 1; i < sent->count && others != NULL; i++) {
        X509 *x509 = sent->certs[backwards ? sent->count - i : i];
        if (x509 != NULL && sk_X509_push(others, x509) == 0) {
            sk_X509_free(others);
            others = NULL;
        }
    }
    return others;
}

static bool ends_below_root(X509_STORE_CTX *ctx, X509 *top)
{
    X509 *issuer = NULL;
    if (is_self_issued(top))
        return false;
    bool known = X509_STORE_CTX_get1_issuer(&issuer, ctx, top) > 0;
    X509_free(issuer);
    return !known;
}

static enum cs_err try_path(struct trust *trust, const struct sent *sent, bool backwards, int64_t now_s,
                            bool *found, struct chain_verdict *out)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(cert_library(), NULL);
    STACK_OF(X509) *others = others_of(sent, backwards);
    bool ready = ctx != NULL && others != NULL && set_up(ctx, trust, sent->certs[0], others, now_s);
    *found = ready && X509_verify_cert(ctx) == 1;
    if (*found)
        take_path(trust, ctx, out);
    else if (ready && ends_below_root(ctx, sent->certs[sent->top]))
        out->flaws |= CHAIN_INCOMPLETE;
    X509_STORE_CTX_free(ctx);
    sk_X509_free(others);
    return ready ? CS_OK : CS_E_NOMEM;
}

/* Of two certificates of one CA OpenSSL takes the first alone; other clients try both. */
static enum cs_err verify(struct trust *trust, const struct sent *sent, int64_t now_s,
                          struct chain_verdict *out)
{
    bool found = false;
    uint32_t flaws = out->flaws;
    enum cs_err err = try_path(trust, sent, false, now_s, &found, out);
    if (err == CS_OK && !found && sent->count > 2) {
        out->flaws = flaws;
        err = try_path(trust, sent, true, now_s, &found, out);
    }
    if (!found)
        out->flaws |= CHAIN_UNTRUSTED;
    return err;
}

enum cs_err trust_judge(struct trust *trust, const struct der *certs, size_t count, int64_t now_s,
                        struct chain_verdict *out)
{
    struct sent sent = {.count = count < TRUST_MAX_SENT ? count : TRUST_MAX_SENT};
    enum cs_err err = CS_OK;
    *out = (struct chain_verdict){.path_ends_s = INT64_MAX};
    if (trust->count == 0 || count == 0)
        return CS_OK;
    sent.certs[0] = cert_decode(certs[0].bytes, certs[0].len);
    for (size_t i = 1; i < sent.count && sent.certs[0] != NULL; i++)
        sent.certs[i] = decode_issuer(trust, &certs[i]);
    if (sent.certs[0] != NULL) {
        out->known = true;
        out->flaws = follow(&sent) | (count > sent.count ? CHAIN_EXTRA : 0);
        err = verify(trust, &sent, now_s, out);
    }
    for (size_t i = 0; i < sent.count; i++)
        X509_free(sent.certs[i]);
    ERR_clear_error();
    return err;
}
