"""Saturation as Nah's code changes it, from scikit-image.

Run `python3 Tests/Oracles/saturation.py > Tests/Oracles/saturation.json`.
"""

import json

import numpy as np
from skimage.color import hsv2rgb, rgb2hsv

random = np.random.default_rng(0)
pixels = np.concatenate([
    random.random((60, 3)), np.repeat(random.random((4, 1)), 3, axis=1), np.eye(3), 1 - np.eye(3), np.zeros((1, 3)),
])
cases = []
for factor in [0.5, 0.8, 1.0, 1.2, 1.5]:
    hsv = rgb2hsv(pixels[None])
    hsv[..., 1] *= factor
    result = hsv2rgb(hsv).clip(0, 1)[0]
    cases.append({"factor": factor, "result": result.tolist()})
print(json.dumps({"pixels": pixels.tolist(), "cases": cases}))
