/*
 * ESP images: what elf2image makes and ROM and bootloader load (ESP-IDF api-guides/app_image_format; measured
 * in vectors/image). A header of 24 bytes, segments of an 8-byte header and data, zeroes up to a checksum at
 * the end of a 16-byte row, and, when the header says so, the SHA-256 of all before. Signatures follow from
 * the next multiple of 4096 (Secure Boot v2) or at once (v1).
 */
#ifndef ESPSEAL_IMAGE_H
#define ESPSEAL_IMAGE_H

#include <espseal/map.h>
#include <espseal/signature_block.h>

#define SEAL_IMAGE_MAGIC 0xE9u
#define SEAL_IMAGE_HEADER_LEN 24u
#define SEAL_IMAGE_SEGMENTS_MAX 16
#define SEAL_IMAGE_SIGNATURES_MAX 3
#define SEAL_SIGNATURE_ALIGN 4096u

struct seal_image_segment {
    uint32_t address; /* where it is loaded or mapped; 0: padding */
    uint32_t offset;  /* of its data, from the image's first byte */
    uint32_t length;
};

struct seal_image_app { /* esp_app_desc_t, the first bytes of the first segment. Texts are NUL-terminated */
    uint32_t secure_version;
    char version[33], project[33], time[17], date[17], idf_version[33];
    uint8_t elf_sha256[32];
    uint16_t min_block_revision, max_block_revision; /* major * 100 + minor */
    uint32_t mmu_page_size;                          /* bytes; 0: not told */
};

struct seal_image_bootloader { /* esp_bootloader_desc_t, in the same place */
    uint32_t version, secure_version;
    char idf_version[33], date_time[25];
};

enum seal_signature_scheme {
    SEAL_SIGNATURE_NONE,
    SEAL_SIGNATURE_V1, /* ECDSA P-256, 68 bytes behind the image */
    SEAL_SIGNATURE_RSA3072,
    SEAL_SIGNATURE_P192,
    SEAL_SIGNATURE_P256,
    SEAL_SIGNATURE_P384,
    SEAL_SIGNATURE_UNKNOWN, /* a v2 block of a kind that espseal does not know */
};
const char *seal_signature_scheme_name(enum seal_signature_scheme scheme); /* "Secure Boot v2 RSA-3072" */

struct seal_image_signature {
    enum seal_signature_scheme scheme;
    size_t offset;          /* of the block */
    bool crc_ok;            /* v2: the block's own CRC */
    bool digest_known;      /* v2: digest_ok says something (it needs the hash functions) */
    bool digest_ok;         /* v2: the digest in the block is the image's */
    uint8_t key_digest[32]; /* v2: what the eFuses hold of the key; zero without hash functions */
};

struct seal_image {
    uint8_t flash_mode, flash_size, flash_freq; /* codes of the header; see the names below */
    uint32_t entry;
    uint8_t wp_pin;
    uint8_t drive[3];
    uint16_t chip_id;
    uint8_t min_revision_legacy;         /* major only */
    uint16_t min_revision, max_revision; /* major * 100 + minor */
    size_t segment_count;
    struct seal_image_segment segments[SEAL_IMAGE_SEGMENTS_MAX];
    uint8_t checksum, checksum_computed;
    bool has_hash;      /* a SHA-256 stands at its end */
    bool hash_computed; /* hash_ok says something (it needs the hash functions) */
    bool hash_ok;
    uint8_t hash[32], hash_found[32]; /* as stored; as computed */
    size_t length;                    /* up to the end of checksum and hash, without signatures */
    bool has_app, has_bootloader;
    struct seal_image_app app;
    struct seal_image_bootloader bootloader;
    size_t signature_count;
    struct seal_image_signature signatures[SEAL_IMAGE_SIGNATURES_MAX];
};

struct seal_image_hashes { /* the format layer has no crypto: seal_sha256_mapped and its like */
    int (*sha256)(const void *data, size_t len, const struct seal_release *release,
                  uint8_t digest[static 32]);
    int (*sha384)(const void *data, size_t len, const struct seal_release *release,
                  uint8_t digest[static 48]);
    const struct seal_release *release; /* of the image, where it is mapped; NULL: nobody is told */
    bool keys_only;                     /* only the digests of keys: the image itself is not touched */
};

/*
 * Reads an image and the signature blocks behind it. A wrong checksum, hash or signature digest is no
 * failure: the members tell. hashes NULL leaves what needs a hash undone, checksum included, so that only
 * the pages with headers are touched. SEAL_ERR_FORMAT: empty, no magic, more than 16 segments, a segment
 * beyond the data.
 */
int seal_image_parse(const uint8_t *data, size_t len, const struct seal_image_hashes *hashes,
                     struct seal_image *image, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Whether data may be an image: the magic, a possible number of segments, a known mode. */
bool seal_image_looks_like(const uint8_t *data, size_t len);

/* Whether the checksum, and the hash where there is one, were computed and are right. */
bool seal_image_intact(const struct seal_image *image);
/* Whether a Secure Boot v2 block with a right CRC stands behind it. */
bool seal_image_signed_v2(const struct seal_image *image);

/*
 * A bootloader of Secure Boot v1 as espsecure's digest-secure-bootloader makes it for flash offset 0: an IV
 * and a digest (192 bytes), FF up to 0x1000, and the image there.
 */
bool seal_image_is_v1_digest(const uint8_t *data, size_t len);

/* "dio"; "4MB"; "80m" (a code means another frequency on each chip). NULL when unknown. */
const char *seal_image_mode_name(uint8_t code);
const char *seal_image_size_name(uint8_t code);
const char *seal_image_freq_name(uint16_t chip_id, uint8_t code);
/* The code of a name; -1 when there is none. */
int seal_image_mode_code(const char *name);
int seal_image_size_code(const char *name);
int seal_image_freq_code(uint16_t chip_id, const char *name);

#endif
