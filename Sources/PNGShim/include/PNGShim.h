#ifndef PNGSHIM_H
#define PNGSHIM_H

#include <stddef.h>
#include <stdint.h>

// libpng reports an error by longjmp, which must not cross Swift frames: these functions keep it inside C and
// return 0, or 1 with a reason.

/// What an encoded image holds, and what decoding it will give.
typedef struct {
    uint32_t width;
    uint32_t height;
    /// As stored: 1, 2, 4, 8 or 16.
    int bit_depth;
    /// After decoding, without alpha: 1 or 3.
    int channels;
    /// Bytes in a decoded sample: 2 (in the machine's order) where bit_depth is 16, 1 elsewhere.
    int sample_bytes;
    /// Whether decoding gives one more sample for each pixel after its colour: how opaque it is.
    int has_alpha;
    /// A copy of the file's colour profile (ICC); null where there is none, or `pixels` were asked for. For
    /// the caller to free with acuity_png_free, also where decoding fails.
    uint8_t *profile;
    size_t profile_count;
} acuity_png_info;

typedef struct {
    /// The bytes ended before the image did.
    int truncated;
    char reason[160];
} acuity_png_failure;

/// Decodes the image in `bytes` into `pixels`: rows from the top, samples interleaved, palette and low bit
/// depths expanded, transparency of any kind as an alpha sample, no colour transformation. With `pixels`
/// null, only fills `info`. Of `rows` fewer than the image's, at least that many from the top are decoded,
/// and what lies behind them in the file is not looked at; there must be room for all.
int acuity_png_decode(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t capacity, size_t rows, acuity_png_info *info,
    acuity_png_failure *failure);

/// Encodes samples of 1 or 2 bytes (in the machine's order), `channels` of them a pixel: grey, grey and
/// alpha, RGB, RGB and alpha; with a colour profile where `profile` is not null, and with `chunks` before the
/// pixels: each its length, type and data, one after the other. The same samples give the same bytes.
/// `*encoded` is for the caller to free with acuity_png_free, also where this fails.
int acuity_png_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int sample_bytes,
    const uint8_t *profile, size_t profile_count, const uint8_t *chunks, size_t chunks_count,
    uint8_t **encoded, size_t *encoded_count, acuity_png_failure *failure);

/// The checksum of a chunk's type and data, as it stands behind them in the file.
uint32_t acuity_png_checksum(const uint8_t *bytes, size_t count);

void acuity_png_free(uint8_t *bytes);

#endif
