"""The networks of CoVAE in PyTorch: EDM / DDPM++ blocks around a latent, written for comparison with core/nn.

Parameters have the names and shapes of the reference implementation, so that `load_state_dict` takes the files that
`covae weights export` writes. Activations are batch × channels × height × width.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

SQRT_HALF = math.sqrt(0.5)


def pixel_norm(v: torch.Tensor) -> torch.Tensor:
    return v * torch.rsqrt(v.square().mean(dim=1, keepdim=True) + 1e-8)


def resampled(x: torch.Tensor, way: str | None) -> torch.Tensor:
    if way == "down":
        return F.avg_pool2d(x, 2)
    return F.interpolate(x, scale_factor=2.0, mode="nearest") if way == "up" else x


def group_norm(channels: int, eps: float) -> nn.GroupNorm:
    return nn.GroupNorm(min(32, channels // 4), channels, eps=eps)


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, embedding: int, dropout: float, resample: str | None = None, attention: bool = False):
        super().__init__()
        self.resample, self.dropout, self.attention = resample, dropout, attention
        self.norm0 = group_norm(inputs, 1e-6)
        self.conv0 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.affine = nn.Linear(embedding, 2 * outputs)
        self.norm1 = group_norm(outputs, 1e-6)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs or resample else None
        if attention:
            self.norm2 = group_norm(outputs, 1e-6)
            self.qkv = nn.Conv2d(outputs, 3 * outputs, 1)
            self.proj = nn.Conv2d(outputs, outputs, 1)

    def forward(self, x: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        h = self.conv0(resampled(F.silu(self.norm0(x)), self.resample))
        scale, shift = (pixel_norm(v)[:, :, None, None] for v in self.affine(embedding).chunk(2, dim=1))
        h = F.silu(torch.addcmul(shift, self.norm1(h), scale))
        h = self.conv1(F.dropout(h, self.dropout, self.training and self.dropout > 0))
        if self.skip is not None:
            # Resampling and a 1×1 convolution commute: the one that leaves less work comes first.
            up = self.resample == "up"
            x = resampled(self.skip(x), "up") if up else self.skip(resampled(x, self.resample))
        x = (h + x) * SQRT_HALF
        return self.attend(x) if self.attention else x

    def attend(self, x: torch.Tensor) -> torch.Tensor:
        batch, channels, height, width = x.shape
        # q, k and v of a channel are neighbours.
        qkv = self.qkv(self.norm2(x)).reshape(batch, channels, 3, height * width)
        q, k, v = (part.transpose(1, 2).unsqueeze(1) for part in qkv.unbind(2))
        mixed = F.scaled_dot_product_attention(q, k, v).squeeze(1).transpose(1, 2)
        return (self.proj(mixed.reshape(x.shape)) + x) * SQRT_HALF


class Encoder(nn.Module):
    def __init__(self, network: dict):
        super().__init__()
        self.patch = network.get("patch", 1)
        size, width, embedding = network["imageSize"] // self.patch, network["modelChannels"], 4 * network["modelChannels"]
        block = dict(embedding=embedding, dropout=network["dropout"])
        self.enc = nn.ModuleDict()
        for level, multiplier in enumerate(network["multipliers"]):
            side = size >> level
            at = f"{side}x{side}"
            if level == 0:
                self.enc[f"{at}_conv"] = nn.Conv2d(network["channels"] * self.patch**2, width, 3, padding=1)
            else:
                self.enc[f"{at}_down"] = Block(width, width, resample="down", **block)
            for i in range(network["blocks"]):
                outputs = network["modelChannels"] * multiplier
                attention = side in network["attentionResolutions"]
                self.enc[f"{at}_block{i}"] = Block(width, outputs, attention=attention, **block)
                width = outputs
        self.mid_block_1 = Block(width, width, attention=True, **block)
        self.mid_block_2 = Block(width, width, **block)
        self.norm_out = group_norm(width, 1e-5)
        self.conv_out = nn.Conv2d(width, 2 * network["zChannels"], 3, padding=1)
        self.quant_conv = nn.Conv2d(2 * network["zChannels"], 2 * network["zChannels"], 1)
        self.is_vector = network["finalDim"] is not None
        if self.is_vector and network.get("latentPool", "mean") == "dense":
            side = size >> (len(network["multipliers"]) - 1)
            self.final_dense = nn.Linear(2 * network["zChannels"] * side**2, 2 * network["finalDim"])
        else:
            self.final_dense = None

    def forward(self, x: torch.Tensor, embedding: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = F.pixel_unshuffle(x, self.patch)
        for layer in self.enc.values():
            x = layer(x, embedding) if isinstance(layer, Block) else layer(x)
        x = self.mid_block_2(self.mid_block_1(x, embedding), embedding)
        moments = self.quant_conv(self.conv_out(F.silu(self.norm_out(x))))
        if self.final_dense is not None:
            moments = self.final_dense(moments.flatten(1))
        elif self.is_vector:
            moments = moments.mean(dim=(2, 3))
        mu, std = moments.chunk(2, dim=1)
        return mu, F.softplus(std)


class Decoder(nn.Module):
    def __init__(self, network: dict, outputs: int):
        super().__init__()
        embedding = 4 * network["modelChannels"]
        self.patch = network.get("patch", 1)
        levels = list(enumerate(network["multipliers"]))
        width = network["modelChannels"] * network["multipliers"][-1]
        block = dict(embedding=embedding, dropout=network["dropout"])
        self.conv_in = nn.Conv2d(network["zChannels"], width, 3, padding=1)
        self.post_quant_conv = nn.Conv2d(network["zChannels"], network["zChannels"], 1)
        self.dec = nn.ModuleDict()
        for level, multiplier in reversed(levels):
            side = network["imageSize"] // self.patch >> level
            at = f"{side}x{side}"
            if level == len(levels) - 1:
                self.dec[f"{at}_in0"] = Block(width, width, attention=True, **block)
                self.dec[f"{at}_in1"] = Block(width, width, **block)
                self.latent_side = side
            else:
                self.dec[f"{at}_up"] = Block(width, width, resample="up", **block)
            for i in range(network["blocks"] + 1):
                wide = network["modelChannels"] * multiplier
                attention = i == network["blocks"] and side in network["attentionResolutions"]
                self.dec[f"{at}_block{i}"] = Block(width, wide, attention=attention, **block)
                width = wide
        self.dec[f"{at}_aux_norm"] = group_norm(width, 1e-6)
        self.dec[f"{at}_aux_conv"] = nn.Conv2d(width, outputs * self.patch**2, 3, padding=1)
        self.z_channels = network["zChannels"]
        if network["finalDim"] is not None:
            self.final_dense = nn.Linear(network["finalDim"], network["zChannels"] * self.latent_side**2)

    def forward(self, z: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        if z.ndim == 2:
            z = F.silu(self.final_dense(z)).reshape(-1, self.z_channels, self.latent_side, self.latent_side)
        x = self.conv_in(self.post_quant_conv(z))
        for name, layer in self.dec.items():
            if isinstance(layer, Block):
                x = layer(x, embedding)
            else:
                x = F.silu(layer(x)) if name.endswith("_norm") else layer(x)
        return F.pixel_shuffle(x, self.patch)


class AutoEncoder(nn.Module):
    """Encoder and decoder with their time embedding; without classes. `network`: as in a preset's JSON."""

    def __init__(self, network: dict, out_channels: int):
        super().__init__()
        width = network["modelChannels"]
        self.map_layer0 = nn.Linear(width, 4 * width)
        self.map_layer1 = nn.Linear(4 * width, 4 * width)
        self.encoder = Encoder(network)
        self.decoder = Decoder(network, out_channels)
        half = width // 2
        self.register_buffer("frequencies", (1 / 10000) ** (torch.arange(half) / (half - 1)), persistent=False)

    def time_embedding(self, t: torch.Tensor) -> torch.Tensor:
        angle = torch.outer(t.log() / 4, self.frequencies)
        raw = torch.cat([angle.sin(), angle.cos()], dim=1)
        return F.silu(self.map_layer1(F.silu(self.map_layer0(raw))))

    @torch.no_grad()
    def initialise(self) -> "AutoEncoder":
        """Xavier-uniform, near zero where a block or the network ends, as the reference does."""
        for name, module in self.named_modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                ends = name.endswith((".conv1", ".proj", "_aux_conv"))
                gain = 1e-5 if ends else math.sqrt(0.2) if name.endswith(".qkv") else 1.0
                nn.init.xavier_uniform_(module.weight)
                module.weight.mul_(gain)
                nn.init.zeros_(module.bias)
        return self
