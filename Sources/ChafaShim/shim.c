#include "ChafaShim.h"

#include <stdlib.h>
#include <string.h>

#include <chafa.h>

static ChafaPixelMode pixel_mode(acuity_graphics graphics) {
    switch (graphics) {
    case ACUITY_SIXEL: return CHAFA_PIXEL_MODE_SIXELS;
    case ACUITY_KITTY: return CHAFA_PIXEL_MODE_KITTY;
    case ACUITY_ITERM2: return CHAFA_PIXEL_MODE_ITERM2;
    case ACUITY_BLOCKS: break;
    }
    return CHAFA_PIXEL_MODE_SYMBOLS;
}

static ChafaCanvasMode canvas_mode(int colours) {
    return colours == 16 ? CHAFA_CANVAS_MODE_INDEXED_16
        : colours == 256 ? CHAFA_CANVAS_MODE_INDEXED_240
                         : CHAFA_CANVAS_MODE_TRUECOLOR;
}

char *acuity_draw(
    const uint8_t *pixels, int width, int height, acuity_graphics graphics, int colours, int columns, int rows,
    int cell_width, int cell_height) {
    ChafaSymbolMap *symbols = chafa_symbol_map_new();
    chafa_symbol_map_add_by_tags(symbols, CHAFA_SYMBOL_TAG_VHALF);
    chafa_symbol_map_add_by_tags(symbols, CHAFA_SYMBOL_TAG_SPACE);
    chafa_symbol_map_add_by_tags(symbols, CHAFA_SYMBOL_TAG_SOLID);
    ChafaCanvasConfig *config = chafa_canvas_config_new();
    chafa_canvas_config_set_geometry(config, columns, rows);
    chafa_canvas_config_set_cell_geometry(config, cell_width, cell_height);
    chafa_canvas_config_set_pixel_mode(config, pixel_mode(graphics));
    chafa_canvas_config_set_canvas_mode(config, canvas_mode(colours));
    chafa_canvas_config_set_symbol_map(config, symbols);
    chafa_canvas_config_set_work_factor(config, 0.9f);
    ChafaCanvas *canvas = chafa_canvas_new(config);
    chafa_canvas_draw_all_pixels(canvas, CHAFA_PIXEL_RGBA8_UNASSOCIATED, pixels, width, height, width * 4);
    // The sequences that every terminal of the last thirty years knows, and those of the graphics asked for.
    ChafaTermInfo *terminal = chafa_term_db_get_fallback_info(chafa_term_db_get_default());
    GString *drawn = chafa_canvas_print(canvas, terminal);
    char *result = drawn ? strdup(drawn->str) : NULL;
    if (drawn) g_string_free(drawn, TRUE);
    chafa_term_info_unref(terminal);
    chafa_canvas_unref(canvas);
    chafa_canvas_config_unref(config);
    chafa_symbol_map_unref(symbols);
    return result;
}
