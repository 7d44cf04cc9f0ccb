"""Writes whole_networks.json: outputs, loss and gradients of whole networks, as PyTorch computes them in double precision.

Run with PyTorch installed: python Tests/Oracles/whole_networks.py

The networks are written here anew, from the papers and their released code: gao2019.py has the first, this file the
two baselines. Weights, input and sharp image come from a generator keyed by each tensor's name (`numbers` below), which
the tests repeat, so that no weights need to be kept. Maps are counted as [batch][height][width][channel].
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

from gao2019 import gao2019
from portable import Weights, area_mean, image, multiscale_loss, picked


def residual(weights, name, x, kernel):
    """Nah et al.: x + conv(relu(conv(x))), nothing after the sum."""
    width = x.shape[1]
    inner = weights.relu(weights.conv(f"{name}.conv1", x, width, kernel))
    return x + weights.conv(f"{name}.conv2", inner, width, kernel)


def nah2017(weights, blurred, width, blocks, scales=3, kernel=5):
    outputs = []
    raised = None
    for scale in range(1, scales + 1):
        here = area_mean(blurred, 2 ** (scales - scale))
        x = here if raised is None else torch.cat([here, raised], dim=1)
        x = weights.conv(f"extract[{scale},1].conv1", x, width, kernel)
        for block in range(1, blocks + 1):
            x = residual(weights, f"transform[{scale},chain,1,{block}]", x, kernel)
        colours = blurred.shape[1]
        outputs.append(weights.conv(f"reconstruct[{scale},0].conv1", x, colours, kernel))
        if scale < scales:
            raised = F.pixel_shuffle(
                weights.conv(f"reconstruct[{scale},2].conv1", outputs[-1], 4 * colours, kernel), 2
            )
    return outputs


def srn2018(weights, blurred, widths, recurrent, scales=3, modules=3, kernel=5):
    """Tao et al. Every weight is the same at all scales; the LSTM's state is resized from scale to scale."""
    estimate = area_mean(blurred, 2 ** (scales - 1))
    hidden = cell = None
    outputs = []

    def blocks(side, level, x):
        for module in range(1, modules + 1):
            x = residual(weights, f"transform[{side},{level},{module}]", x, kernel)
        return x

    def resized(x, like):
        return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)

    for scale in range(1, scales + 1):
        here = area_mean(blurred, 2 ** (scales - scale))
        x = torch.cat([here, resized(estimate, here).detach()], dim=1)
        features = []
        for level, width in enumerate(widths, start=1):
            x = weights.relu(weights.conv(f"extract[{level}].conv1", x, width, kernel, stride=1 if level == 1 else 2))
            x = blocks("encoder", level, x)
            features.append(x)
        if recurrent:
            hidden = torch.zeros_like(x) if hidden is None else resized(hidden, x)
            cell = torch.zeros_like(x) if cell is None else resized(cell, x)
            gates = weights.conv("recurrent.conv1", torch.cat([x, hidden], dim=1), 4 * widths[-1], 3)
            forget, admit, expose, candidate = gates.chunk(4, dim=1)
            cell = forget.sigmoid() * cell + admit.sigmoid() * candidate.tanh()
            hidden = expose.sigmoid() * cell.tanh()
            x = hidden
        for level in range(len(widths), 0, -1):
            if level < len(widths):
                x = weights.relu(weights.deconv(f"reconstruct[{level}].deconv1", x, widths[level - 1]))
                x = x + features[level - 1]
            x = blocks("decoder", level, x)
        estimate = here + weights.conv("reconstruct[0].conv1", x, blurred.shape[1], kernel)
        outputs.append(estimate)
    return outputs


def rounded(value):
    return float(f"{value:.10g}")


def described(name, tensor, samples):
    flat = tensor.detach().flatten().tolist()
    places = picked(name, len(flat), samples)
    return {
        "count": len(flat),
        "norm": rounded(math.sqrt(math.fsum(value * value for value in flat))),
        "sum": rounded(math.fsum(flat)),
        "places": places,
        "values": [rounded(flat[place]) for place in places],
    }


def case(expression, picture, network, batch, height, width, channels):
    """picture: of a few that were tried, the one that keeps ReLUs' inputs furthest from zero, so that hardly any falls
    on the other side in single precision."""
    blurred = image(f"input {picture}", batch, height, width, channels)
    sharp = image(f"sharp {picture}", batch, height, width, channels)
    weights = Weights()
    outputs = network(weights, blurred)
    loss = multiscale_loss(outputs, sharp)
    loss.backward()
    print(f"{expression}: loss {loss.item():.3g}, smallest input of a ReLU {weights.kink:.1e}")
    return {
        "expression": expression,
        "image": picture,
        "batch": batch,
        "height": height,
        "width": width,
        "channels": channels,
        "loss": rounded(loss.item()),
        "outputs": [
            described(f"output{index}", output.permute(0, 2, 3, 1), 64)
            for index, output in enumerate(outputs, start=1)
        ],
        "gradients": {name: described(name, tensor.grad, 8) for name, tensor in weights.tensors.items()},
    }


cases = [
    case("gao2019()", 10, gao2019, 1, 32, 32, 1),
    case(
        "srn2018(recurrent = true, widths = [8, 16, 32])",
        28, lambda weights, x: srn2018(weights, x, [8, 16, 32], recurrent=True), 2, 32, 16, 1,
    ),
    case(
        "srn2018(recurrent = false, widths = [8, 16, 32])",
        20, lambda weights, x: srn2018(weights, x, [8, 16, 32], recurrent=False), 2, 16, 32, 1,
    ),
    case(
        "nah2017(blocks = 2, width = 8)",
        27, lambda weights, x: nah2017(weights, x, width=8, blocks=2), 2, 16, 24, 3,
    ),
]
path = pathlib.Path(__file__).with_suffix(".json")
text = ",\n".join(json.dumps(one) for one in cases)
path.write_text(f'{{"torch": "{torch.__version__}", "cases": [\n{text}\n]}}\n')
