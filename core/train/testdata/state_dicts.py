"""Writes names, types and shapes of the official implementation's state dicts for a few golden cases.

    python state_dicts.py PATH_TO_THE_REFERENCE      writes state-dicts.json beside this script

`autoencoder` is the state of AutoEncoder; `besides` what the whole CoVAE or CoVAESimple module has beside it (whose
names begin with `model.` there).
"""

import json
import sys
import types
from contextlib import nullcontext
from pathlib import Path

# The models import one function of Lightning, which they only use while training.
for name in ("lightning", "lightning.pytorch", "lightning.pytorch.utilities", "lightning.pytorch.utilities.seed"):
    sys.modules.setdefault(name, types.ModuleType(name))
sys.modules["lightning.pytorch.utilities.seed"].isolate_rng = nullcontext
sys.path.insert(0, sys.argv[1])
from kernels.variance_exploding import VarianceExplodingKernel  # noqa: E402
from models.covae import CoVAE  # noqa: E402
from models.covae_simple import CoVAESimple  # noqa: E402
from networks.autoencoder import AutoEncoder  # noqa: E402
from networks.discriminator import NLayerDiscriminator  # noqa: E402

HERE = Path(__file__).parent
CASES = {
    "grey": {},
    "grey with classes": {"label_dim": 3},
    "rgb-deep": {},
    "rgb-adversarial": {},
    "rgb-s-covae": {},
    "rgb-s-covae with a discriminator": {"use_gan": True, "ndf": 4, "img": 32},
    "vector-log": {},
}


def module(c: dict):
    net = AutoEncoder(
        img_resolution=c["img"], in_channels=c["in_channels"], out_channels=c["out_channels"], label_dim=c.get("label_dim") or 0,
        model_channels=c["model_channels"], channel_mult_enc=c["mult"], channel_mult_dec=c["mult"],
        num_blocks_enc=c["blocks"], num_blocks_dec=c["blocks"], attn_resolutions=c["attn"],
        z_channels=c["z_channels"], final_dim=c.get("final_dim"),
    )  # fmt: skip
    size = c["img"] >> (len(c["mult"]) - 1)
    common = dict(
        model=net,
        discriminator=NLayerDiscriminator(c["in_channels"], ndf=c["ndf"]) if c["use_gan"] else None,
        noise_shape=[c["final_dim"]] if c.get("final_dim") else [c["z_channels"], size, size],
        **{key: c[key] for key in "step_schedule sigma_min sigma_max rho start_scales end_scales total_training_steps loss_mode denoiser_loss_mode use_gan gan_warmup_steps gan_lambda".split()},
    )  # fmt: skip
    if c["variant"] == "covae":
        keys = "time_scale rec_weight_mode kl_weight_mode lambda_denoiser latent_type latent_shape"
        return net, CoVAE(**common, **{key: c[key] for key in keys.split()})
    keys = "p_mean p_std sigma_data norm_strength norm_weight noise_schedule"
    kernel = VarianceExplodingKernel(c["sigma_min"], c["sigma_max"], c["sigma_data"])
    return net, CoVAESimple(kernel=kernel, mid_t=1.0, **common, **{key: c[key] for key in keys.split()})


def listing(state: dict) -> dict:
    return {name: [str(tensor.dtype).removeprefix("torch."), list(tensor.shape)] for name, tensor in state.items()}


if __name__ == "__main__":
    result = {}
    for name, changes in CASES.items():
        config = json.loads((HERE / "golden" / f"{name.split(' ')[0]}.json").read_text())["config"] | changes
        net, whole = module(config)
        own = listing(net.state_dict())
        full = listing(whole.state_dict())
        assert {f"model.{key}": value for key, value in own.items()}.items() <= full.items()
        besides = {key: value for key, value in full.items() if not key.startswith("model.")}
        result[name] = {"config": config, "autoencoder": own, "besides": besides}
    lines = [f'"{name}": {json.dumps(value)}' for name, value in result.items()]
    (HERE / "state-dicts.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
