"""Writes pictures that lie apart, and their scores by RealBlur's protocol as OpenCV gives them, beside itself.

Run with OpenCV (4.10.0 made what is committed), scikit-image (0.26.0) and numpy:  python3 realblur.py

The protocol is that of evaluation_RealBlur_ecc.py in github.com/rimchang/RealBlur: brightness matched by least squares, a
homography by findTransformECC (100 iterations, no threshold, a Gaussian window of 5), a bicubic warp with mirrored borders,
and sums over the pixels that the warp fills.
"""

import json
from pathlib import Path

import cv2
import numpy as np
from skimage.metrics import structural_similarity

HERE = Path(__file__).parent
WIDTH, HEIGHT = 112, 84


def scene(x, y):
    """A picture of waves and a disc with an edge, known between pixels too: values of 0 to 1 at the places (x, y)."""
    planes = []
    for channel in range(3):
        waves = 0.5 + 0.18 * np.sin(x / 5.1 + channel) + 0.14 * np.cos(y / 6.3 - x / 17 + 0.5 * channel)
        waves = waves + 0.1 * np.sin((x * y) / 310.0) + 0.05 * np.sin(x / 2.3 - y / 1.9)
        disc = 1 / (1 + np.exp((np.hypot(x - 60, y - 35) - 17) / 0.6))
        planes.append(waves * (1 - 0.55 * disc) + 0.1 * disc * channel)
    return np.clip(np.stack(planes, axis=-1), 0, 1)


def seen_by(homography):
    """The scene with what lies at H(x, y) shown at (x, y)."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    p, q, d = np.tensordot(np.asarray(homography, np.float64), np.stack([x, y, np.ones_like(x)]), axes=1)
    return scene(p / d, q / d)


def moved(dx, dy):
    return [[1, 0, dx], [0, 1, dy], [0, 0, 1]]


def cases():
    random = np.random.default_rng(20200823)
    sharp = seen_by(moved(0, 0))
    tilted = [[1.012, 0.006, -1.4], [-0.004, 0.991, 1.1], [4e-5, -3e-5, 1]]
    far = seen_by(moved(6.4, -4.7))
    noisy = seen_by(moved(-1.3, 0.8)) * 0.8 + random.normal(0, 0.02, sharp.shape)
    return {
        "shifted": (seen_by(moved(1.7, -0.6)), sharp),
        "darker": (0.7 * seen_by(moved(0.4, 0.3)), sharp),
        "tilted": (seen_by(tilted), sharp),
        "far": (far, sharp),
        "noisy": (noisy, sharp),
        "blurred": (cv2.blur(seen_by(moved(0.9, 1.2)), (9, 1)), sharp),
        "grey": (seen_by(moved(-2.2, 1.6))[..., 1], sharp[..., 1]),
    }


def protocol(image, reference):
    """image, reference: float32 of 0 to 1, [height][width] or [height][width][3], red first."""
    scaled = image * (np.sum(reference * image, dtype=np.float64) / np.sum(image * image, dtype=np.float64))
    scaled = scaled.astype(np.float32)

    def grey(one):
        return one if one.ndim == 2 else cv2.cvtColor(one, cv2.COLOR_RGB2GRAY)

    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 0)
    start = np.eye(3, dtype=np.float32)
    coefficient, warp = cv2.findTransformECC(
        grey(reference), grey(scaled), start, cv2.MOTION_HOMOGRAPHY, stop, inputMask=None, gaussFiltSize=5
    )
    size = (reference.shape[1], reference.shape[0])
    inverse = cv2.WARP_INVERSE_MAP
    aligned = cv2.warpPerspective(scaled, warp, size, flags=cv2.INTER_CUBIC + inverse, borderMode=cv2.BORDER_REFLECT)
    counted = cv2.warpPerspective(
        np.ones(reference.shape[:2], np.float32), warp, size, flags=cv2.INTER_NEAREST + inverse, borderValue=0
    )
    plain_warp = aligned.copy()
    mask = counted if reference.ndim == 2 else counted[..., None] * np.ones(3, np.float32)
    aligned, reference = aligned * mask, reference * mask
    error = np.sum((reference - aligned) ** 2, dtype=np.float64) / np.sum(mask)
    _, similarity = structural_similarity(
        reference,
        aligned,
        channel_axis=-1 if reference.ndim == 3 else None,
        gaussian_weights=True,
        use_sample_covariance=False,
        data_range=1.0,
        full=True,
    )
    inner = (slice(5, -5), slice(5, -5))
    sums = (similarity * mask)[inner].sum(axis=(0, 1), dtype=np.float64)
    ssim = np.mean(sums / mask[inner].sum(axis=(0, 1), dtype=np.float64))
    corners = [[0, 0], [size[0] - 1, 0], [0, size[1] - 1], [size[0] - 1, size[1] - 1]]
    places = cv2.perspectiveTransform(np.array([corners], np.float64), warp.astype(np.float64))[0]
    return dict(
        psnr=float(10 * np.log10(1 / error)),
        ssim=float(ssim),
        coefficient=float(coefficient),
        corners=places.tolist(),
        counted=int(counted.sum()),
        # Every 97th value of the bicubic warp.
        warp=warp.astype(np.float64).ravel().tolist(),
        warped=plain_warp.ravel()[::97].astype(np.float64).tolist(),
    )


def main():
    folder = HERE / "realblur"
    folder.mkdir(exist_ok=True)
    rows = []
    for name, pair in cases().items():
        files = [np.rint(np.clip(one, 0, 1) * 255).astype(np.uint8) for one in pair]
        for kind, one in zip(("image", "reference"), files):
            stored = one if one.ndim == 2 else one[..., ::-1]
            cv2.imwrite(str(folder / f"{name}-{kind}.png"), stored)
        rows.append(dict(name=name, **protocol(*(one.astype(np.float32) / 255 for one in files))))
    (HERE / "realblur.json").write_text(json.dumps(rows, indent=1) + "\n")


main()
