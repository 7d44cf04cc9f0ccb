#ifndef WINOGRAD_TILE_POSITION_H
#define WINOGRAD_TILE_POSITION_H

#include "simd_prelude.h"
#include "winograd_layout.h"

// Where tiles, their phases and their pixels lie in the maps.

/// A tile's image, and its first row and column in the grid of results.
typedef struct {
    long image, row, column;
} TilePosition;

INLINE TilePosition tilePosition(const WinogradShape *shape, int outputTile, long tile) {
    long wide = ceilingDivision(shape->gridWidth, outputTile), high = ceilingDivision(shape->gridHeight, outputTile);
    TilePosition position = {tile / (wide * high), tile / wide % high * outputTile, tile % wide * outputTile};
    return position;
}

/// Moves on to the next tile.
INLINE void advanceTile(const WinogradShape *shape, int outputTile, TilePosition *position) {
    position->column += outputTile;
    if (position->column < shape->gridWidth) return;
    position->column = 0;
    position->row += outputTile;
    if (position->row < shape->gridHeight) return;
    position->row = 0;
    position->image++;
}

/// A tile's first pixel in a map, which may lie outside, and whether all of the tile's pixels are inside.
typedef struct {
    long row, column;
    int isInside;
} TileOrigin;

/// The origin of a tile of `side` × `side` pixels of a map that has `stride` pixels for one of the grid and
/// whose first pixel lies `start` rows below and `start` columns right of the grid's.
INLINE TileOrigin tileOrigin(TilePosition position, long stride, long start, long side, long height, long width) {
    TileOrigin origin = {stride * position.row - start, stride * position.column - start, 0};
    origin.isInside = origin.row >= 0 && origin.column >= 0 && origin.row + side <= height
        && origin.column + side <= width;
    return origin;
}

/// The origin of a tile's results in the output, or in that of its phases.
INLINE TileOrigin outputTileOrigin(const WinogradShape *shape, int outputTile, int stride, TilePosition position) {
    return tileOrigin(
        position, stride, shape->crop, stride * outputTile, shape->outputHeight, shape->outputWidth);
}

/// The offset of a tile's first pixel in an output of stride 1.
INLINE long outputOffset(const WinogradShape *shape, TilePosition position) {
    return ((position.image * shape->outputHeight + position.row) * shape->outputWidth + position.column)
        * shape->outputChannels;
}

/// Eight addresses.
typedef long Addresses __attribute__((vector_size(64), aligned(8), may_alias));

/// Sets `pixels` to the addresses of a tile's pixels from (row, column) on, in rows of eight, and to `zeros`
/// for pixels outside of the map.
INLINE void edgeTileAddresses(
    const WinogradShape *shape, int tileSize, int stride, const float *image, long row, long column,
    const float *zeros, const float **pixels) {
    const Addresses step = {0, 1, 2, 3, 4, 5, 6, 7};
    const Addresses outside = (Addresses){} + (long)zeros;
    Addresses x = step * (long)stride + column, isInside = (x >= 0) & (x < shape->inputWidth);
    Addresses along = x * (shape->inputChannels * (long)sizeof(float));
    for (int i = 0; i < tileSize; i++) {
        long y = row + i * stride;
        const float *line = image + y * shape->inputWidth * shape->inputChannels;
        Addresses addresses = outside;
        if (y >= 0 && y < shape->inputHeight)
            addresses = ((along + (long)line) & isInside) | (outside & ~isInside);
        *(Addresses *)(pixels + 8 * i) = addresses;
    }
}

/// A range of channels that belong to neighbouring phases, and the first of these phases' first pixel of a
/// tile.
typedef struct {
    long first, last;
    long row, column;
} PhaseChannels;

/// The part of channels `first ..< last` that belongs to `count` phases from `phase` on, each of so many
/// channels.
INLINE PhaseChannels phaseChannels(
    TileOrigin origin, long stride, long first, long last, long phase, long count, long channels) {
    long start = phase * channels, end = (phase + count) * channels;
    long down = phase >= stride, right = phase - down * stride;
    // Without phases these are all channels, which the compiler cannot know.
    PhaseChannels part = {
        stride == 1 || first > start ? first : start, stride == 1 || last < end ? last : end, origin.row + down,
        origin.column + right};
    return part;
}

#endif
