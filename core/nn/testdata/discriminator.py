"""
Writes discriminator.safetensors: the reference's PatchGAN (networks/discriminator.py) run in training mode.

    python discriminator.py FOLDER_OF_THE_REFERENCE

Made with torch 2.13.0. Images of 39 pixels, whose sides on the way are odd: 39, 19, 9, 4, 3, 2.
"""

import pathlib
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

sys.path.insert(0, sys.argv[1])
from networks.discriminator import NLayerDiscriminator, weights_init  # noqa: E402

torch.manual_seed(7)
SIZE, CHANNELS, FILTERS = 39, 3, 2
network = NLayerDiscriminator(CHANNELS, FILTERS).apply(weights_init)
# Larger weights than initial ones: logits of both signs, and a hinge that is flat for some of them.
with torch.no_grad():
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.mul_(10)
        elif parameter.dim() == 1:
            parameter.add_(0.3 * torch.randn_like(parameter))
tensors = {f"param.{name}": value.clone() for name, value in network.named_parameters()}
network.train()

real = (torch.rand(3, CHANNELS, SIZE, SIZE) * 2 - 1).requires_grad_()
fake = (torch.randn(3, CHANNELS, SIZE, SIZE) * 0.4).clamp(-1, 1).requires_grad_()
logits_real, logits_fake = network(real), network(fake)
loss = 0.5 * (F.relu(1.0 - logits_real).mean() + F.relu(1.0 + logits_fake).mean())
loss.backward()

tensors |= {
    "real": real.detach(),
    "fake": fake.detach(),
    "logits.real": logits_real.detach(),
    "logits.fake": logits_fake.detach(),
    "loss": loss.detach(),
    "grad.real": real.grad,
    "grad.fake": fake.grad,
}
tensors |= {f"grad.{name}": value.grad for name, value in network.named_parameters()}
# After both forward passes.
tensors |= {
    f"after.{name}": value for name, value in network.named_buffers() if not name.endswith("num_batches_tracked")
}
save_file(
    {name: value.contiguous().clone() for name, value in tensors.items()},
    pathlib.Path(__file__).with_suffix(".safetensors"),
    metadata={"torch": torch.__version__},
)
print(logits_real.flatten(), logits_fake.flatten(), loss)
