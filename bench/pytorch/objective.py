"""CoVAE's objective and training step in PyTorch (variant `covae`, Gaussian latents, without a discriminator)."""

import math

import torch
import torch.nn.functional as F

from network import AutoEncoder


def time_steps(objective: dict, levels: int) -> torch.Tensor:
    """The Karras scale with a 0 in front: levels + 1 values, ascending."""
    low, high = (objective[key] ** (1 / objective["rho"]) for key in ("sigmaMin", "sigmaMax"))
    share = torch.arange(levels) / max(levels - 1, 1)
    return torch.cat([torch.zeros(1), (low + share * (high - low)) ** objective["rho"]])


def weight(kind: str, t: torch.Tensor, rising: bool) -> torch.Tensor:
    """λ(t), or with `rising` β(t), by its name in a preset."""
    power = {"ones": 0, "linear": 1, "square": 2}[kind]
    return t ** (power if rising else -power)


def picture_loss(kind: str, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Sum over each row. For `bce` a holds logits."""
    if kind == "huber":
        c = 0.00054 * math.sqrt(a[0].numel())
        values = torch.sqrt((a - b).square() + c * c) - c
    elif kind == "bce":
        values = F.binary_cross_entropy_with_logits(a, b, reduction="none")
    else:
        values = (a - b).square()
    return values.flatten(1).sum(dim=1)


class Objective:
    def __init__(self, net: AutoEncoder, config: dict):
        self.net, self.config = net, config["objective"]

    def decode(self, z: torch.Tensor, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """D(z, t) under its boundary condition, and the average decoder's picture."""
        raw = self.net.decoder(z, self.net.time_embedding(t))
        if self.config["denoiserLoss"] is None:
            return raw, None
        own, denoiser = raw.chunk(2, dim=1)
        return denoiser.detach() + self.share(t)[:, None, None, None] * own, denoiser

    def share(self, t: torch.Tensor) -> torch.Tensor:
        return (t - self.config["sigmaMin"]) / (self.config["sigmaMax"] - self.config["sigmaMin"])

    def run(self, x: torch.Tensor, t: torch.Tensor, noise: torch.Tensor):
        mu, std = self.net.encoder(x, self.net.time_embedding(t))
        return mu, std, *self.decode(mu + std * noise, t)

    def loss(self, x: torch.Tensor, index: torch.Tensor, steps: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Loss of a batch whose rows lie between steps[index] and steps[index + 1]; same noise and dropout for both."""
        config = self.config
        r, t = steps[index], steps[index + 1]
        dropout = torch.get_rng_state()
        mu, std, picture, denoiser = self.run(x, t, noise)
        with torch.no_grad():
            torch.set_rng_state(dropout)
            target = self.run(x, torch.where(index == 0, steps[1], r), noise)[2]
            target = torch.sigmoid(target) if config["loss"] == "bce" else target
            target = torch.where((index == 0)[:, None, None, None], x, target)
        rec_weight = weight(config["recWeight"], t, rising=False)
        rows = rec_weight * picture_loss(config["loss"], picture, target)
        if denoiser is not None:
            least = config["lambdaDenoiser"]
            rows = rows + rec_weight * (least + (1 - least) * (1 - self.share(t))) * picture_loss(config["denoiserLoss"], denoiser, x)
        variance = (std + 1e-8).square()
        kl = 0.5 * (variance + mu.square() - 1 - variance.log()).flatten(1).sum(dim=1)
        return (rows + weight(config["klWeight"], t, rising=True) * kl).mean()


class Trainer:
    """One step: loss, gradient, clipping, RAdam, average of the weights."""

    def __init__(self, net: AutoEncoder, config: dict, learning_rate: float, autocast: bool = False):
        training = config["training"]
        self.net, self.objective, self.autocast = net, Objective(net, config), autocast
        self.clip, self.ema_rate = training["clipNorm"], training["emaRate"]
        self.weights = [p for p in net.parameters()]
        self.ema = [p.detach().clone() for p in self.weights]
        # foreach=True: the fastest that PyTorch has for RAdam on a CPU.
        self.optimizer = torch.optim.RAdam(self.weights, lr=learning_rate, foreach=True)

    def step(self, x: torch.Tensor, index: torch.Tensor, steps: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=self.autocast):
            loss = self.objective.loss(x, index, steps, noise)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights, self.clip, foreach=True)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.ema, self.weights, 1 - self.ema_rate)
        return loss.detach()
