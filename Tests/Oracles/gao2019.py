"""Gao, Tao, Shen, Jia (CVPR 2019) in PyTorch, from the paper: as released, weights shared within the scale as well.

whole_networks.py runs it.
"""

import torch
import torch.nn.functional as F

from portable import area_mean

SCALES = 3
MODULES = 2
ORDER = 4


def nested(weights, name, x):
    """Unit i reads the sum of the input and of all outputs before it; the module gives the sum of them all."""
    parts = [x]
    for unit in range(1, ORDER + 1):
        total = torch.stack(parts).sum(dim=0)
        inner = weights.relu(weights.conv(f"{name}.unit{unit}.conv1", total, x.shape[1], 3))
        parts.append(weights.conv(f"{name}.unit{unit}.conv2", inner, x.shape[1], 3))
    return torch.stack(parts).sum(dim=0)


def encoder_decoder(weights, scale, x, widths):
    """The last convolution's result, without the blurred image."""

    def transform(side, level, x):
        for _ in range(MODULES):
            x = nested(weights, f"transform[{side},{level}]", x)
        return x

    features = {}
    for level, width in enumerate(widths, start=1):
        stride = 1 if level == 1 else 2
        x = weights.relu(weights.conv(f"extract[{scale},{level}].conv1", x, width, 3, stride=stride))
        x = transform("encoder", level, x)
        features[level] = x
    deepest = len(widths)
    x = transform("decoder", deepest, x)
    for level in range(deepest - 1, 0, -1):
        raised = weights.relu(weights.deconv(f"reconstruct[{scale},{level}].deconv1", x, widths[level - 1]))
        x = transform("decoder", level, raised + features[level])
    return weights.conv(f"reconstruct[{scale},0].conv1", x, 1, 3)


def gao2019(weights, blurred, widths=(32, 64, 128)):
    outputs = []
    for scale in range(1, SCALES + 1):
        here = area_mean(blurred, 2 ** (SCALES - scale))
        if outputs:
            below = F.interpolate(outputs[-1].detach(), scale_factor=2, mode="bilinear", align_corners=False)
        else:
            below = here
        outputs.append(here + encoder_decoder(weights, scale, torch.cat([here, below], dim=1), widths))
    return outputs
