"""Writes the JPEG files that ImagesTests reads, beside itself in jpeg/, and what Pillow finds in them, in jpeg.json.

Run with Pillow (12.0.0 or later, with its own libjpeg-turbo), numpy, and libjpeg-turbo's cjpeg:  python3 jpeg.py
"""

import json
import struct
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

from pillow import found

HERE = Path(__file__).parent


def exif(orientation, order="<", before=0):
    """An Exif block that holds an orientation, after `before` other entries; byte order "<" or ">"."""
    entries = [(0x0100 + n, 3, 1, n) for n in range(before)] + [(0x0112, 3, 1, orientation)]
    data = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, len(entries))
    for tag, kind, count, value in entries:
        data += struct.pack(order + "HHIHH", tag, kind, count, value, 0)
    return b"Exif\0\0" + data + struct.pack(order + "I", 0)


def main():
    folder = HERE / "jpeg"
    folder.mkdir(exist_ok=True)
    y, x = np.mgrid[0:13, 0:21]
    waves = 127 + 60 * np.sin(x / 3.1) + 50 * np.cos(y / 4.7 + x / 9)
    colour = np.clip(np.stack([waves, 255 - waves, (x * 7 + y * 13) % 256], axis=-1), 0, 255).astype(np.uint8)
    picture, grey = Image.fromarray(colour), Image.fromarray(colour[:, :, 0])
    cases = {
        "grey": (grey, dict(quality=90)),
        "full": (picture, dict(quality=95, subsampling=0)),
        "halved": (picture, dict(quality=75, subsampling=2)),
        "progressive": (picture, dict(quality=90, progressive=True)),
        "restarts": (picture, dict(quality=90, restart_marker_blocks=1)),
        "stored-rgb": (picture, dict(quality=95, keep_rgb=True)),
        "profile": (picture, dict(quality=90, icc_profile=b"\1\2\3" * 500)),
        "big-endian": (picture, dict(quality=90, exif=exif(6, ">", before=3))),
        "odd-exif": (picture, dict(quality=90, exif=exif(9))),
    }
    cases |= {f"orientation{n}": (picture, dict(quality=90, exif=exif(n))) for n in range(1, 9)}
    rows = []
    for name, (image, options) in cases.items():
        image.save(folder / f"{name}.jpg", "JPEG", **options)
        rows.append(found(folder / f"{name}.jpg", name))
    # What Pillow does not write.
    for name, options in {"arithmetic": [], "arithmetic-progressive": ["-progressive"]}.items():
        path = folder / f"{name}.jpg"
        pixmap = b"P6 21 13 255 " + colour.tobytes()
        with open(path, "wb") as file:
            subprocess.run(["cjpeg", "-quality", "90", "-arithmetic", *options], input=pixmap, stdout=file, check=True)
        rows.append(found(path, name))
    picture.convert("CMYK").save(folder / "inks.jpg", "JPEG", quality=90)

    (HERE / "jpeg.json").write_text(json.dumps(rows) + "\n")


main()
