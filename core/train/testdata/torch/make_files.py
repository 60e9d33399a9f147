"""Makes the files of this folder with the official implementation's own trainer, in float32 on the CPU.

    python make_files.py REFERENCE

REFERENCE is a clone of the implementation; needs torch, lightning and omegaconf. Two steps of its LightningConsistencyModel on
random images give `reference.ckpt`, as Lightning writes it: with the model in its settings, a copy with the averages, and the
optimisers' states. `pair.pt` has the state of the AutoEncoder and its averages beside each other, `autoencoder.pth` the former alone,
`covae.pth` the whole CoVAE's. `config.json` is the configuration, `expected.json` first, last and sum of each tensor.
"""

import json
import pathlib
import sys

import lightning
import torch
from omegaconf import OmegaConf

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "golden"))
sys.path.insert(0, sys.argv[1])
import make_cases  # noqa: E402
from lightning_modules.lightning_cm import LightningConsistencyModel  # noqa: E402

CONFIG = make_cases.DEFAULTS | dict(
    img=24, model_channels=4, mult=[1, 1], blocks=1, attn=[], z_channels=1, out_channels=2, use_gan=True, ndf=2,
    total_training_steps=100, batch=2,
)  # fmt: skip


def numbers(state):
    return {name: [float(v.flatten()[0]), float(v.flatten()[-1]), float(v.double().sum())] for name, v in state.items() if v.is_floating_point()}


def main():
    torch.manual_seed(0)
    model = make_cases.build(CONFIG)
    model = model[-1] if isinstance(model, tuple) else model
    settings = OmegaConf.create(
        {"model": {"ema_rate": 0.9, "learning_rate": 0.01, "weight_decay": 0.0, "use_gan": True}, "gradient_clip_val": 0}
    )
    module = LightningConsistencyModel(settings, model)
    with torch.no_grad():
        # The initialisation leaves most at 0.
        for value in module.model.parameters():
            value.add_(0.05 * torch.randn_like(value))
    images = torch.rand(4, 1, 24, 24) * 2 - 1
    trainer = lightning.Trainer(
        max_steps=4, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, default_root_dir="/tmp"
    )
    trainer.fit(module, torch.utils.data.DataLoader(images, batch_size=2))
    trainer.save_checkpoint(HERE / "reference.ckpt")
    weights, averages = module.model.model.state_dict(), module.ema.model.state_dict()
    torch.save({"model": weights, "ema": averages, "step": 2, "args": settings}, HERE / "pair.pt")
    torch.save(weights, HERE / "autoencoder.pth")
    torch.save(module.model.state_dict(), HERE / "covae.pth")
    (HERE / "config.json").write_text(json.dumps({"config": CONFIG}, indent=1) + "\n")
    expected = {"weights": numbers(weights), "averages": numbers(averages), "discriminator": numbers(module.model.discriminator.state_dict())}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
