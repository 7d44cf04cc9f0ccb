"""What Pillow finds in a picture's file, for the scripts of oracles about pictures."""

import hashlib

import numpy as np
from PIL import Image, ImageOps


def found(path, name):
    """A row of an oracle: the picture as it is to be seen, samples row by row."""
    with Image.open(path) as picture:
        seen = np.asarray(ImageOps.exif_transpose(picture))
        profile = picture.info.get("icc_profile")
    row = dict(
        name=name,
        width=seen.shape[1],
        height=seen.shape[0],
        channels=1 if seen.ndim == 2 else 3,
        samples=(seen if seen.ndim == 2 else seen[:, :, :3]).reshape(-1).tolist(),
    )
    if seen.ndim == 3 and seen.shape[2] == 4:
        row["alpha"] = seen[:, :, 3].reshape(-1).tolist()
    # Pillow hands on what is no profile at all.
    if profile and profile[36:40] == b"acsp":
        row["profile"] = hashlib.sha256(profile).hexdigest()
    return row
