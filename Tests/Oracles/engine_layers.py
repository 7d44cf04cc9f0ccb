"""Writes engine_layers.json: what PyTorch gives for the layers whose conventions are easily got wrong.

Run with PyTorch installed: python Tests/Oracles/engine_layers.py
Maps are [batch][height][width][channel], weights in PyTorch's own order.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(1)


def flat(tensor):
    return [round(value, 7) for value in tensor.flatten().tolist()]


def channels_last(tensor):
    return {"shape": list(tensor.permute(0, 2, 3, 1).shape), "values": flat(tensor.permute(0, 2, 3, 1))}


def case(name, layer, source, **more):
    source = (source * 1000).round() / 1000
    source.requires_grad_(True)
    result = layer(source)
    gradient = (torch.randn_like(result) * 1000).round() / 1000
    (back,) = torch.autograd.grad(result, source, gradient)
    return {
        "name": name,
        "input": channels_last(source),
        "output": channels_last(result),
        "outputGradient": channels_last(gradient),
        "inputGradient": channels_last(back),
        **more,
    }


def resize(height, width, scale):
    source = torch.randn(2, 2, height, width)
    size = [side * scale[0] // scale[1] for side in (height, width)]
    return case(
        "resize",
        lambda x: F.interpolate(x, size=size, mode="bilinear", align_corners=False, antialias=False),
        source,
        scale=scale,
    )


def transposed():
    weight = (torch.randn(3, 2, 4, 4) * 1000).round() / 1000
    bias = torch.tensor([0.25, -0.5])
    return case(
        "transposedConvolution",
        lambda x: F.conv_transpose2d(x, weight, bias, stride=2, padding=1),
        torch.randn(2, 3, 3, 5),
        weight=flat(weight),
        bias=flat(bias),
    )


def shuffle():
    return case("pixelShuffle", lambda x: F.pixel_shuffle(x, 2), torch.randn(2, 8, 3, 2))


cases = [resize(3, 5, [2, 1]), resize(8, 4, [1, 4]), resize(4, 6, [3, 2]), transposed(), shuffle()]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n")
