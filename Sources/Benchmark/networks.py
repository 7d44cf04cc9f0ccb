"""The measured networks in PyTorch, as their papers and released code describe them, with the paper's sharing."""

import torch
import torch.nn.functional as F
from torch import nn


class Unit(nn.Module):
    """x + conv(relu(conv(x)))."""

    def __init__(self, width, kernel):
        super().__init__()
        self.first = nn.Conv2d(width, width, kernel, padding=kernel // 2)
        self.second = nn.Conv2d(width, width, kernel, padding=kernel // 2)

    def forward(self, x):
        return x + self.second(F.relu(self.first(x), inplace=True))


def module(width, units, kernel):
    """The nested module's partial sums are the states of a chain of residual units, which is the faster way to write it."""
    return nn.Sequential(*[Unit(width, kernel) for _ in range(units)])


def halved(x, times):
    return x if times == 0 else F.avg_pool2d(x, 2**times)


def resized(x, like):
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


class ConvLSTM(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gates = nn.Conv2d(2 * width, 4 * width, 3, padding=1)

    def forward(self, x, hidden, cell):
        remember, admit, expose, candidate = self.gates(torch.cat([x, hidden], 1)).chunk(4, 1)
        cell = torch.sigmoid(remember) * cell + torch.sigmoid(admit) * torch.tanh(candidate)
        return torch.sigmoid(expose) * torch.tanh(cell), cell


class EncoderDecoder(nn.Module):
    """One scale of gao2019 and of srn2018; `encoder` and `decoder` hold modules by level, which scales share."""

    def __init__(self, channels, widths, kernel, encoder, decoder, repeats):
        super().__init__()
        self.encoder, self.decoder, self.repeats = encoder, decoder, repeats
        inputs = [2 * channels] + widths[:-1]
        self.extract = nn.ModuleList(
            nn.Conv2d(i, o, kernel, stride=1 if level == 0 else 2, padding=kernel // 2)
            for level, (i, o) in enumerate(zip(inputs, widths))
        )
        self.raise_ = nn.ModuleList(
            nn.ConvTranspose2d(i, o, 4, stride=2, padding=1) for i, o in zip(widths[1:], widths[:-1])
        )
        self.last = nn.Conv2d(widths[0], channels, kernel, padding=kernel // 2)

    def forward(self, x, bottleneck=None):
        skips = []
        for extract, modules in zip(self.extract, self.encoder):
            x = F.relu(extract(x), inplace=True)
            for repeat in range(self.repeats):
                x = modules[repeat % len(modules)](x)
            skips.append(x)
        if bottleneck is not None:
            x = bottleneck(x)
        for level in reversed(range(len(self.extract))):
            if level < len(self.extract) - 1:
                x = F.relu(self.raise_[level](x), inplace=True) + skips[level]
            for repeat in range(self.repeats):
                x = self.decoder[level][repeat % len(self.decoder[level])](x)
        return self.last(x)


class Gao2019(nn.Module):
    """Selective sharing, within scale: the transformation differs by side and level only."""

    def __init__(self, channels=1, widths=(32, 64, 128), scales=3):
        super().__init__()
        widths = list(widths)
        self.encoder = nn.ModuleList(nn.ModuleList([module(w, 4, 3)]) for w in widths)
        self.decoder = nn.ModuleList(nn.ModuleList([module(w, 4, 3)]) for w in widths)
        self.scales = nn.ModuleList(
            EncoderDecoder(channels, widths, 3, self.encoder, self.decoder, 2) for _ in range(scales)
        )

    def forward(self, blurred):
        count = len(self.scales)
        sharp = halved(blurred, count - 1)
        outputs = []
        for index, scale in enumerate(self.scales):
            here = halved(blurred, count - 1 - index)
            sharp = here + scale(torch.cat([here, resized(sharp, here).detach()], 1))
            outputs.append(sharp)
        return outputs


class SRN2018(nn.Module):
    """Everything shared by all scales; a ConvLSTM at the bottleneck."""

    def __init__(self, channels=1, widths=(32, 64, 128), scales=3):
        super().__init__()
        widths = list(widths)
        encoder = nn.ModuleList(nn.ModuleList(Unit(w, 5) for _ in range(3)) for w in widths)
        decoder = nn.ModuleList(nn.ModuleList(Unit(w, 5) for _ in range(3)) for w in widths)
        self.scale = EncoderDecoder(channels, widths, 5, encoder, decoder, 3)
        self.lstm = ConvLSTM(widths[-1])
        self.count = scales

    def forward(self, blurred):
        sharp = halved(blurred, self.count - 1)
        state = None
        outputs = []

        def bottleneck(x):
            nonlocal state
            if state is None:
                state = (torch.zeros_like(x), torch.zeros_like(x))
            else:
                state = (resized(state[0], x), resized(state[1], x))
            state = self.lstm(x, *state)
            return state[0]

        for index in range(self.count):
            here = halved(blurred, self.count - 1 - index)
            sharp = here + self.scale(torch.cat([here, resized(sharp, here).detach()], 1), bottleneck)
            outputs.append(sharp)
        return outputs


class Nah2017(nn.Module):
    """Nothing shared; a convolution and a pixel shuffle between scales."""

    def __init__(self, channels=3, width=64, blocks=19, scales=3):
        super().__init__()
        self.first = nn.ModuleList(
            nn.Conv2d(channels * (1 if s == 0 else 2), width, 5, padding=2) for s in range(scales)
        )
        self.blocks = nn.ModuleList(module(width, blocks, 5) for _ in range(scales))
        self.last = nn.ModuleList(nn.Conv2d(width, channels, 5, padding=2) for _ in range(scales))
        self.raise_ = nn.ModuleList(
            nn.Conv2d(channels, 4 * channels, 5, padding=2) for _ in range(scales - 1)
        )

    def forward(self, blurred):
        count = len(self.first)
        outputs, raised = [], None
        for index in range(count):
            here = halved(blurred, count - 1 - index)
            x = here if raised is None else torch.cat([here, raised], 1)
            outputs.append(self.last[index](self.blocks[index](self.first[index](x))))
            if index < count - 1:
                raised = F.pixel_shuffle(self.raise_[index](outputs[-1]), 2)
        return outputs


class ChannelNorm(nn.Module):
    """Layer norm over the channels of each pixel, by PyTorch's own kernel, which wants them innermost."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        x = x.permute(0, 2, 3, 1)
        return F.layer_norm(x, x.shape[3:], self.weight, self.bias, 1e-6).permute(0, 3, 1, 2)


class NAFBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm1, self.norm2 = ChannelNorm(width), ChannelNorm(width)
        self.widen, self.feed = nn.Conv2d(width, 2 * width, 1), nn.Conv2d(width, 2 * width, 1)
        self.depthwise = nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=2 * width)
        self.attend = nn.Conv2d(width, width, 1)
        self.narrow, self.feed_narrow = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)
        self.beta = nn.Parameter(torch.zeros(1, width, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, width, 1, 1))

    def forward(self, x):
        first, second = self.depthwise(self.widen(self.norm1(x))).chunk(2, 1)
        y = first * second
        x = x + self.narrow(y * self.attend(F.adaptive_avg_pool2d(y, 1))) * self.beta
        first, second = self.feed(self.norm2(x)).chunk(2, 1)
        return x + self.feed_narrow(first * second) * self.gamma


class NAFNet(nn.Module):
    """A U-Net of NAFBlocks, with the numbers of blocks for GoPro."""

    def __init__(self, width=32, encoder=(1, 1, 1, 28), middle=1, decoder=(1, 1, 1, 1)):
        super().__init__()

        def blocks(count, width):
            return nn.Sequential(*[NAFBlock(width) for _ in range(count)])

        widths = [width * 2**level for level in range(len(encoder))]
        self.first, self.last = nn.Conv2d(3, width, 3, padding=1), nn.Conv2d(width, 3, 3, padding=1)
        self.encoder = nn.ModuleList(blocks(n, w) for n, w in zip(encoder, widths))
        self.down = nn.ModuleList(nn.Conv2d(w, 2 * w, 2, stride=2) for w in widths)
        self.middle = blocks(middle, 2 * widths[-1])
        self.up = nn.ModuleList(nn.Conv2d(2 * w, 4 * w, 1, bias=False) for w in reversed(widths))
        self.decoder = nn.ModuleList(blocks(n, w) for n, w in zip(decoder, reversed(widths)))

    def forward(self, blurred):
        x, skips = self.first(blurred), []
        for blocks, down in zip(self.encoder, self.down):
            x = blocks(x)
            skips.append(x)
            x = down(x)
        x = self.middle(x)
        for up, blocks in zip(self.up, self.decoder):
            x = blocks(F.pixel_shuffle(up(x), 2) + skips.pop())
        return [blurred + self.last(x)]


# name: network, its channels, training or not, batch, height, width
WORKS = {
    "gao2019-train-b3": (lambda: Gao2019(), 1, True, 3, 256, 256),
    "gao2019-train-b8": (lambda: Gao2019(), 1, True, 8, 256, 256),
    "ablation-train": (lambda: Gao2019(widths=(8, 16, 32)), 1, True, 8, 64, 64),
    "gao2019-forward-720p": (lambda: Gao2019(channels=3), 3, False, 1, 720, 1280),
    "srn2018-train": (lambda: SRN2018(), 1, True, 2, 256, 256),
    "nah2017-train": (lambda: Nah2017(), 3, True, 2, 256, 256),
    "nafnet-train": (lambda: NAFNet(), 3, True, 4, 128, 128),
    "nafnet-forward-720p": (lambda: NAFNet(), 3, False, 1, 720, 1280),
}
