"""Writes modern_networks.json: sizes of published deblurring networks, and of a small variant of each the
outputs, the loss and the gradients, as PyTorch computes them in double precision.

Run with PyTorch installed: python Tests/Oracles/modern_networks.py

The networks are written here anew, from the papers and from what is known of the released weights, whose
names the modules bear. Parameters, input and target come from formulas (`parameter` and `picture` below, in
words in the JSON), which the tests repeat, so that no weights need to be kept. Maps are counted as
[batch][height][width][channel], parameters in PyTorch's own order.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from torch import nn

FORMULAS = {
    "parameter": "tensor number i of `parameters`, its element j, both from 0, in PyTorch's order: "
                 "base + amplitude * sin(1 + 0.7 * i + 0.13 * j)",
    "convolution": "kind of every weight of a convolution: base 0, amplitude gain / sqrt(product of its "
                   "shape but the first), where gain is the case's",
    "bias": "kind of every bias, also of norms: base 0, amplitude 0.1",
    "norm": "kind of every scale of a norm: base 1, amplitude 0.1",
    "scale": "kind of NAFNet's beta and gamma: base 0.5, amplitude 0.1",
    "temperature": "kind of Restormer's temperature: base 1, amplitude 0.1",
    "slope": "kind of a learned slope: base 0.25, amplitude 0.1",
    "picture": "element k, from 0, channels innermost, of the input: "
               "0.5 + 0.4 * sin(0.3 * k + ((0.1 * k * k + phase) mod 7)); of the target: the same at "
               "phase + 1",
    "loss": "the sum over the outputs of the mean squared error of each against the target; for a smaller "
            "output, against the target's means over blocks",
    "outputs": "in the order of the network's own list",
}
BASES = {"convolution": 0.0, "bias": 0.0, "norm": 1.0, "scale": 0.5, "temperature": 1.0, "slope": 0.25}


def kind(name, shape):
    last = name.split(".")[-1]
    if last in ("beta", "gamma"):
        return "scale"
    if last in ("temperature", "bias"):
        return last
    if len(shape) == 4:
        return "convolution"
    return "slope" if shape[0] == 1 else "norm"


def parameter(index, name, shape, gain):
    which = kind(name, shape)
    amplitude = gain / math.sqrt(math.prod(shape[1:])) if which == "convolution" else 0.1
    values = [
        BASES[which] + amplitude * math.sin(1 + 0.7 * index + 0.13 * j) for j in range(math.prod(shape))
    ]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def picture(phase, batch, height, width, channels=3):
    values = [
        0.5 + 0.4 * math.sin(0.3 * k + ((0.1 * k * k + phase) % 7))
        for k in range(batch * height * width * channels)
    ]
    values = torch.tensor(values, dtype=torch.float64)
    return values.reshape(batch, height, width, channels).permute(0, 3, 1, 2)


class Kinks:
    """The smallest input of any rectifier, as a part of its map's root mean square."""

    smallest = math.inf


def near(x, place=0.0):
    size = x.detach().square().mean().sqrt()
    if size > 0:
        Kinks.smallest = min(Kinks.smallest, ((x.detach() - place).abs().min() / size).item())


def rectified(x, slope=0.0):
    near(x)
    return torch.where(x > 0, x, slope * x)


class Rectifier(nn.Module):
    def forward(self, x):
        return rectified(x)


def conv(inputs, outputs, kernel, stride=1, groups=1, bias=True):
    return nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=bias)


def repeated(count, made):
    return nn.Sequential(*[made() for _ in range(count)])


class ChannelNorm(nn.Module):
    """Over the channels of each pixel."""

    def __init__(self, channels, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.epsilon = epsilon

    def forward(self, x):
        centred = x - x.mean(dim=1, keepdim=True)
        spread = (centred.square().mean(dim=1, keepdim=True) + self.epsilon).sqrt()
        return centred / spread * self.weight[:, None, None] + self.bias[:, None, None]


# NAFNet: Chen, Chu, Zhang, Sun, ECCV 2022.


def gated(x):
    first, second = x.chunk(2, dim=1)
    return first * second


class NAFBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.beta = nn.Parameter(torch.zeros(1, width, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, width, 1, 1))
        self.conv1 = conv(width, 2 * width, 1)
        self.conv2 = conv(2 * width, 2 * width, 3, groups=2 * width)
        self.conv3 = conv(width, width, 1)
        self.sca = nn.Sequential(nn.AdaptiveAvgPool2d(1), conv(width, width, 1))
        self.conv4 = conv(width, 2 * width, 1)
        self.conv5 = conv(width, width, 1)
        self.norm1 = ChannelNorm(width, 1e-6)
        self.norm2 = ChannelNorm(width, 1e-6)

    def forward(self, x):
        inner = gated(self.conv2(self.conv1(self.norm1(x))))
        x = x + self.beta * self.conv3(inner * self.sca(inner))
        return x + self.gamma * self.conv5(gated(self.conv4(self.norm2(x))))


class NAFNet(nn.Module):
    def __init__(self, width, encoders, middle, decoders):
        super().__init__()
        widths = [width * 2**level for level in range(len(encoders) + 1)]
        self.intro = conv(3, width, 3)
        self.ending = conv(width, 3, 3)
        self.encoders = nn.ModuleList(
            repeated(count, lambda: NAFBlock(wide)) for count, wide in zip(encoders, widths)
        )
        self.decoders = nn.ModuleList(
            repeated(count, lambda: NAFBlock(wide)) for count, wide in zip(decoders, widths[-2::-1])
        )
        self.middle_blks = repeated(middle, lambda: NAFBlock(widths[-1]))
        self.ups = nn.ModuleList(
            nn.Sequential(conv(wide, 2 * wide, 1, bias=False), nn.PixelShuffle(2)) for wide in widths[:0:-1]
        )
        self.downs = nn.ModuleList(nn.Conv2d(wide, 2 * wide, 2, stride=2) for wide in widths[:-1])

    def forward(self, blurred):
        height, width = blurred.shape[2:]
        multiple = 2 ** len(self.downs)
        blurred = F.pad(blurred, (0, -width % multiple, 0, -height % multiple))
        x = self.intro(blurred)
        kept = []
        for blocks, down in zip(self.encoders, self.downs):
            kept.append(blocks(x))
            x = down(kept[-1])
        x = self.middle_blks(x)
        for blocks, up in zip(self.decoders, self.ups):
            x = blocks(up(x) + kept.pop())
        return [(self.ending(x) + blurred)[:, :, :height, :width]]


# MIMO-UNet: Cho, Ji, Hong, Jung, Ko, ICCV 2021. The larger, MIMO-UNet+, differs in depth only, once trained.


class Layer(nn.Module):
    """A convolution, or a transposed one that doubles the size, and perhaps a rectifier."""

    def __init__(self, inputs, outputs, kernel, stride=1, relu=True, raises=False):
        super().__init__()
        if raises:
            layer = nn.ConvTranspose2d(inputs, outputs, kernel, stride=2, padding=1)
        else:
            layer = conv(inputs, outputs, kernel, stride)
        self.main = nn.Sequential(layer, Rectifier()) if relu else nn.Sequential(layer)

    def forward(self, x):
        return self.main(x)


class MIMOResidual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.main = nn.Sequential(Layer(width, width, 3), Layer(width, width, 3, relu=False))

    def forward(self, x):
        return x + self.main(x)


class MIMOBlocks(nn.Module):
    def __init__(self, width, count):
        super().__init__()
        self.layers = repeated(count, lambda: MIMOResidual(width))

    def forward(self, x):
        return self.layers(x)


class MIMOFusion(nn.Module):
    """What the encoder gives at all three sizes, brought to one."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Sequential(Layer(inputs, outputs, 1), Layer(outputs, outputs, 3, relu=False))

    def forward(self, *maps):
        return self.conv(torch.cat(maps, dim=1))


class MIMOShallow(nn.Module):
    """Features of a smaller image; the image itself is three of them."""

    def __init__(self, width):
        super().__init__()
        self.main = nn.Sequential(
            Layer(3, width // 4, 3), Layer(width // 4, width // 2, 1),
            Layer(width // 2, width // 2, 3), Layer(width // 2, width - 3, 1),
        )
        self.conv = Layer(width, width, 1, relu=False)

    def forward(self, x):
        return self.conv(torch.cat([x, self.main(x)], dim=1))


class MIMOAttention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.merge = Layer(width, width, 3, relu=False)

    def forward(self, x, shallow):
        return x + self.merge(x * shallow)


class MIMOUNet(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        one, two, four = width, 2 * width, 4 * width
        self.Encoder = nn.ModuleList(MIMOBlocks(wide, blocks) for wide in (one, two, four))
        self.feat_extract = nn.ModuleList([
            Layer(3, one, 3), Layer(one, two, 3, stride=2), Layer(two, four, 3, stride=2),
            Layer(four, two, 4, raises=True), Layer(two, one, 4, raises=True), Layer(one, 3, 3, relu=False),
        ])
        self.Decoder = nn.ModuleList(MIMOBlocks(wide, blocks) for wide in (four, two, one))
        self.Convs = nn.ModuleList([Layer(four, two, 1), Layer(two, one, 1)])
        self.ConvsOut = nn.ModuleList([Layer(four, 3, 3, relu=False), Layer(two, 3, 3, relu=False)])
        self.AFFs = nn.ModuleList([MIMOFusion(7 * width, one), MIMOFusion(7 * width, two)])
        self.FAM1 = MIMOAttention(four)
        self.SCM1 = MIMOShallow(four)
        self.FAM2 = MIMOAttention(two)
        self.SCM2 = MIMOShallow(two)

    def forward(self, blurred):
        """Sizes change by taking every second pixel, or by repeating each."""
        def raised(x):
            return F.interpolate(x, scale_factor=2, mode="nearest")

        half, quarter = blurred[:, :, ::2, ::2], blurred[:, :, ::4, ::4]
        first = self.Encoder[0](self.feat_extract[0](blurred))
        second = self.Encoder[1](self.FAM2(self.feat_extract[1](first), self.SCM2(half)))
        third = self.Encoder[2](self.FAM1(self.feat_extract[2](second), self.SCM1(quarter)))
        skip_second = self.AFFs[1](first[:, :, ::2, ::2], second, raised(third))
        skip_first = self.AFFs[0](first, raised(second), raised(raised(third)))
        x = self.Decoder[0](third)
        outputs = [quarter + self.ConvsOut[0](x)]
        x = self.Decoder[1](self.Convs[0](torch.cat([self.feat_extract[3](x), skip_second], dim=1)))
        outputs.append(half + self.ConvsOut[1](x))
        x = self.Decoder[2](self.Convs[1](torch.cat([self.feat_extract[4](x), skip_first], dim=1)))
        return [*outputs, blurred + self.feat_extract[5](x)]


# Restormer: Zamir, Arora, Khan, Hayat, Khan, Yang, CVPR 2022.


class Within(nn.Module):
    """Only gives its content a longer name."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(x)


class TransposedAttention(nn.Module):
    """Attention of channels to each other; every head has its own temperature."""

    def __init__(self, width, heads):
        super().__init__()
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.qkv = conv(width, 3 * width, 1, bias=False)
        self.qkv_dwconv = conv(3 * width, 3 * width, 3, groups=3 * width, bias=False)
        self.project_out = conv(width, width, 1, bias=False)

    def forward(self, x):
        batch, width, height, across = x.shape
        maps = self.qkv_dwconv(self.qkv(x)).reshape(batch, 3, len(self.temperature), -1, height * across)
        query, key, value = maps.unbind(dim=1)
        query = query / query.norm(dim=-1, keepdim=True).clamp(min=1e-12)
        key = key / key.norm(dim=-1, keepdim=True).clamp(min=1e-12)
        attention = (self.temperature * torch.einsum("bhip,bhjp->bhij", query, key)).softmax(dim=-1)
        mixed = torch.einsum("bhij,bhjp->bhip", attention, value)
        return self.project_out(mixed.reshape(batch, width, height, across))


class GatedFeedForward(nn.Module):
    def __init__(self, width, expansion):
        super().__init__()
        inner = int(width * expansion)
        self.project_in = conv(width, 2 * inner, 1, bias=False)
        self.dwconv = conv(2 * inner, 2 * inner, 3, groups=2 * inner, bias=False)
        self.project_out = conv(inner, width, 1, bias=False)

    def forward(self, x):
        opening, content = self.dwconv(self.project_in(x)).chunk(2, dim=1)
        return self.project_out(F.gelu(opening) * content)


class TransformerBlock(nn.Module):
    def __init__(self, width, heads, expansion):
        super().__init__()
        self.norm1 = Within(ChannelNorm(width, 1e-5))
        self.attn = TransposedAttention(width, heads)
        self.norm2 = Within(ChannelNorm(width, 1e-5))
        self.ffn = GatedFeedForward(width, expansion)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.ffn(self.norm2(x))


class Restormer(nn.Module):
    def __init__(self, width, blocks, refinement, heads, expansion):
        super().__init__()
        one, two, four, eight = (width * 2**level for level in range(4))

        def level(wide, index, count=None):
            count = blocks[index] if count is None else count
            return repeated(count, lambda: TransformerBlock(wide, heads[index], expansion))

        def halved(wide):
            return Within(nn.Sequential(conv(wide, wide // 2, 3, bias=False), nn.PixelUnshuffle(2)))

        def doubled(wide):
            return Within(nn.Sequential(conv(wide, 2 * wide, 3, bias=False), nn.PixelShuffle(2)))

        self.patch_embed = nn.ModuleDict({"proj": conv(3, one, 3, bias=False)})
        self.encoder_level1 = level(one, 0)
        self.down1_2 = halved(one)
        self.encoder_level2 = level(two, 1)
        self.down2_3 = halved(two)
        self.encoder_level3 = level(four, 2)
        self.down3_4 = halved(four)
        self.latent = level(eight, 3)
        self.up4_3 = doubled(eight)
        self.reduce_chan_level3 = conv(eight, four, 1, bias=False)
        self.decoder_level3 = level(four, 2)
        self.up3_2 = doubled(four)
        self.reduce_chan_level2 = conv(four, two, 1, bias=False)
        self.decoder_level2 = level(two, 1)
        self.up2_1 = doubled(two)
        self.decoder_level1 = level(two, 0)
        self.refinement = level(two, 0, refinement)
        self.output = conv(two, 3, 3, bias=False)

    def forward(self, blurred):
        first = self.encoder_level1(self.patch_embed["proj"](blurred))
        second = self.encoder_level2(self.down1_2(first))
        third = self.encoder_level3(self.down2_3(second))
        x = self.latent(self.down3_4(third))
        x = self.decoder_level3(self.reduce_chan_level3(torch.cat([self.up4_3(x), third], dim=1)))
        x = self.decoder_level2(self.reduce_chan_level2(torch.cat([self.up3_2(x), second], dim=1)))
        x = self.decoder_level1(torch.cat([self.up2_1(x), first], dim=1))
        return [blurred + self.output(self.refinement(x))]


# HINet: Chen, Lu, Zhang, Chu, Chen, CVPR Workshops 2021.


class SupervisedAttention(nn.Module):
    """From features and the image: features for the next stage, and a restored image. Of MPRNet, too."""

    def __init__(self, width, kernel, bias):
        super().__init__()
        self.conv1 = conv(width, width, kernel, bias=bias)
        self.conv2 = conv(width, 3, kernel, bias=bias)
        self.conv3 = conv(3, width, kernel, bias=bias)

    def forward(self, x, blurred):
        restored = self.conv2(x) + blurred
        return x + self.conv1(x) * self.conv3(restored).sigmoid(), restored


class HalfNormBlock(nn.Module):
    """Gives the map, and the map at half the size where the block has one below."""

    def __init__(self, inputs, width, slope, lowers=False, fuses=False, norms=False):
        super().__init__()
        self.slope = slope
        self.identity = conv(inputs, width, 1)
        self.conv_1 = conv(inputs, width, 3)
        self.conv_2 = conv(width, width, 3)
        if fuses:
            self.csff_enc = conv(width, width, 3)
            self.csff_dec = conv(width, width, 3)
        self.norm = nn.InstanceNorm2d(width // 2, eps=1e-5, affine=True) if norms else None
        self.downsample = nn.Conv2d(width, width, 4, stride=2, padding=1, bias=False) if lowers else None

    def forward(self, x, encoded=None, decoded=None):
        inner = self.conv_1(x)
        if self.norm is not None:
            first, second = inner.chunk(2, dim=1)
            inner = torch.cat([self.norm(first), second], dim=1)
        inner = rectified(self.conv_2(rectified(inner, self.slope)), self.slope)
        x = inner + self.identity(x)
        if encoded is not None:
            x = x + self.csff_enc(encoded) + self.csff_dec(decoded)
        return x, self.downsample(x) if self.downsample is not None else x


class HINetUp(nn.Module):
    def __init__(self, inputs, width, slope):
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, width, 2, stride=2)
        self.conv_block = HalfNormBlock(2 * width, width, slope)

    def forward(self, x, skip):
        return self.conv_block(torch.cat([self.up(x), skip], dim=1))[0]


class HINet(nn.Module):
    """Two U-nets in a row. Levels from `first_norm` to `last_norm`, counted from 0, normalise half of their
    channels on the way down."""

    def __init__(self, width, depth, slope, first_norm, last_norm):
        super().__init__()
        widths = [width * 2**level for level in range(depth)]

        def path(fuses):
            return nn.ModuleList(
                HalfNormBlock(
                    widths[max(level - 1, 0)], wide, slope, lowers=level < depth - 1,
                    fuses=fuses and level < depth - 1, norms=first_norm <= level <= last_norm,
                )
                for level, wide in enumerate(widths)
            )

        def ups():
            return nn.ModuleList(HINetUp(2 * wide, wide, slope) for wide in widths[-2::-1])

        def skips():
            return nn.ModuleList(conv(wide, wide, 3) for wide in widths[-2::-1])

        self.down_path_1 = path(fuses=False)
        self.down_path_2 = path(fuses=True)
        self.conv_01 = conv(3, width, 3)
        self.conv_02 = conv(3, width, 3)
        self.up_path_1 = ups()
        self.up_path_2 = ups()
        self.skip_conv_1 = skips()
        self.skip_conv_2 = skips()
        self.sam12 = SupervisedAttention(width, 3, bias=True)
        self.cat12 = conv(2 * width, width, 1)
        self.last = conv(width, 3, 3)

    def forward(self, blurred):
        def stage(x, downs, skips, ups, encoded, decoded):
            """The maps of both ways, from the largest to the smallest of those that have a skip."""
            going, coming = [], []
            for level, down in enumerate(downs):
                fused = level < len(encoded)
                kept, x = down(x, encoded[level], decoded[level]) if fused else down(x)
                going.append(kept)
            for up, skip, kept in zip(ups, skips, going[-2::-1]):
                x = up(x, skip(kept))
                coming.insert(0, x)
            return going[:-1], coming

        encoded, decoded = stage(
            self.conv_01(blurred), self.down_path_1, self.skip_conv_1, self.up_path_1, [], []
        )
        features, restored = self.sam12(decoded[0], blurred)
        x = self.cat12(torch.cat([self.conv_02(blurred), features], dim=1))
        _, decoded = stage(x, self.down_path_2, self.skip_conv_2, self.up_path_2, encoded, decoded)
        return [restored, blurred + self.last(decoded[0])]


# MPRNet: Zamir, Arora, Khan, Hayat, Khan, Yang, Shao, CVPR 2021. All of its rectifiers share one slope.


class LearnedRectifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.full([1], 0.25))

    def forward(self, x):
        return rectified(x, self.weight)


class ChannelAttention(nn.Module):
    def __init__(self, width, reduction):
        super().__init__()
        self.conv_du = nn.Sequential(
            conv(width, width // reduction, 1, bias=False), Rectifier(),
            conv(width // reduction, width, 1, bias=False), nn.Sigmoid(),
        )

    def forward(self, x):
        return x * self.conv_du(x.mean(dim=(2, 3), keepdim=True))


class AttentionBlock(nn.Module):
    def __init__(self, width, reduction, rectifier):
        super().__init__()
        self.CA = ChannelAttention(width, reduction)
        self.body = nn.Sequential(
            conv(width, width, 3, bias=False), rectifier, conv(width, width, 3, bias=False)
        )

    def forward(self, x):
        return x + self.CA(self.body(x))


class Resized(nn.Module):
    """Bilinear, then a convolution of single pixels."""

    def __init__(self, name, inputs, outputs, factor):
        super().__init__()
        resize = nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False)
        self.add_module(name, nn.Sequential(resize, conv(inputs, outputs, 1, bias=False)))

    def forward(self, x):
        for layers in self.children():
            x = layers(x)
        return x


class MPREncoder(nn.Module):
    def __init__(self, widths, block, fuses):
        super().__init__()
        for level, wide in enumerate(widths, start=1):
            self.add_module(f"encoder_level{level}", repeated(2, lambda: block(wide)))
        self.down12 = Resized("down", widths[0], widths[1], 0.5)
        self.down23 = Resized("down", widths[1], widths[2], 0.5)
        for side in ("enc", "dec") if fuses else ():
            for level, wide in enumerate(widths, start=1):
                self.add_module(f"csff_{side}{level}", conv(wide, wide, 1, bias=False))

    def forward(self, x, encoded=None, decoded=None):
        maps = []
        for level in (1, 2, 3):
            x = self.get_submodule(f"encoder_level{level}")(x)
            if encoded is not None:
                x = x + self.get_submodule(f"csff_enc{level}")(encoded[level - 1])
                x = x + self.get_submodule(f"csff_dec{level}")(decoded[level - 1])
            maps.append(x)
            if level < 3:
                x = self.get_submodule(f"down{level}{level + 1}")(x)
        return maps


class MPRDecoder(nn.Module):
    def __init__(self, widths, block):
        super().__init__()
        for level, wide in enumerate(widths, start=1):
            self.add_module(f"decoder_level{level}", repeated(2, lambda: block(wide)))
        self.skip_attn1 = block(widths[0])
        self.skip_attn2 = block(widths[1])
        self.up21 = Resized("up", widths[1], widths[0], 2)
        self.up32 = Resized("up", widths[2], widths[1], 2)

    def forward(self, encoded):
        third = self.decoder_level3(encoded[2])
        second = self.decoder_level2(self.up32(third) + self.skip_attn2(encoded[1]))
        first = self.decoder_level1(self.up21(second) + self.skip_attn1(encoded[0]))
        return [first, second, third]


class OriginalResolutionBlock(nn.Module):
    def __init__(self, width, count, block):
        super().__init__()
        self.body = nn.Sequential(*[block(width) for _ in range(count)], conv(width, width, 3, bias=False))

    def forward(self, x):
        return x + self.body(x)


class OriginalResolutionNet(nn.Module):
    def __init__(self, widths, width, count, block):
        super().__init__()
        for index in (1, 2, 3):
            self.add_module(f"orb{index}", OriginalResolutionBlock(width, count, block))
        for side in ("enc", "dec"):
            self.add_module(f"up_{side}1", Resized("up", widths[1], widths[0], 2))
        for side in ("enc", "dec"):
            self.add_module(f"up_{side}2", nn.Sequential(
                Resized("up", widths[2], widths[1], 2), Resized("up", widths[1], widths[0], 2)
            ))
        for side in ("enc", "dec"):
            for index in (1, 2, 3):
                self.add_module(f"conv_{side}{index}", conv(widths[0], width, 1, bias=False))

    def forward(self, x, encoded, decoded):
        for index in (1, 2, 3):
            x = self.get_submodule(f"orb{index}")(x)
            for side, maps in (("enc", encoded), ("dec", decoded)):
                here = maps[index - 1]
                if index > 1:
                    here = self.get_submodule(f"up_{side}{index - 1}")(here)
                x = x + self.get_submodule(f"conv_{side}{index}")(here)
        return x


class MPRNet(nn.Module):
    def __init__(self, width, wider, original, blocks, reduction):
        super().__init__()
        rectifier = LearnedRectifier()
        widths = [width, width + wider, width + 2 * wider]

        def block(wide):
            return AttentionBlock(wide, reduction, rectifier)

        for stage in (1, 2, 3):
            self.add_module(
                f"shallow_feat{stage}", nn.Sequential(conv(3, width, 3, bias=False), block(width))
            )
        self.stage1_encoder = MPREncoder(widths, block, fuses=False)
        self.stage1_decoder = MPRDecoder(widths, block)
        self.stage2_encoder = MPREncoder(widths, block, fuses=True)
        self.stage2_decoder = MPRDecoder(widths, block)
        self.stage3_orsnet = OriginalResolutionNet(widths, width + original, blocks, block)
        self.sam12 = SupervisedAttention(width, 1, bias=False)
        self.sam23 = SupervisedAttention(width, 1, bias=False)
        self.concat12 = conv(2 * width, width, 3, bias=False)
        self.concat23 = conv(2 * width, width + original, 3, bias=False)
        self.tail = conv(width + original, 3, 3, bias=False)

    def forward(self, blurred):
        """Quarters of the image are encoded, then halves, upper and lower, then all of it."""
        restored, rows = [], []
        for half in blurred.chunk(2, dim=2):
            quarters = [self.stage1_encoder(self.shallow_feat1(part)) for part in half.chunk(2, dim=3)]
            encoded = [torch.cat(pair, dim=3) for pair in zip(*quarters)]
            decoded = self.stage1_decoder(encoded)
            features, image = self.sam12(decoded[0], half)
            restored.append(image)
            x = self.concat12(torch.cat([self.shallow_feat2(half), features], dim=1))
            rows.append(self.stage2_encoder(x, encoded, decoded))
        first = torch.cat(restored, dim=2)
        encoded = [torch.cat(pair, dim=2) for pair in zip(*rows)]
        decoded = self.stage2_decoder(encoded)
        features, second = self.sam23(decoded[0], blurred)
        x = self.concat23(torch.cat([self.shallow_feat3(blurred), features], dim=1))
        third = blurred + self.tail(self.stage3_orsnet(x, encoded, decoded))
        return [third, second, first]


# DMPHN: Zhang, Dai, Li, Koniusz, CVPR 2019. The published program takes 0.5 from images before, and adds it
# after.


class Residual(nn.Sequential):
    def __init__(self, width):
        super().__init__(conv(width, width, 3), Rectifier(), conv(width, width, 3))

    def forward(self, x):
        return x + super().forward(x)


class Numbered(nn.Module):
    """Layers that bear numbers."""

    def __init__(self, **layers):
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x):
        for layer in self.children():
            x = layer(x)
        return x


def dmphn_encoder(one, two, four):
    return Numbered(
        layer1=conv(3, one, 3), layer2=Residual(one), layer3=Residual(one),
        layer5=conv(one, two, 3, stride=2), layer6=Residual(two), layer7=Residual(two),
        layer9=conv(two, four, 3, stride=2), layer10=Residual(four), layer11=Residual(four),
    )


def dmphn_decoder(one, two, four):
    return Numbered(
        layer13=Residual(four), layer14=Residual(four),
        layer16=nn.ConvTranspose2d(four, two, 4, stride=2, padding=1),
        layer17=Residual(two), layer18=Residual(two),
        layer20=nn.ConvTranspose2d(two, one, 4, stride=2, padding=1),
        layer21=Residual(one), layer22=Residual(one), layer24=conv(one, 3, 3),
    )


class DMPHN(nn.Module):
    """Level 1 has the whole image, and every next level halves the patches of the one before: by rows, by
    columns, by rows. Names are those of the files, one to an encoder or decoder, then those in the file."""

    def __init__(self, widths, levels):
        super().__init__()
        self.levels = levels
        for level in range(1, levels + 1):
            self.add_module(f"encoder_lv{level}", dmphn_encoder(*widths))
        for level in range(1, levels + 1):
            self.add_module(f"decoder_lv{level}", dmphn_decoder(*widths))

    def forward(self, blurred):
        def part(level, patches):
            """Of the patches of a level, those of the next."""
            return [half for patch in patches for half in patch.chunk(2, dim=2 + (level + 1) % 2)]

        def joined(level, patches):
            """The other way."""
            pairs = zip(patches[::2], patches[1::2])
            return [torch.cat(pair, dim=2 + (level + 1) % 2) for pair in pairs]

        patches = [[blurred]]
        for level in range(1, self.levels):
            patches.append(part(level, patches[-1]))
        residuals = features = None
        for level in range(self.levels, 0, -1):
            encoder = self.get_submodule(f"encoder_lv{level}")
            decoder = self.get_submodule(f"decoder_lv{level}")
            inputs = patches[level - 1]
            if residuals is not None:
                inputs = [patch + residual for patch, residual in zip(inputs, residuals)]
            encoded = [encoder(patch) for patch in inputs]
            if features is not None:
                encoded = [mine + below for mine, below in zip(encoded, features)]
            features = joined(level - 1, encoded) if level > 1 else encoded
            residuals = [decoder(one) for one in features]
        return residuals


# DeblurGAN's generator: Kupyn, Budzan, Mykhailych, Mishkin, Matas, CVPR 2018. Images are in -1..1.


def instance_norm(width):
    return nn.InstanceNorm2d(width, eps=1e-5)


class ReflectedResidual(nn.Module):
    """The dropout between the convolutions has a number in the names."""

    def __init__(self, width):
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), instance_norm(width), Rectifier(),
            nn.Dropout(0.5),
            nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), instance_norm(width),
        )

    def forward(self, x):
        return x + self.conv_block(x)


class DeblurGAN(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        one, two, four = width, 2 * width, 4 * width

        def raised(inputs, outputs):
            return nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)

        self.model = nn.Sequential(
            nn.ReflectionPad2d(3), nn.Conv2d(3, one, 7), instance_norm(one), Rectifier(),
            conv(one, two, 3, stride=2), instance_norm(two), Rectifier(),
            conv(two, four, 3, stride=2), instance_norm(four), Rectifier(),
            *[ReflectedResidual(four) for _ in range(blocks)],
            raised(four, two), instance_norm(two), Rectifier(),
            raised(two, one), instance_norm(one), Rectifier(),
            nn.ReflectionPad2d(3), nn.Conv2d(one, 3, 7), nn.Tanh(),
        )

    def forward(self, blurred):
        result = blurred + self.model(blurred)
        near(result, 1)
        near(result, -1)
        return [result.clamp(-1, 1)]


# What is written of each.


def rounded(value):
    return float(f"{value:.10g}")


def described(tensor):
    """All values of at most 768, otherwise 64 of them."""
    flat = tensor.detach().permute(0, 2, 3, 1).flatten().tolist()
    count = len(flat)
    places = list(range(count)) if count <= 768 else [(37 + 101 * k * k + 29 * k) % count for k in range(64)]
    return {
        "shape": list(tensor.permute(0, 2, 3, 1).shape),
        "sum": rounded(math.fsum(flat)),
        "squares": rounded(math.fsum(value * value for value in flat)),
        "places": "all" if count <= 768 else places,
        "values": [rounded(flat[place]) for place in places],
    }


def set_parameters(network, gain):
    with torch.no_grad():
        for index, (name, tensor) in enumerate(network.named_parameters()):
            tensor.copy_(parameter(index, name, list(tensor.shape), gain))


def run(network, phase, height, width):
    Kinks.smallest = math.inf
    network.zero_grad()
    outputs = network(picture(phase, 1, height, width))
    sharp = picture(phase + 1, 1, height, width)
    loss = sum(F.mse_loss(out, F.avg_pool2d(sharp, height // out.shape[2])) for out in outputs)
    return outputs, loss


def case(name, settings, network, height, width, gain=0.7):
    """The phase: of a few, the one that keeps the inputs of rectifiers furthest from zero, so that hardly any
    falls on the other side in single precision."""
    network = network(**settings).double().eval()
    set_parameters(network, gain)
    margins = []
    with torch.no_grad():
        for phase in range(60):
            run(network, phase / 10, height, width)
            margins.append(Kinks.smallest)
    phase = max(range(60), key=margins.__getitem__) / 10
    outputs, loss = run(network, phase, height, width)
    loss.backward()
    print(f"{name} {settings}: loss {loss.item():.3g}, smallest input of a rectifier {Kinks.smallest:.1e}, "
          f"outputs' deviations {[round(out.std().item(), 3) for out in outputs]}")
    aliases = {}
    first = {}
    for alias, tensor in network.named_parameters(remove_duplicate=False):
        if first.setdefault(id(tensor), alias) != alias:
            aliases[alias] = first[id(tensor)]
    return {
        "name": name,
        "settings": settings,
        "gain": gain,
        "phase": phase,
        "height": height,
        "width": width,
        "parameters": [
            {
                "name": label,
                "shape": list(tensor.shape),
                "kind": kind(label, tensor.shape),
                "gradientNorm": rounded(tensor.grad.norm().item()),
            }
            for label, tensor in network.named_parameters()
        ],
        "aliases": aliases,
        "loss": rounded(loss.item()),
        "outputs": [described(out) for out in outputs],
    }


def size(name, settings, network):
    with torch.device("meta"):
        made = network(**settings)
    count = sum(tensor.numel() for tensor in made.parameters())
    print(f"{name} {settings}: {count} parameters")
    return {"name": name, "settings": settings, "parameters": count}


GOPRO = {"encoders": [1, 1, 1, 28], "middle": 1, "decoders": [1, 1, 1, 1]}
DEBLURRING = {"refinement": 4, "heads": [1, 2, 4, 8], "expansion": 2.66}

SIZES = [
    ("NAFNet", {"width": 32, **GOPRO}, NAFNet),
    ("NAFNet", {"width": 64, **GOPRO}, NAFNet),
    ("MIMO-UNet", {"width": 32, "blocks": 8}, MIMOUNet),
    ("MIMO-UNet+", {"width": 32, "blocks": 20}, MIMOUNet),
    ("Restormer", {"width": 48, "blocks": [4, 6, 6, 8], **DEBLURRING}, Restormer),
    ("HINet", {"width": 64, "depth": 5, "slope": 0.2, "first_norm": 3, "last_norm": 4}, HINet),
    ("MPRNet", {"width": 96, "wider": 48, "original": 32, "blocks": 8, "reduction": 4}, MPRNet),
    ("DMPHN", {"widths": [32, 64, 128], "levels": 4}, DMPHN),
    ("DeblurGAN", {"width": 64, "blocks": 9}, DeblurGAN),
]

CASES = [
    ("NAFNet", {"width": 4, "encoders": [1, 1, 1, 2], "middle": 1, "decoders": [1, 1, 1, 1]}, NAFNet, 16, 16),
    ("NAFNet", {"width": 4, "encoders": [1, 2], "middle": 2, "decoders": [2, 1]}, NAFNet, 10, 15),
    ("MIMO-UNet", {"width": 4, "blocks": 2}, MIMOUNet, 16, 16),
    ("Restormer", {"width": 4, "blocks": [1, 2, 1, 1], **DEBLURRING, "refinement": 1}, Restormer, 16, 24),
    ("HINet", {"width": 4, "depth": 3, "slope": 0.2, "first_norm": 1, "last_norm": 2}, HINet, 16, 16),
    ("MPRNet", {"width": 8, "wider": 4, "original": 4, "blocks": 2, "reduction": 4}, MPRNet, 16, 16, 0.5),
    ("DMPHN", {"widths": [4, 8, 16], "levels": 4}, DMPHN, 16, 16),
    ("DeblurGAN", {"width": 4, "blocks": 2}, DeblurGAN, 16, 16),
]


def main():
    sizes = [size(*one) for one in SIZES]
    cases = [case(*one) for one in CASES]
    text = ",\n".join(json.dumps(one) for one in cases)
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(
        f'{{"torch": "{torch.__version__}", "formulas": {json.dumps(FORMULAS, indent=1)},\n'
        f'"sizes": {json.dumps(sizes)},\n"cases": [\n{text}\n]}}\n'
    )


if __name__ == "__main__":
    main()
