"""Measures the same training step and the same one-pass drawing in PyTorch, for comparison with `covae bench`.

    python bench.py --preset ../../assets/presets/mnist.json --batch 8 --steps 5 --precision float32
    python bench.py --check ../../core/train/testdata/golden      numbers of the reference, before one compares times

Prints one line of JSON with the same keys as `covae bench --json`. PyTorch's own defaults for threads; eager; memory
layout whichever of the two is faster (`--channels-last`); float32 gradients, or autocast to bfloat16. Weights are those
of a file that `covae weights export` wrote (`--weights`), or drawn.
"""

import argparse
import json
import statistics
import time

STARTED = time.perf_counter()

import resource  # noqa: E402
from pathlib import Path  # noqa: E402

import torch  # noqa: E402

from check import check_folder  # noqa: E402
from network import AutoEncoder  # noqa: E402
from objective import Objective, Trainer, time_steps  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

WARM_UP_STEPS = 2
SAMPLING_ROUNDS = 5


def peak_megabytes() -> float:
    for line in Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else []:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def times_of(body, rounds: int) -> list[float]:
    times = []
    for round_number in range(-WARM_UP_STEPS, rounds):
        started = time.perf_counter()
        body()
        if round_number >= 0:
            times.append(1000 * (time.perf_counter() - started))
    return times


def measure(args: argparse.Namespace) -> dict:
    config = json.loads(Path(args.preset).read_text())["config"]
    network, objective = config["network"], config["objective"]
    device = torch.device(args.device)
    batch = args.batch or config["training"]["batchSize"]
    torch.manual_seed(0)
    outputs = network["channels"] * (1 if objective["denoiserLoss"] is None else 2)
    net = AutoEncoder(network, outputs).initialise()
    if args.weights:
        net.load_state_dict(load_file(args.weights), strict=True)
    layout = torch.channels_last if args.channels_last else torch.contiguous_format
    net = net.to(device, memory_format=layout)
    trainer = Trainer(net, config, config["training"]["learningRate"], autocast=args.precision == "bfloat16")
    side = net.decoder.latent_side
    shape = [network["zChannels"], side, side] if network["finalDim"] is None else [network["finalDim"]]
    images = torch.rand(1024, network["channels"], network["imageSize"], network["imageSize"]) * 2 - 1
    steps = time_steps(objective, objective["endScales"] + 1).to(device)

    def train() -> None:
        x = images[torch.randint(len(images), (batch,))].to(device, memory_format=layout)
        index = torch.randint(len(steps) - 1, (batch,), device=device)
        # .item(): on a GPU the step is done then, not before.
        trainer.step(x, index, steps, torch.randn(batch, *shape, device=device)).item()

    train()
    start = 1000 * (time.perf_counter() - STARTED)
    step_times = times_of(train, args.steps)

    drawing = Objective(net, config)
    top = torch.full((batch,), objective["sigmaMax"], device=device)

    @torch.inference_mode()
    def draw() -> None:
        net.eval()
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=args.precision == "bfloat16"):
            picture = drawing.decode(torch.randn(batch, *shape, device=device), top)[0]
        picture.float().add(1).mul(127.5).round().clamp(0, 255).to("cpu", torch.uint8)

    draw_times = times_of(draw, SAMPLING_ROUNDS)
    step = statistics.median(step_times)
    return {
        "preset": Path(args.preset).stem,
        "batch": batch,
        "steps": args.steps,
        "data": "synthetic",
        "backend": f"torch {torch.__version__}{', channels last' if args.channels_last else ''}",
        "precision": args.precision,
        "device": str(device),
        "threads": torch.get_num_threads(),
        "stepMs": round(step, 2),
        "min": round(min(step_times), 2),
        "max": round(max(step_times), 2),
        "trainSamplesPerSecond": round(1000 * batch / step, 2),
        "samplesPerSecond": round(1000 * batch / statistics.median(draw_times), 2),
        "peakMB": round(peak_megabytes(), 1),
        "startMs": round(start, 1),
        "params": sum(p.numel() for p in net.parameters()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", metavar="DIR", help="compare with the golden cases of a folder instead of measuring")
    parser.add_argument("--preset", help="JSON file of a preset")
    parser.add_argument("--weights", help="safetensors file of covae weights export")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    if args.check:
        raise SystemExit(0 if check_folder(Path(args.check)) else 1)
    print(json.dumps(measure(args)))


if __name__ == "__main__":
    main()
