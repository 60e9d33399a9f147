"""
Writes posterior.json: KL divergences of some posteriors by torch.distributions, as the reference's diagnostic
callback computes them. Latents are written as this project holds them, channels last.

    python posterior.py

Made with torch 2.13.0.
"""

import json
from pathlib import Path

import torch

torch.manual_seed(3)
COUNT, CHANNELS, SIZE, CATEGORIES = 3, 6, 2, 4
mu = 2 * torch.randn(COUNT, CHANNELS, SIZE, SIZE)
std = torch.nn.functional.softplus(3 * torch.randn(COUNT, CHANNELS, SIZE, SIZE))


def per_image(kl):
    return kl.reshape(COUNT, -1).sum(1).tolist()


def gaussian():
    prior = torch.distributions.Normal(torch.zeros_like(mu.double()), torch.ones_like(mu.double()))
    posterior = torch.distributions.Normal(mu.double(), std.double() + 1e-8)
    return per_image(torch.distributions.kl_divergence(posterior, prior))


def grouped(logits):
    groups = logits[0].numel() // CATEGORIES
    return torch.distributions.Categorical(logits=logits.double().reshape(COUNT, CATEGORIES, groups).transpose(1, 2))


def channels_last(x):
    return x.permute(0, 2, 3, 1).flatten().tolist()


json.dump(
    {
        "size": SIZE,
        "channels": CHANNELS,
        "categories": CATEGORIES,
        "count": COUNT,
        "mu": channels_last(mu),
        "std": channels_last(std),
        "gaussian": gaussian(),
        "categorical": per_image(torch.distributions.kl_divergence(grouped(mu), grouped(torch.zeros_like(mu)))),
    },
    open(Path(__file__).with_suffix(".json"), "w"),
)
