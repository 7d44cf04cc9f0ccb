"""Writes what other programs find in the files of PngSuite, in pngsuite/, to pngsuite.json.

The files are Willem van Schaik's, whose licence stands beside them, out of Debian's source package libstb
(0.0~git20220908.8b5f1f3+ds-1, tests/pngsuite). Their samples are read by pypng, which is Python throughout and keeps 16
bits, and where there are no more than 8, held against Pillow's; what they say of their colours is read by Pillow. Which
are refused, and why, is what pngtest of libpng (1.6.39, of Debian's source package libpng1.6) says.
Run with Pillow (13.0.0), pypng (0.20220715.0) and numpy:  python3 pngsuite.py PNGTEST
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import png
from PIL import Image

HERE = Path(__file__).parent


def verdict(pngtest, path):
    """What pngtest refuses the file for; None where it reads it."""
    with tempfile.TemporaryDirectory() as folder:
        # It writes the picture too, and reads what it wrote.
        command = [pngtest, "--strict", path, "out.png"]
        run = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    error = re.search(r"libpng error: (.*)", run.stdout + run.stderr)
    return error.group(1) if error else None


def samples(path):
    """[height][width][channels], and how many bits each was stored in."""
    reader = png.Reader(filename=str(path))
    reader.preamble()
    bits = reader.bitdepth
    # Significant bits say where values came from; they are to be read as they are stored.
    reader.sbit = None
    width, height, rows, info = reader.asDirect()
    values = np.array([list(row) for row in rows]).reshape(height, width, info["planes"])
    if info["bitdepth"] < 8:
        values = values * (255 // (2 ** info["bitdepth"] - 1))
    return values, bits


def by_pillow(path):
    with Image.open(path) as picture:
        opaque = "transparency" not in picture.info and picture.mode not in ("LA", "RGBA", "PA")
        colour = picture.mode in ("RGB", "RGBA", "P")
        mode = ("RGB" if colour else "L") if opaque else ("RGBA" if colour else "LA")
        values = np.asarray(picture.convert(mode))
        return values.reshape(*values.shape[:2], -1), picture.info


def row(path):
    values, bits = samples(path)
    other, info = by_pillow(path)
    planes = values.shape[2]
    if bits <= 8:
        # Pillow looks for a transparent grey of fewer bits among values that it has made 8 bits of.
        compared = 1 if planes == 2 and bits < 8 else planes
        assert np.array_equal(values[:, :, :compared], other[:, :, :compared]), path.name
    result = dict(
        name=path.name,
        width=values.shape[1],
        height=values.shape[0],
        bitDepth=bits,
        channels=planes - 1 + planes % 2,
        hasAlpha=planes % 2 == 0,
        samples=hashlib.sha256(values.astype(">u2" if bits == 16 else "u1").tobytes()).hexdigest(),
    )
    if "gamma" in info:
        result["gamma"] = round(info["gamma"] * 100000)
    if "chromaticity" in info:
        result["chromaticities"] = [round(value * 100000) for value in info["chromaticity"]]
    return result


def main(pngtest):
    rows = []
    for path in sorted((HERE / "pngsuite").glob("*.png")):
        refusal = verdict(pngtest, path)
        rows.append(dict(name=path.name, pngtest=refusal) if refusal else row(path))
    lines = ",\n".join(json.dumps(each) for each in rows)
    (HERE / "pngsuite.json").write_text(f"[\n{lines}\n]\n")


main(Path(sys.argv[1]).resolve())
