"""Is it the same network and the same training? Holds the PyTorch side against the golden numbers of the reference."""

import json
from pathlib import Path

import torch
from network import AutoEncoder
from objective import Objective, Trainer, time_steps
from safetensors.torch import load_file

# Of a tensor's largest value, of a loss, of a gradient's norm; as the project's own parity check.
FORWARD, LOSS, GRADIENT, TRAINED = 1e-4, 1e-4, 1e-3, 1e-3


def config_of(case: dict) -> dict:
    """A preset's configuration from that of a golden case."""
    return {
        "network": {
            "imageSize": case["img"],
            "channels": case["in_channels"],
            "modelChannels": case["model_channels"],
            "multipliers": case["mult"],
            "blocks": case["blocks"],
            "attentionResolutions": case["attn"],
            "zChannels": case["z_channels"],
            "finalDim": case["final_dim"],
            "dropout": 0,
        },
        "objective": {
            "sigmaMin": case["sigma_min"],
            "sigmaMax": case["sigma_max"],
            "rho": case["rho"],
            "loss": case["loss_mode"],
            "denoiserLoss": case["denoiser_loss_mode"] if case["out_channels"] > case["in_channels"] else None,
            "lambdaDenoiser": case["lambda_denoiser"],
            "recWeight": case["rec_weight_mode"],
            "klWeight": case["kl_weight_mode"],
        },
        "training": {"clipNorm": case["clip"], "emaRate": case["ema"]},
    }


def is_measured(case: dict) -> bool:
    """Whether the comparison of times is about this kind of model."""
    return case["variant"] == "covae" and case["latent_type"] == "gaussian" and not case["use_gan"] and case["time_scale"] == "karras"


def check_case(numbers: dict, tensors: dict[str, torch.Tensor]) -> list[tuple[str, float, float]]:
    """(what, error, allowed) of each comparison."""
    case = numbers["config"]
    config = config_of(case)

    def fresh() -> AutoEncoder:
        net = AutoEncoder(config["network"], case["out_channels"])
        net.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("param.")}, strict=True)
        return net

    found = []

    def compare(what: str, ours: torch.Tensor, theirs: torch.Tensor, allowed: float) -> None:
        error = (ours.detach() - theirs).abs().max() / theirs.abs().max().clamp_min(0.01)
        found.append((what, error.item(), allowed))

    def levels_at(step: int) -> int:
        doublings = torch.log2(torch.tensor(case["end_scales"] // case["start_scales"])).item() + 1
        between = max(1, int(case["total_training_steps"] / doublings))
        return min(case["start_scales"] * 2 ** (step // between), case["end_scales"]) + 1

    x = tensors["x"]
    net = fresh()
    objective = Objective(net, config)
    with torch.no_grad():
        mu, std, picture, _ = objective.run(x, tensors["fwd.t"], tensors["fwd.noise"])
    for what, ours in [("mu", mu), ("std", std), ("x", picture)]:
        compare(what, ours, tensors[f"fwd.{what}"], FORWARD)
    for k, line in enumerate(numbers["losses"]):
        net.zero_grad(set_to_none=True)
        steps = time_steps(config["objective"], levels_at(line["step"]))
        loss = objective.loss(x, tensors[f"loss{k}.idx"].long(), steps, tensors[f"loss{k}.noise"])
        found.append((f"loss {k}", abs(loss.item() / line["total"] - 1), LOSS))
        loss.backward()
        whole = torch.sqrt(sum(p.grad.square().sum() for p in net.parameters())).item()
        for name, p in net.named_parameters():
            expected = line["grad_norms"][name]
            error = abs(p.grad.norm().item() - expected) / (expected + 1e-4 * whole)
            found.append((f"gradient {k} of {name}", error, GRADIENT))
    net = fresh()
    trainer = Trainer(net, config, case["lr"])
    for s, line in enumerate(numbers["train"]):
        steps = time_steps(config["objective"], levels_at(line["step"]))
        trainer.step(x, tensors[f"train{s}.idx"].long(), steps, tensors[f"train{s}.noise"])
    for (name, p), ema in zip(net.named_parameters(), trainer.ema):
        compare(f"after.{name}", p, tensors[f"after.{name}"], TRAINED)
        compare(f"after_ema.{name}", ema, tensors[f"after_ema.{name}"], TRAINED)
    return found


def check_folder(folder: Path) -> bool:
    """Checks every case of the kind that is measured; says how far off each is."""
    right, count = True, 0
    for file in sorted(folder.glob("*.json")):
        numbers = json.loads(file.read_text())
        if "config" not in numbers or not is_measured(numbers["config"]):
            continue
        count += 1
        found = check_case(numbers, load_file(file.with_suffix(".safetensors")))
        # Also when an error is not a number.
        wrong = [item for item in found if not item[1] <= item[2]]
        right = right and not wrong
        worst = max(found, key=lambda item: item[1] / item[2])
        print(f"{file.stem:24} {'FAIL' if wrong else 'pass'}   worst of {len(found)}: {worst[0]} off by {worst[1]:.1e}, {worst[2]:.0e} allowed")
    print(f"{count} cases of the measured kind, {'all agree with' if right else 'some differ from'} the reference.")
    return right and count > 0
