#ifndef JPEGSHIM_H
#define JPEGSHIM_H

#include <stddef.h>
#include <stdint.h>

// libjpeg leaves an error to a function that must not return: these functions jump from there within C, never
// across Swift frames, and return 0, or 1 with a reason.

/// What an encoded image holds, and what decoding it will give.
typedef struct {
    /// As stored, before any turning that its Exif block asks for.
    uint32_t width;
    uint32_t height;
    /// After decoding: 1 or 3.
    int channels;
    /// Coded arithmetically, which can say any number of blocks in a byte.
    int is_arithmetic;
    /// A copy of the first APP1 segment that begins with "Exif\0\0", without these; null where there is none.
    /// For the caller to free with acuity_jpeg_free, also where decoding fails.
    uint8_t *exif;
    size_t exif_count;
    /// The file's colour profile (ICC), in the same way.
    uint8_t *profile;
    size_t profile_count;
} acuity_jpeg_info;

typedef enum {
    acuity_jpeg_corrupt,
    /// The bytes ended before the image did.
    acuity_jpeg_truncated,
    /// A kind of JPEG that is not read: printing inks, more than 8 bits, lossless.
    acuity_jpeg_unsupported,
    /// No rows or no columns.
    acuity_jpeg_empty,
    /// Its scans go over more blocks than was allowed.
    acuity_jpeg_laborious,
} acuity_jpeg_trouble;

typedef struct {
    acuity_jpeg_trouble trouble;
    char reason[220];
} acuity_jpeg_failure;

/// Decodes the image in `bytes` into `pixels`: rows from the top as stored, 8-bit samples interleaved, grey
/// or RGB. With `pixels` null, only fills `info`. What libjpeg would paper over with grey is an error here,
/// and so are scans of more than `most_blocks` blocks of 8×8 samples, all added up.
int acuity_jpeg_decode(
    const uint8_t *bytes, size_t count, size_t most_blocks, uint8_t *pixels, size_t capacity,
    acuity_jpeg_info *info, acuity_jpeg_failure *failure);

/// Encodes 8-bit samples of 1 or 3 channels at `quality` 1…100, colour at full resolution, with a colour
/// profile where `profile` is not null; the same samples give the same bytes. `*encoded` is for the caller to
/// free with acuity_jpeg_free, also where this fails.
int acuity_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality, const uint8_t *profile,
    size_t profile_count, uint8_t **encoded, unsigned long *encoded_count, acuity_jpeg_failure *failure);

void acuity_jpeg_free(uint8_t *bytes);

#endif
