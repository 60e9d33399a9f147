"""Writes optimizers.json: what torch.optim makes of given gradients (made with torch 2.14.1)."""

import json
import pathlib

import torch

STEPS = 12
VALUES = 16

generator = torch.Generator().manual_seed(20)
initial = torch.randn(VALUES, generator=generator)
# Gradients from far below eps to large ones, and one that is always 0.
scale = torch.logspace(-10, 3, VALUES)
scale[5] = 0
gradients = [torch.randn(VALUES, generator=generator) * scale for _ in range(STEPS)]
# Changing from step to step, twice 0.
learning_rates = [0.0, 1e-3, 2e-3, 3e-3, 0.01, 0.02, 0.01, 0.0, 3e-3, 1e-3, 1e-4, 1e-6]

cases = []
for name, optimizer_class in (("radam", torch.optim.RAdam), ("adamw", torch.optim.AdamW)):
    for weight_decay, beta1 in ((0.0, 0.9), (0.1, 0.9), (0.0, 0.5)):
        parameter = torch.nn.Parameter(initial.clone())
        optimizer = optimizer_class([parameter], lr=1.0, betas=(beta1, 0.999), weight_decay=weight_decay, foreach=False)
        steps = []
        for learning_rate, gradient in zip(learning_rates, gradients):
            optimizer.param_groups[0]["lr"] = learning_rate
            parameter.grad = gradient.clone()
            optimizer.step()
            state = optimizer.state[parameter]
            steps.append(
                {
                    "parameters": parameter.tolist(),
                    "m": state["exp_avg"].tolist(),
                    "v": state["exp_avg_sq"].tolist(),
                }
            )
        cases.append({"optimizer": name, "weightDecay": weight_decay, "beta1": beta1, "steps": steps})

clipped = torch.nn.Parameter(initial.clone())
clipped.grad = gradients[0].clone()
norm = torch.nn.utils.clip_grad_norm_([clipped], 200.0)

written = {
    "torch": torch.__version__,
    "initial": initial.tolist(),
    "learningRates": learning_rates,
    "gradients": [gradient.tolist() for gradient in gradients],
    "cases": cases,
    "clip": {"maxNorm": 200.0, "norm": norm.item(), "gradient": clipped.grad.tolist()},
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(written, indent=0) + "\n")
