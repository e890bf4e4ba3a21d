/* The pieces of an image's parser that are files of their own. */
#ifndef FORMAT_IMAGE_PARTS_H
#define FORMAT_IMAGE_PARTS_H

#include <espseal/image.h>

/* Signatures behind image->length. Fails only when a hash function does. */
int image_take_signatures(const uint8_t *data, size_t len, const struct seal_image_hashes *hashes,
                          struct seal_image *image) SEAL_MUST_CHECK;

#endif
