"""Golden values of two levels of latents, for core/train/latent-levels.test.ts: python ladder.py (needs PyTorch and safetensors).

The networks are those of bench/pytorch; the second level, its posterior and both divergences are written here in the lower
latent's own units, with torch.distributions, where core/covae/ladder.ts has them in its prior's units.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "../../../bench/pytorch"))

from network import SQRT_HALF, AutoEncoder, Block, group_norm  # noqa: E402
from objective import Objective, picture_loss, time_steps, weight  # noqa: E402

NETWORK = {
    "imageSize": 8, "channels": 1, "modelChannels": 4, "multipliers": [1, 2], "blocks": 1,
    "attentionResolutions": [4], "zChannels": 2, "finalDim": None, "dropout": 0,
}  # fmt: skip
OBJECTIVE = {
    "sigmaMin": 0.05, "sigmaMax": 3, "rho": 7, "loss": "huber", "denoiserLoss": "l2", "lambdaDenoiser": 0.1,
    "recWeight": "linear", "klWeight": "square",
}  # fmt: skip
UNIT_STD = float(torch.log(torch.expm1(torch.ones((), dtype=torch.float64))))


class Lower(nn.Module):
    """Layers of the lower level in one of the networks."""

    def __init__(self, **layers: nn.Module):
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)


class Ladder(AutoEncoder):
    def __init__(self, network: dict, out_channels: int):
        super().__init__(network, out_channels)
        z, width = network["zChannels"], network["modelChannels"]
        above, below = (width * m for m in network["multipliers"][-2:])
        self.encoder.lower = Lower(norm_out=group_norm(above, 1e-5), conv_out=nn.Conv2d(above, 2 * z, 3, padding=1))
        self.decoder.lower = Lower(
            norm_prior=group_norm(below, 1e-6),
            conv_prior=nn.Conv2d(below, 2 * z, 3, padding=1),
            conv_in=nn.Conv2d(z, below, 3, padding=1),
        )

    def run(self, x, t, noise_top, noise_lower):
        """Posteriors and priors of both levels, and the decoder's raw output."""
        embedding, enc, dec = self.time_embedding(t), self.encoder, self.decoder
        run = lambda layer, h: layer(h, embedding) if isinstance(layer, Block) else layer(h)  # noqa: E731
        for name, layer in enc.enc.items():
            if name == "4x4_down":
                evidence_mu, evidence_std = enc.lower.conv_out(F.silu(enc.lower.norm_out(x))).chunk(2, dim=1)
                evidence_std = F.softplus(evidence_std)
            x = run(layer, x)
        x = enc.mid_block_2(enc.mid_block_1(x, embedding), embedding)
        mu, std = enc.quant_conv(enc.conv_out(F.silu(enc.norm_out(x)))).chunk(2, dim=1)
        top = Normal(mu, F.softplus(std))
        h = dec.conv_in(dec.post_quant_conv(top.loc + top.scale * noise_top))
        for name, layer in dec.dec.items():
            h = F.silu(layer(h)) if name.endswith("_norm") else run(layer, h)
            if name == "8x8_up":
                prior_mu, prior_std = dec.lower.conv_prior(F.silu(dec.lower.norm_prior(h))).chunk(2, dim=1)
                prior = Normal(prior_mu, F.softplus(prior_std + UNIT_STD))
                # Sønderby et al. 2016: both count by their precisions.
                precision, of_prior = evidence_std**-2, prior.scale**-2
                lower = Normal((evidence_mu * precision + prior.loc * of_prior) / (precision + of_prior), (precision + of_prior) ** -0.5)
                h = (h + dec.lower.conv_in(lower.loc + lower.scale * noise_lower)) * SQRT_HALF
        return top, lower, prior, h


def main() -> None:
    torch.manual_seed(5)
    net = Ladder(NETWORK, 2).initialise()
    with torch.no_grad():
        for p in net.parameters():
            p.add_(torch.randn_like(p) * 0.1)
    objective = Objective(net, {"objective": OBJECTIVE})
    batch = 4
    x = torch.rand(batch, 1, 8, 8) * 2 - 1
    noise_top, noise_lower = torch.randn(batch, 2, 4, 4), torch.randn(batch, 2, 8, 8)
    steps, index = time_steps(OBJECTIVE, 5), torch.tensor([3, 2, 1, 0])
    r, t = steps[index], steps[index + 1]

    def decoded(raw, at):
        own, denoiser = raw.chunk(2, dim=1)
        return denoiser.detach() + objective.share(at)[:, None, None, None] * own, denoiser

    top, lower, prior, raw = net.run(x, t, noise_top, noise_lower)
    picture, denoiser = decoded(raw, t)
    with torch.no_grad():
        at = torch.where(index == 0, steps[1], r)
        target = decoded(net.run(x, at, noise_top, noise_lower)[3], at)[0]
        target = torch.where((index == 0)[:, None, None, None], x, target)
    rec, least = weight("linear", t, rising=False), OBJECTIVE["lambdaDenoiser"]
    rows = rec * picture_loss("huber", picture, target)
    rows = rows + rec * (least + (1 - least) * (1 - objective.share(t))) * picture_loss("l2", denoiser, x)
    of = lambda distribution: Independent(distribution, 3)  # noqa: E731
    kl_top = kl_divergence(of(top), of(Normal(torch.zeros_like(top.loc), torch.ones_like(top.loc))))
    kl_lower = kl_divergence(of(lower), of(prior))
    loss = (rows + t**2 * (kl_top + kl_lower)).mean()
    loss.backward()

    last = lambda v: v.detach().permute(0, 2, 3, 1).contiguous()  # noqa: E731
    flat = lambda a, b: torch.cat([last(a).flatten(1), last(b).flatten(1)], dim=1)  # noqa: E731
    tensors = {
        **{f"param.{name}": p.detach().contiguous() for name, p in net.named_parameters()},
        **{f"grad.{name}": p.grad.contiguous() for name, p in net.named_parameters()},
        "x": last(x), "steps": steps, "index": index.float(), "t": t, "noise": flat(noise_top, noise_lower),
        "mu": flat(top.loc, (lower.loc - prior.loc) / prior.scale), "std": flat(top.scale, lower.scale / prior.scale),
        "picture": last(picture), "klTop": kl_top.detach(), "klLower": kl_lower.detach(), "loss": loss.detach()[None],
    }  # fmt: skip
    save_file(tensors, HERE / "ladder.safetensors")


main()
