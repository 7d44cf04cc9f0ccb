#include "PNGShim.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// A side longer than this, or an ancillary chunk larger than this, is refused by libpng before it allocates.
enum { longest_side = 1 << 20, largest_chunk = 16 << 20 };

static void on_error(png_structp png, png_const_charp reason) {
    acuity_png_failure *failure = png_get_error_ptr(png);
    strncpy(failure->reason, reason, sizeof failure->reason - 1);
    failure->reason[sizeof failure->reason - 1] = 0;
    png_longjmp(png, 1);
}

// A warning (an odd colour profile, say) concerns nothing that is read here.
static void on_warning(png_structp png, png_const_charp reason) {
    (void)png;
    (void)reason;
}

typedef struct {
    const uint8_t *next;
    size_t remaining;
    acuity_png_failure *failure;
} reader;

static void read_bytes(png_structp png, png_bytep destination, size_t count) {
    reader *from = png_get_io_ptr(png);
    if (count > from->remaining) {
        from->failure->truncated = 1;
        png_error(png, "the bytes end before the image does");
    }
    memcpy(destination, from->next, count);
    from->next += count;
    from->remaining -= count;
}

static void expand(png_structp png, png_infop header, acuity_png_info *info) {
    int colour = png_get_color_type(png, header);
    info->width = png_get_image_width(png, header);
    info->height = png_get_image_height(png, header);
    info->bit_depth = png_get_bit_depth(png, header);
    info->has_alpha = (colour & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png, header, PNG_INFO_tRNS) != 0;
    if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (colour == PNG_COLOR_TYPE_GRAY && info->bit_depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    if (png_get_valid(png, header, PNG_INFO_tRNS) != 0) png_set_tRNS_to_alpha(png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (info->bit_depth == 16) png_set_swap(png);
#endif
}

static void copy_profile(png_structp png, png_infop header, acuity_png_info *info) {
    png_charp name;
    int compression;
    png_bytep profile;
    png_uint_32 count;
    if (png_get_iCCP(png, header, &name, &compression, &profile, &count) == 0) return;
    info->profile = malloc(count);
    if (info->profile == NULL) return;
    memcpy(info->profile, profile, count);
    info->profile_count = count;
}

int acuity_png_decode(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t capacity, size_t rows,
    acuity_png_info *info, acuity_png_failure *failure) {
    memset(info, 0, sizeof *info);
    memset(failure, 0, sizeof *failure);
    reader from = {bytes, count, failure};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, failure, on_error, on_warning);
    if (png == NULL) {
        strcpy(failure->reason, "out of memory");
        return 1;
    }
    png_infop header = png_create_info_struct(png);
    // Nothing that this function changes after setjmp is read after a longjmp, so nothing needs to be
    // volatile.
    if (header == NULL || setjmp(png_jmpbuf(png))) {
        if (failure->reason[0] == 0) strcpy(failure->reason, "out of memory");
        png_destroy_read_struct(&png, &header, NULL);
        return 1;
    }
    png_set_user_limits(png, longest_side, longest_side);
    png_set_chunk_malloc_max(png, largest_chunk);
    png_set_option(png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
    // Which of a profile and these counts is for others to say: libpng drops a profile behind `sRGB`, or
    // behind values that it finds odd.
    png_set_keep_unknown_chunks(
        png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "sRGB\0gAMA\0cHRM", 3);
    png_set_read_fn(png, &from, read_bytes);
    png_read_info(png, header);
    expand(png, header, info);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, header);
    info->channels = png_get_channels(png, header) - info->has_alpha;
    info->sample_bytes = png_get_bit_depth(png, header) == 16 ? 2 : 1;
    if (pixels == NULL) {
        copy_profile(png, header, info);
    } else {
        size_t row_bytes = png_get_rowbytes(png, header);
        if (row_bytes * info->height > capacity) png_error(png, "the header changed between two readings");
        // The rows of an interlaced image are only whole at its end.
        if (passes > 1 || rows > info->height) rows = info->height;
        for (int pass = 0; pass < passes; pass++)
            for (size_t row = 0; row < rows; row++) png_read_row(png, pixels + row * row_bytes, NULL);
        if (rows == info->height) png_read_end(png, NULL);
    }
    png_destroy_read_struct(&png, &header, NULL);
    return 0;
}

typedef struct {
    uint8_t *bytes;
    size_t count;
    size_t capacity;
} writer;

static void write_bytes(png_structp png, png_bytep source, size_t count) {
    writer *to = png_get_io_ptr(png);
    if (count > to->capacity - to->count) {
        size_t capacity = 2 * to->capacity + count;
        uint8_t *larger = realloc(to->bytes, capacity);
        if (larger == NULL) png_error(png, "out of memory");
        to->bytes = larger;
        to->capacity = capacity;
    }
    memcpy(to->bytes + to->count, source, count);
    to->count += count;
}

static void flush_bytes(png_structp png) { (void)png; }

// Chunks as they stand in a file, without checksums. Written as they are, for what versions of libpng make of
// one that stands beside another differs.
static void write_chunks(png_structp png, const uint8_t *chunks, size_t count) {
    while (count >= 8) {
        size_t length = png_get_uint_32(chunks);
        if (length > count - 8) return;
        png_write_chunk(png, chunks + 4, chunks + 8, length);
        chunks += length + 8;
        count -= length + 8;
    }
}

// The writer stands in the caller's frame, where a longjmp leaves it as it was last written.
static int encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int sample_bytes,
    const uint8_t *profile, size_t profile_count, const uint8_t *chunks, size_t chunks_count, writer *to,
    acuity_png_failure *failure) {
    static const int colours[] = {
        PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, failure, on_error, on_warning);
    if (png == NULL) {
        strcpy(failure->reason, "out of memory");
        return 1;
    }
    png_infop header = png_create_info_struct(png);
    if (header == NULL || setjmp(png_jmpbuf(png))) {
        if (failure->reason[0] == 0) strcpy(failure->reason, "out of memory");
        png_destroy_write_struct(&png, &header);
        return 1;
    }
    png_set_write_fn(png, to, write_bytes, flush_bytes);
    png_set_user_limits(png, longest_side, longest_side);
    // A profile that libpng finds wrong is left out with a warning: no reason not to write the image. Those
    // that it knows as sRGB with mistakes stand in a great many files and are kept as they are.
    png_set_benign_errors(png, 1);
    png_set_option(png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
    png_set_IHDR(
        png, header, width, height, 8 * sample_bytes, colours[channels - 1], PNG_INTERLACE_NONE,
        PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (profile != NULL)
        png_set_iCCP(
            png, header, "profile", PNG_COMPRESSION_TYPE_BASE, profile, (png_uint_32)profile_count);
    png_write_info(png, header);
    write_chunks(png, chunks, chunks_count);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (sample_bytes == 2) png_set_swap(png);
#endif
    size_t row_bytes = (size_t)width * (size_t)channels * (size_t)sample_bytes;
    for (size_t row = 0; row < height; row++) png_write_row(png, pixels + row * row_bytes);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &header);
    return 0;
}

int acuity_png_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int sample_bytes,
    const uint8_t *profile, size_t profile_count, const uint8_t *chunks, size_t chunks_count,
    uint8_t **encoded, size_t *encoded_count, acuity_png_failure *failure) {
    memset(failure, 0, sizeof *failure);
    writer to = {NULL, 0, 0};
    int result = encode(
        pixels, width, height, channels, sample_bytes, profile, profile_count, chunks, chunks_count, &to,
        failure);
    *encoded = to.bytes;
    *encoded_count = to.count;
    return result;
}

uint32_t acuity_png_checksum(const uint8_t *bytes, size_t count) {
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, count);
}

void acuity_png_free(uint8_t *bytes) { free(bytes); }
