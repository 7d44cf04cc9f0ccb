"""Writes pictures whose files say how they are to be seen, in remarks/, and what Pillow finds in them, in remarks.json.

PNG files with an Exif block, before their pixels or behind them; PNG and JPEG files with a colour profile.
Run with Pillow (12.0.0 or later) and numpy:  python3 remarks.py
"""

import hashlib
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from pillow import found

HERE = Path(__file__).parent


def exif(orientation):
    """An Exif block that holds an orientation."""
    return b"Exif\0\0MM" + struct.pack(">HIHHHIHHI", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def profile(space):
    """A small colour profile: a header of version 4 for a display, and one tag, of a text that does not get much smaller:
    libpng takes none of fewer than 92 bytes once they are compressed."""
    text = b"text\0\0\0\0" + hashlib.sha256(space).hexdigest().encode() + b"\0\0\0\0"
    header = struct.pack(">I4sI4s4s4s", 144 + len(text), b"none", 0x04000000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 31, 12, 0, 0, b"acsp") + bytes(24)
    header += struct.pack(">Iiii", 0, 0xF6D6, 0x10000, 0xD32D)
    return header.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"cprt", 144, len(text)) + text


def put_exif_last(path, orientation):
    """Moves an orientation behind the pixels, where some programs leave it."""
    data = exif(orientation)[6:]
    chunk = struct.pack(">I", len(data)) + b"eXIf" + data
    chunk += struct.pack(">I", zlib.crc32(chunk[4:]))
    plain = path.read_bytes()
    # The last twelve bytes are the IEND chunk's.
    path.write_bytes(plain[:-12] + chunk + plain[-12:])


def main():
    folder = HERE / "remarks"
    folder.mkdir(exist_ok=True)
    y, x = np.mgrid[0:5, 0:9]
    colour = np.stack([x * 28, y * 60, (x * 7 + y * 13) * 2], axis=-1).astype(np.uint8)
    opacity = (255 - x * 20 - y).astype(np.uint8)
    picture, grey = Image.fromarray(colour), Image.fromarray(colour[:, :, 0])
    with_alpha = Image.fromarray(np.dstack([colour, opacity]))
    cases = {f"orientation{n}.png": (picture, dict(exif=exif(n))) for n in range(1, 9)} | {
        "alpha.png": (with_alpha, dict(exif=exif(6))),
        "profile-and-orientation.png": (picture, dict(exif=exif(8), icc_profile=profile(b"RGB "))),
        "profile.png": (picture, dict(icc_profile=profile(b"RGB "))),
        "grey-profile.png": (grey, dict(icc_profile=profile(b"GRAY"))),
        "profile.jpg": (picture, dict(icc_profile=profile(b"RGB "), quality=90)),
        "grey-profile.jpg": (grey, dict(icc_profile=profile(b"GRAY"), quality=90)),
    } | {f"late-orientation{n}.png": (picture, {}) for n in (3, 6)}
    rows = []
    for name, (image, options) in cases.items():
        image.save(folder / name, **options)
        if name.startswith("late"):
            put_exif_last(folder / name, int(name[-5]))
        rows.append(found(folder / name, name))
    (HERE / "remarks.json").write_text(json.dumps(rows) + "\n")


main()
