#include <espseal/escrow.h>

#include "crypto.h"
#include "escrow_der.h"
#include "pem.h"

#include <espseal/secret.h>

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { RSA_BITS_MIN = 2048, EC_BITS_MIN = 256 };

int seal_escrow_add(struct seal_escrow *escrow, const char *kind, const uint8_t *key, size_t len)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const size_t word = strlen(kind);
    if (word == 0 || word > SEAL_ESCROW_KIND || strspn(kind, letters) != word) {
        return SEAL_ERR_USAGE;
    }
    if (escrow->count >= SEAL_ESCROW_KEYS || len == 0 || len > SEAL_ESCROW_KEY) {
        return SEAL_ERR_TOO_LONG;
    }
    struct seal_escrow_key *place = &escrow->keys[escrow->count++];
    memcpy(place->kind, kind, word + 1);
    memcpy(place->bytes, key, len);
    place->len = len;
    return SEAL_OK;
}

const struct seal_escrow_key *seal_escrow_find(const struct seal_escrow *escrow, const char *kind)
{
    for (size_t i = 0; i < escrow->count; i++) {
        if (strcmp(escrow->keys[i].kind, kind) == 0) {
            return &escrow->keys[i];
        }
    }
    return NULL;
}

/* --- wrapping --- */

int seal_escrow_check_recipient(const struct seal_cert *recipient, struct seal_cause *cause)
{
    const EVP_PKEY *pkey = X509_get0_pubkey(recipient->x509);
    const bool rsa = pkey && EVP_PKEY_is_a(pkey, "RSA") && EVP_PKEY_get_bits(pkey) >= RSA_BITS_MIN;
    const bool ec = pkey && EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_bits(pkey) >= EC_BITS_MIN;
    if (!rsa && !ec) {
        char text[24] = "unknown key";
        if (pkey) {
            seal_pkey_describe(pkey, text);
        }
        int err = seal_fail(cause, SEAL_ERR_KEY, "keys cannot be wrapped for a certificate of an %s", text);
        seal_hint(cause, "take one for RSA of 2048 bits or more, or EC P-256 or P-384");
        return err;
    }
    const uint32_t needed = rsa ? X509v3_KU_KEY_ENCIPHERMENT : X509v3_KU_KEY_AGREEMENT;
    if (!(X509_get_key_usage(recipient->x509) & needed)) { /* all bits without the extension */
        return seal_fail(cause, SEAL_ERR_KEY,
                         "the key usage of the recipient's certificate does not allow %s (RFC 5280 4.2.1.3)",
                         rsa ? "key encipherment" : "key agreement");
    }
    return SEAL_OK;
}

static bool add_rsa_parameters(CMS_RecipientInfo *info)
{
    EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(info);
    return ctx && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1;
}

static bool add_ec_parameters(CMS_RecipientInfo *info)
{
    EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(info);
    return ctx && EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()) == 1;
}

/* The structure with its recipient, still without contents. */
static CMS_ContentInfo *begin(const struct seal_cert *recipient)
{
    CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), CMS_BINARY | CMS_PARTIAL | CMS_STREAM);
    CMS_RecipientInfo *info = cms ? CMS_add1_recipient_cert(cms, recipient->x509, CMS_KEY_PARAM) : NULL;
    const bool rsa = EVP_PKEY_is_a(X509_get0_pubkey(recipient->x509), "RSA");
    if (!info || !(rsa ? add_rsa_parameters(info) : add_ec_parameters(info))) {
        CMS_ContentInfo_free(cms);
        return NULL;
    }
    return cms;
}

static bool write_pem(const CMS_ContentInfo *cms, struct seal_buf *out)
{
    unsigned char *der = NULL;
    char *text = NULL;
    const int len = i2d_CMS_ContentInfo(cms, &der);
    BIO *pem = len > 0 ? BIO_new(BIO_s_mem()) : NULL;
    bool done = pem && PEM_write_bio(pem, "CMS", "", der, len) > 0;
    const long text_len = done ? BIO_get_mem_data(pem, &text) : 0;
    done = text_len > 0 && seal_buf_put(out, text, (size_t)text_len) == SEAL_OK;
    BIO_free(pem);
    OPENSSL_free(der);
    return done;
}

static bool wrap_der(const uint8_t *der, size_t len, const struct seal_cert *recipient, struct seal_buf *out)
{
    BIO *in = seal_bio_borrow(der, len);
    CMS_ContentInfo *cms = in ? begin(recipient) : NULL;
    const bool done = cms && CMS_final(cms, in, NULL, CMS_BINARY) == 1 && write_pem(cms, out);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return done;
}

int seal_escrow_wrap(const struct seal_escrow *escrow, const struct seal_cert *recipient,
                     struct seal_buf *out, struct seal_cause *cause)
{
    struct seal_buf *der = NULL;
    int err = seal_escrow_check_recipient(recipient, cause);
    if (!err) {
        der = seal_buf_new_secret();
        err = der ? seal_escrow_encode(escrow, der)
                  : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for keys");
    }
    if (!err && !wrap_der(seal_buf_ptr(der), seal_buf_len(der), recipient, out)) {
        err = seal_fail_crypto(cause, "cannot wrap the keys for the recipient");
    }
    seal_buf_free(&der);
    return err;
}

/* --- unwrapping --- */

static CMS_ContentInfo *parse(const void *data, size_t len)
{
    BIO *in = seal_bio_borrow(data, len);
    CMS_ContentInfo *cms = NULL;
    struct seal_pem block = {0};
    if (in && !seal_is_pem(data, len)) {
        cms = d2i_CMS_bio(in, NULL);
    } else if (in && seal_pem_next(in, &block) == SEAL_OK) {
        const unsigned char *at = block.data;
        cms = strcmp(block.name, "CMS") == 0 ? d2i_CMS_ContentInfo(NULL, &at, block.len) : NULL;
        seal_pem_free(&block);
    }
    BIO_free(in);
    ERR_clear_error();
    return cms;
}

/* Contents that nothing authenticates are not looked at: whoever has the certificate could have made them,
 * but nobody could have changed them. */
static bool is_enveloped(const CMS_ContentInfo *cms)
{
    return OBJ_obj2nid(CMS_get0_type(cms)) == NID_id_smime_ct_authEnvelopedData;
}

/* The algorithm that wraps the content's key stands in the parameters of the key agreement's (RFC 5753 3.1).
 */
static int wrapping_of(CMS_RecipientInfo *info)
{
    X509_ALGOR *agreement = NULL;
    ASN1_OCTET_STRING *ukm = NULL;
    const void *parameters = NULL;
    int type = V_ASN1_UNDEF;
    if (CMS_RecipientInfo_kari_get0_alg(info, &agreement, &ukm) == 1) {
        X509_ALGOR_get0(NULL, &type, &parameters, agreement);
    }
    const ASN1_STRING *text = type == V_ASN1_SEQUENCE ? parameters : NULL;
    const unsigned char *at = text ? ASN1_STRING_get0_data(text) : NULL;
    X509_ALGOR *wrap = text ? d2i_X509_ALGOR(NULL, &at, ASN1_STRING_length(text)) : NULL;
    const ASN1_OBJECT *name = NULL;
    if (wrap) {
        X509_ALGOR_get0(&name, NULL, NULL, wrap);
    }
    const int nid = name ? OBJ_obj2nid(name) : NID_undef;
    X509_ALGOR_free(wrap);
    return nid;
}

/*
 * Other ways to wrap than AES without padding are refused before they are tried: libcrypto's
 * CRYPTO_128_unwrap_pad clears 8 bytes beyond the buffer that CMS gives it (OpenSSL 3.0.19).
 */
static bool is_safe_to_open(CMS_ContentInfo *cms)
{
    STACK_OF(CMS_RecipientInfo) *infos = CMS_get0_RecipientInfos(cms);
    for (int i = 0; i < sk_CMS_RecipientInfo_num(infos); i++) {
        CMS_RecipientInfo *info = sk_CMS_RecipientInfo_value(infos, i);
        const int type = CMS_RecipientInfo_type(info);
        const int wrapping = type == CMS_RECIPINFO_AGREE ? wrapping_of(info) : NID_id_aes256_wrap;
        if ((type != CMS_RECIPINFO_TRANS && type != CMS_RECIPINFO_AGREE) ||
            (wrapping != NID_id_aes128_wrap && wrapping != NID_id_aes192_wrap &&
             wrapping != NID_id_aes256_wrap)) {
            return false;
        }
    }
    return infos != NULL;
}

static bool decrypt(CMS_ContentInfo *cms, const struct seal_key *key, struct seal_buf *out)
{
    char *der = NULL;
    BIO *plain = BIO_new(BIO_s_secmem());
    bool done = plain && CMS_decrypt(cms, key->pkey, NULL, NULL, plain, CMS_BINARY) == 1;
    const long len = done ? BIO_get_mem_data(plain, &der) : 0;
    done = done && len > 0 && seal_buf_put(out, der, (size_t)len) == SEAL_OK;
    BIO_free(plain);
    ERR_clear_error();
    return done;
}

static int fail_format(const char *name, struct seal_cause *cause)
{
    return seal_fail(cause, SEAL_ERR_FORMAT, "%s is no escrow file", name);
}

int seal_escrow_unwrap(const void *data, size_t len, const char *name, const struct seal_key *key,
                       struct seal_escrow *escrow, struct seal_cause *cause)
{
    int err = SEAL_OK;
    struct seal_buf *der = seal_buf_new_secret();
    CMS_ContentInfo *cms = parse(data, len);
    seal_cleanse(escrow, sizeof *escrow);
    if (!der) {
        err = seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for keys");
    } else if (!cms || !is_enveloped(cms) || !is_safe_to_open(cms)) {
        err = fail_format(name, cause);
    } else if (!decrypt(cms, key, der)) {
        err = seal_fail(cause, SEAL_ERR_MISMATCH, "%s is not wrapped for this %s, or was changed since", name,
                        seal_key_describe(key));
    } else if (seal_escrow_decode(seal_buf_ptr(der), seal_buf_len(der), escrow) != SEAL_OK) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s opens, but what is inside is no keys of a device", name);
    }
    if (err) {
        seal_cleanse(escrow, sizeof *escrow);
    }
    CMS_ContentInfo_free(cms);
    seal_buf_free(&der);
    return err;
}
