"""What whole_networks.py and the tests have in common: numbers that both make alike, and the loss."""

import math
from itertools import islice

import torch
import torch.nn.functional as F

MASK = (1 << 64) - 1


def stream(name):
    """SplitMix64, started from the FNV-1a hash of a name."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        yield mixed ^ (mixed >> 31)


def numbers(name, count):
    """In -1..<1, multiples of 2^-23, which single precision holds exactly."""
    values = [(bits >> 40) / (1 << 23) - 1 for bits in islice(stream(name), count)]
    return torch.tensor(values, dtype=torch.float64)


def picked(name, count, limit):
    """Places of a tensor to look at: all of a small one."""
    if count <= limit:
        return list(range(count))
    return sorted({bits % count for bits in islice(stream(name + " places"), limit)})


def image(name, batch, height, width, channels):
    """In 0..<1; the generator counts through it with the channels innermost."""
    values = (numbers(name, batch * height * width * channels) + 1) / 2
    return values.reshape(batch, height, width, channels).permute(0, 3, 1, 2)


def parameter(name, shape):
    """Weights up to a power of two (to stay exact) about 1 / sqrt(fan in); biases in 0..<1/4, to keep ReLUs alive."""
    fan_in = math.prod(shape[1:])
    values = numbers(name, shape[0] * fan_in)
    if len(shape) == 1:
        return (values + 1) / 8
    power = 0
    while 2 * 4**power < fan_in:
        power += 1
    return values.reshape(shape) / 2**power


class Weights:
    """Makes each tensor when a layer first asks for it by name."""

    def __init__(self):
        self.tensors = {}
        self.kink = math.inf

    def relu(self, x):
        """Keeps the smallest of all inputs, as a part of its map's root mean square."""
        self.kink = min(self.kink, (x.abs().min() / x.square().mean().sqrt()).item())
        return F.relu(x)

    def get(self, name, shape):
        if name not in self.tensors:
            self.tensors[name] = parameter(name, shape).requires_grad_(True)
        assert self.tensors[name].shape == torch.Size(shape), name
        return self.tensors[name]

    def conv(self, name, x, channels, kernel, stride=1):
        weight = self.get(f"{name}.weight", [channels, x.shape[1], kernel, kernel])
        bias = self.get(f"{name}.bias", [channels])
        return F.conv2d(x, weight, bias, stride=stride, padding=(kernel - 1) // 2)

    def deconv(self, name, x, channels):
        weight = self.get(f"{name}.weight", [x.shape[1], channels, 4, 4])
        bias = self.get(f"{name}.bias", [channels])
        return F.conv_transpose2d(x, weight, bias, stride=2, padding=1)


def area_mean(x, factor):
    return F.avg_pool2d(x, factor)


def multiscale_loss(outputs, sharp):
    """The sum over the scales of the mean squared error against the sharp image at that size."""
    return sum(F.mse_loss(output, area_mean(sharp, sharp.shape[2] // output.shape[2])) for output in outputs)
