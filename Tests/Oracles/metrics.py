"""Writes the pictures and scores that ImagesTests compares with, beside itself in metrics/ and formats/.

Run with scikit-image (0.26.0 made what is committed), scipy and numpy:  python3 metrics.py
"""

import json
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage import io
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

HERE = Path(__file__).parent


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(row, depth):
    """A row of samples as bytes, several to a byte where the depth is below 8."""
    if depth == 16:
        return b"".join(struct.pack(">H", value) for value in row)
    bits = "".join(format(value, f"0{depth}b") for value in row)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[start : start + 8], 2) for start in range(0, len(bits), 8))


def png(samples, depth, colour, palette=None, transparency=None, interlaced=False):
    """A PNG file by its specification, for formats that common writers do not offer. samples: [height][width][k]."""
    height, width = len(samples), len(samples[0])
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    data = b""
    for x0, y0, dx, dy in passes:
        for y in range(y0, height, dy):
            row = [value for x in range(x0, width, dx) for value in samples[y][x]]
            if row:
                data += b"\0" + packed(row, depth)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    result = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    if palette:
        result += chunk(b"PLTE", bytes(value for entry in palette for value in entry))
    if transparency:
        result += chunk(b"tRNS", transparency)
    return result + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def formats():
    """One small picture in each format, with the values that a reader must find, 0…1."""
    folder = HERE / "formats"
    folder.mkdir(exist_ok=True)
    width, height = 5, 3
    cases = []

    def add(name, samples, depth, colour, expected, alpha=None, **options):
        (folder / f"{name}.png").write_bytes(png(samples, depth, colour, **options))
        values = [value for row in expected for pixel in row for value in pixel]
        channels = len(expected[0][0])
        alpha = alpha and [value for row in alpha for value in row]
        cases.append(
            dict(name=name, width=width, height=height, channels=channels, bitDepth=depth, values=values, alpha=alpha)
        )

    def grid(function):
        return [[function(x, y) for x in range(width)] for y in range(height)]

    for depth in (1, 2, 4, 8, 16):
        top = 2**depth - 1
        samples = grid(lambda x, y: [(x * 7919 + y * 104729 + 3) % (top + 1)])
        expected = [[[pixel[0] / top] for pixel in row] for row in samples]
        add(f"grey{depth}", samples, depth, 0, expected)
        if depth <= 8:
            palette = [((40 * n) % 256, (250 - 30 * n) % 256, (17 * n + 5) % 256) for n in range(min(top + 1, 16))]
            indices = grid(lambda x, y: [(x + 3 * y) % len(palette)])
            colours = [[[value / 255 for value in palette[pixel[0]]] for pixel in row] for row in indices]
            add(f"palette{depth}", indices, depth, 3, colours, palette=palette)
        if depth >= 8:
            rgb = grid(lambda x, y: [(x * 7919 + y * 104729 + c * 1299709) % (top + 1) for c in range(3)])
            plain = [[[value / top for value in pixel] for pixel in row] for row in rgb]
            add(f"rgb{depth}", rgb, depth, 2, plain)
            add(f"rgb{depth}-interlaced", rgb, depth, 2, plain, interlaced=True)
            rgba = [[pixel + [(37 * n) % (top + 1)] for n, pixel in enumerate(row)] for row in rgb]
            opacity = [[pixel[3] / top for pixel in row] for row in rgba]
            add(f"rgba{depth}", rgba, depth, 6, plain, alpha=opacity)
            grey_alpha = [[[pixel[0], pixel[2]] for pixel in row] for row in rgb]
            opacity = [[pixel[1] / top for pixel in row] for row in grey_alpha]
            add(f"grey-alpha{depth}", grey_alpha, depth, 4, [[[p[0]] for p in row] for row in plain], alpha=opacity)
    palette = [(10, 20, 30), (200, 100, 0)]
    indices = grid(lambda x, y: [(x + y) % 2])
    colours = [[[value / 255 for value in palette[pixel[0]]] for pixel in row] for row in indices]
    opacity = [[[0, 128 / 255][pixel[0]] for pixel in row] for row in indices]
    add("palette1-transparent", indices, 1, 3, colours, alpha=opacity, palette=palette, transparency=bytes([0, 128]))
    # One colour of a grey picture that stands for full transparency.
    indices = grid(lambda x, y: [(x + y) % 4])
    plain = [[[pixel[0] / 3] for pixel in row] for row in indices]
    opacity = [[float(pixel[0] != 2) for pixel in row] for row in indices]
    add("grey2-transparent", indices, 2, 0, plain, alpha=opacity, transparency=bytes([0, 2]))
    (HERE / "formats.json").write_text(json.dumps(cases, indent=1) + "\n")


def pictures():
    """Pairs whose differences are of several kinds: noise, blur, brightness, none at all."""
    random = np.random.default_rng(20190616)
    y, x = np.mgrid[0:40, 0:56]
    waves = 127 + 60 * np.sin(x / 3.1) + 50 * np.cos(y / 4.7 + x / 9)
    colour = np.stack([waves, 255 - waves, (x * 7 + y * 13) % 256], axis=-1)
    rolled = (colour + np.roll(colour, 1, axis=1) + np.roll(colour, 2, axis=1)) / 3
    noise = random.integers(0, 256, (23, 31))
    flat = np.full((16, 16), 128)
    small = random.integers(0, 256, (11, 11, 3))
    bright = np.full((20, 20, 3), 250) + random.integers(-2, 3, (20, 20, 3))
    return {
        "noisy": (colour + random.normal(0, 12, colour.shape), colour),
        "blurred": (rolled, colour),
        "unrelated": (random.integers(0, 256, noise.shape), noise),
        "brighter": (flat + 9, flat),
        "smallest": (255 - small, small),
        "nearly-flat": (bright, np.roll(bright, 3, axis=0)),
        "equal": (colour, colour),
    }


def volume_ssim(image, reference):
    """MATLAB's `ssim` (R2014a to R2020a, and later with DataFormat "SSS") of a picture as a volume, from its source:
    a Gaussian window of sigma 1.5 and radius ceil(3 sigma) in every dimension, edges replicated, variances by
    E[x^2] - E[x]^2, the mean over all voxels. A grey picture has two dimensions."""

    def smooth(volume):
        return gaussian_filter(volume, 1.5, mode="nearest", radius=5)

    x, y = image.astype(np.float64), reference.astype(np.float64)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_x, mean_y = smooth(x), smooth(y)
    variance_x = smooth(x * x) - mean_x**2
    variance_y = smooth(y * y) - mean_y**2
    covariance = smooth(x * y) - mean_x * mean_y
    numerator = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    denominator = (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return (numerator / denominator).mean()


def unrounded():
    """Two pictures of 16 bits and their PSNR with and without rounding to 8."""
    random = np.random.default_rng(7)
    reference = random.integers(0, 65536, (9, 12, 3))
    image = np.clip(reference + random.normal(0, 300, reference.shape), 0, 65535).round().astype(np.int64)
    folder = HERE / "metrics"
    for name, samples in (("deep-image", image), ("deep-reference", reference)):
        (folder / f"{name}.png").write_bytes(png(samples.tolist(), 16, 2))
    a, b = (np.floor(one / 65535 * 255 + 0.5) for one in (image, reference))
    return dict(
        psnr8bit=float(peak_signal_noise_ratio(b, a, data_range=255)),
        psnrFloat=float(peak_signal_noise_ratio(reference / 65535, image / 65535, data_range=1)),
    )


def metrics():
    folder = HERE / "metrics"
    folder.mkdir(exist_ok=True)
    rows = []
    for name, pair in pictures().items():
        image, reference = (np.clip(np.rint(one), 0, 255).astype(np.uint8) for one in pair)
        io.imsave(folder / f"{name}-image.png", image, check_contrast=False)
        io.imsave(folder / f"{name}-reference.png", reference, check_contrast=False)
        with np.errstate(divide="ignore"):
            psnr = peak_signal_noise_ratio(reference, image, data_range=255)
        mean, full = structural_similarity(
            reference,
            image,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
            channel_axis=-1 if image.ndim == 3 else None,
            full=True,
        )
        # Its window of σ 1.5 cut at 3.5 σ is 11 wide: 5 pixels from each border it lies within. The library's mean is
        # over the same pixels; both are kept, to see it stay so.
        valid = full[5:-5, 5:-5].mean()
        rows.append(
            dict(
                name=name,
                psnr=None if math.isinf(psnr) else psnr,
                ssimValid=float(valid),
                ssimLibrary=float(mean),
                ssimVolume=float(volume_ssim(image, reference)),
            )
        )
    (HERE / "metrics.json").write_text(json.dumps(rows, indent=1) + "\n")
    (HERE / "unrounded.json").write_text(json.dumps(unrounded(), indent=1) + "\n")


metrics()
formats()
