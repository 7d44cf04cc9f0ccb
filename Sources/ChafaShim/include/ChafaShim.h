// Chafa draws images with what a terminal has; behind one function, because its types are GLib's.
#ifndef ACUITY_CHAFA_SHIM_H
#define ACUITY_CHAFA_SHIM_H

#include <stdint.h>

typedef enum { ACUITY_BLOCKS, ACUITY_SIXEL, ACUITY_KITTY, ACUITY_ITERM2 } acuity_graphics;

/// The bytes that draw an image of `width` × `height` pixels, each red, green, blue and opacity (chafa takes
/// rows of whole words only), in `columns` × `rows` cells of the terminal, a cell being `cell_width` ×
/// `cell_height` pixels. To be freed by the caller; NULL if there is no memory.
/// - `colours`: 16, 256, or 0 for all.
char *acuity_draw(
    const uint8_t *pixels, int width, int height, acuity_graphics graphics, int colours, int columns, int rows,
    int cell_width, int cell_height);

#endif
