#include "JPEGShim.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

typedef struct {
    struct jpeg_error_mgr base;
    acuity_jpeg_failure *failure;
    jmp_buf escape;
} error_manager;

static void fail(j_common_ptr info, acuity_jpeg_trouble trouble) {
    error_manager *errors = (error_manager *)info->err;
    char message[JMSG_LENGTH_MAX];
    errors->base.format_message(info, message);
    errors->failure->trouble = trouble;
    snprintf(errors->failure->reason, sizeof errors->failure->reason, "%s", message);
    longjmp(errors->escape, 1);
}

static void on_error(j_common_ptr info) {
    switch (info->err->msg_code) {
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY: fail(info, acuity_jpeg_truncated); break;
    case JERR_CONVERSION_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL: fail(info, acuity_jpeg_unsupported); break;
    case JERR_EMPTY_IMAGE: fail(info, acuity_jpeg_empty); break;
    default: fail(info, acuity_jpeg_corrupt);
    }
}

// Of the warnings, four concern nothing that is decoded; at the others libjpeg goes on with made-up pixels.
static void on_message(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC: return;
    default: fail(info, acuity_jpeg_corrupt);
    }
}

static void prepare(error_manager *errors, acuity_jpeg_failure *failure) {
    memset(failure, 0, sizeof *failure);
    jpeg_std_error(&errors->base);
    errors->base.error_exit = on_error;
    errors->base.emit_message = on_message;
    errors->failure = failure;
}

static void begin_source(j_decompress_ptr info) { (void)info; }

// All bytes were there from the beginning, so there are no more.
static boolean no_more_bytes(j_decompress_ptr info) {
    info->err->msg_code = JERR_INPUT_EOF;
    on_error((j_common_ptr)info);
    return FALSE;
}

static void skip_bytes(j_decompress_ptr info, long count) {
    if (count <= 0) return;
    if ((size_t)count > info->src->bytes_in_buffer) no_more_bytes(info);
    info->src->next_input_byte += count;
    info->src->bytes_in_buffer -= (size_t)count;
}

typedef struct {
    struct jpeg_progress_mgr base;
    size_t most_blocks;
    size_t blocks;
    /// The last one that was counted.
    int scan;
} work;

// libjpeg calls this before each row of blocks that it reads.
static void limit_work(j_common_ptr info) {
    j_decompress_ptr from = (j_decompress_ptr)info;
    work *done = (work *)info->progress;
    if (from->input_scan_number == done->scan) return;
    done->scan = from->input_scan_number;
    done->blocks += (size_t)from->MCUs_per_row * from->MCU_rows_in_scan * (size_t)from->blocks_in_MCU;
    if (done->blocks <= done->most_blocks) return;
    error_manager *errors = (error_manager *)info->err;
    errors->failure->trouble = acuity_jpeg_laborious;
    longjmp(errors->escape, 1);
}

static void describe(j_decompress_ptr from, acuity_jpeg_info *info) {
    static const char mark[6] = "Exif\0";
    info->width = from->image_width;
    info->height = from->image_height;
    info->is_arithmetic = from->arith_code;
    for (jpeg_saved_marker_ptr marker = from->marker_list; marker != NULL && info->exif == NULL; marker = marker->next) {
        if (marker->data_length <= sizeof mark || memcmp(marker->data, mark, sizeof mark) != 0) continue;
        size_t count = marker->data_length - sizeof mark;
        info->exif = malloc(count);
        if (info->exif == NULL) continue;
        memcpy(info->exif, marker->data + sizeof mark, count);
        info->exif_count = count;
    }
    JOCTET *profile;
    unsigned int profile_count;
    if (jpeg_read_icc_profile(from, &profile, &profile_count)) {
        info->profile = profile;
        info->profile_count = profile_count;
    }
    switch (from->jpeg_color_space) {
    case JCS_GRAYSCALE:
        from->out_color_space = JCS_GRAYSCALE;
        info->channels = 1;
        break;
    case JCS_YCbCr:
    case JCS_RGB:
        from->out_color_space = JCS_RGB;
        info->channels = 3;
        break;
    default:
        // CMYK, YCCK, and colour spaces without a name.
        from->err->msg_code = JERR_CONVERSION_NOTIMPL;
        fail((j_common_ptr)from, acuity_jpeg_unsupported);
    }
}

int acuity_jpeg_decode(
    const uint8_t *bytes, size_t count, size_t most_blocks, uint8_t *pixels, size_t capacity,
    acuity_jpeg_info *info, acuity_jpeg_failure *failure) {
    memset(info, 0, sizeof *info);
    struct jpeg_decompress_struct from;
    error_manager errors;
    work progress = {.base.progress_monitor = limit_work, .most_blocks = most_blocks};
    struct jpeg_source_mgr source = {
        .next_input_byte = bytes,
        .bytes_in_buffer = count,
        .init_source = begin_source,
        .fill_input_buffer = no_more_bytes,
        .skip_input_data = skip_bytes,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = begin_source,
    };
    memset(&from, 0, sizeof from);
    prepare(&errors, failure);
    from.err = &errors.base;
    // Nothing that this function changes after setjmp is read after a longjmp but what libjpeg itself keeps
    // in `from`, whose address it has.
    if (setjmp(errors.escape)) {
        jpeg_destroy_decompress(&from);
        return 1;
    }
    jpeg_create_decompress(&from);
    from.src = &source;
    from.progress = &progress.base;
    jpeg_save_markers(&from, JPEG_APP0 + 1, 0xFFFF);
    jpeg_save_markers(&from, JPEG_APP0 + 2, 0xFFFF);
    jpeg_read_header(&from, TRUE);
    describe(&from, info);
    if (pixels != NULL) {
        jpeg_start_decompress(&from);
        size_t row_bytes = (size_t)from.output_width * (size_t)from.output_components;
        if (row_bytes * from.output_height > capacity) {
            snprintf(failure->reason, sizeof failure->reason, "the header changed between two readings");
            longjmp(errors.escape, 1);
        }
        while (from.output_scanline < from.output_height) {
            JSAMPROW row = pixels + from.output_scanline * row_bytes;
            jpeg_read_scanlines(&from, &row, 1);
        }
        jpeg_finish_decompress(&from);
    }
    jpeg_destroy_decompress(&from);
    return 0;
}

int acuity_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality, const uint8_t *profile,
    size_t profile_count, uint8_t **encoded, unsigned long *encoded_count, acuity_jpeg_failure *failure) {
    *encoded = NULL;
    *encoded_count = 0;
    struct jpeg_compress_struct to;
    error_manager errors;
    memset(&to, 0, sizeof to);
    prepare(&errors, failure);
    to.err = &errors.base;
    if (setjmp(errors.escape)) {
        jpeg_destroy_compress(&to);
        // libjpeg frees a buffer that it outgrows and says where the next one is only at the end: what this
        // points to may be gone already.
        *encoded = NULL;
        return 1;
    }
    jpeg_create_compress(&to);
    jpeg_mem_dest(&to, encoded, encoded_count);
    to.image_width = width;
    to.image_height = height;
    to.input_components = channels;
    to.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&to);
    jpeg_set_quality(&to, quality, TRUE);
    to.optimize_coding = TRUE;
    // A network restores each colour at every pixel; halving the chroma here would throw half of that away.
    to.comp_info[0].h_samp_factor = 1;
    to.comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(&to, TRUE);
    if (profile != NULL) jpeg_write_icc_profile(&to, profile, (unsigned int)profile_count);
    size_t row_bytes = (size_t)width * (size_t)channels;
    while (to.next_scanline < to.image_height) {
        // libjpeg only reads what this points to.
        JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + to.next_scanline * row_bytes);
        jpeg_write_scanlines(&to, &row, 1);
    }
    jpeg_finish_compress(&to);
    jpeg_destroy_compress(&to);
    return 0;
}

void acuity_jpeg_free(uint8_t *bytes) { free(bytes); }
