"""Trains a configuration in PyTorch on the raw pixels of a packed data set and writes samples, to be judged beside others.

    python train.py --config config.json --pixels pixels.u8 --seconds 1800 --moments 4 --out samples/

`config.json` is the `config` of a preset. Levels double over the steps that fit into the time (measured on the first ones),
as they do over the whole training in the reference. Samples come from the weights in training: an average over 10,000
steps, as the reference has it, would still hold the initial weights after so short a training. Writes
`<step>-<passes>.u8` (images × height × width × channels, uint8) and prints a line of JSON for each moment.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch

from network import AutoEncoder
from objective import Objective, Trainer, time_steps

WARM_UP_STEPS = 3
TIMED_STEPS = 10


def levels_at(objective: dict, step: int, total: int) -> int:
    """Number of time steps beside the 0, as the reference's schedules have it."""
    start, end = objective["startScales"], objective["endScales"]
    if objective["stepSchedule"] == "none":
        return end + 1
    doublings = math.log2(end // start) + 1
    return min(start * 2 ** (step // max(1, int(total / doublings))), end) + 1


@torch.inference_mode()
def draw(objective: Objective, shape: list[int], count: int, passes: int, seed: int) -> torch.Tensor:
    """Samples in [-1, 1]; a second pass encodes at the middle of the final time steps."""
    config = objective.config
    generator = torch.Generator().manual_seed(seed)
    final = time_steps(config, config["endScales"] + 1)
    middle = final[round((config["endScales"] + 1) / 2)]
    parts = []
    for start in range(0, count, 100):
        size = min(100, count - start)
        z, t = torch.randn(size, *shape, generator=generator), torch.full((size,), config["sigmaMax"])
        x = objective.decode(z, t)[0]
        for _ in range(passes - 1):
            t = middle.expand(size)
            mu, std = objective.net.encoder(x.clamp(-1, 1), objective.net.time_embedding(t))
            x = objective.decode(mu + std * torch.randn(size, *shape, generator=generator), t)[0]
        parts.append(x)
    return torch.cat(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True)
    parser.add_argument("--pixels", required=True)
    parser.add_argument("--seconds", type=float, help="of training; the steps that fit are measured")
    parser.add_argument("--steps", type=int, help="in place of --seconds")
    parser.add_argument("--moments", type=int, default=4, help="at which samples are drawn, evenly over the training")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    config = json.loads(Path(args.config).read_text())
    network, objective, training = config["network"], config["objective"], config["training"]
    side, channels = network["imageSize"], network["channels"]
    pixels = torch.frombuffer(bytearray(Path(args.pixels).read_bytes()), dtype=torch.uint8)
    images = pixels.reshape(-1, side, side, channels).permute(0, 3, 1, 2).float() / 127.5 - 1
    net = AutoEncoder(network, channels * (1 if objective["denoiserLoss"] is None else 2)).initialise()
    trainer = Trainer(net, config, training["learningRate"])
    latent = net.decoder.latent_side
    shape = [network["zChannels"], latent, latent] if network["finalDim"] is None else [network["finalDim"]]
    batch = training["batchSize"]

    def train(times: torch.Tensor) -> None:
        x = images[torch.randint(len(images), (batch,))]
        trainer.step(x, torch.randint(len(times) - 1, (batch,)), times, torch.randn(batch, *shape))

    seconds = 0.0
    total = args.steps
    first = time_steps(objective, levels_at(objective, 0, 10**9))
    step = 0
    if total is None:
        for step in range(1, WARM_UP_STEPS + TIMED_STEPS + 1):
            started = time.perf_counter()
            train(first)
            seconds += time.perf_counter() - started
            if step == WARM_UP_STEPS:
                before = seconds
        total = max(step, int(args.seconds / ((seconds - before) / TIMED_STEPS)))
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    ends = [round(total * (i + 1) / args.moments) for i in range(args.moments)]
    while step < total:
        started = time.perf_counter()
        train(time_steps(objective, levels_at(objective, step, total)))
        seconds += time.perf_counter() - started
        step += 1
        if step in ends:
            net.eval()
            for passes in (1, 2):
                x = draw(Objective(net, config), shape, args.count, passes, args.seed)
                x = x.clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8).permute(0, 2, 3, 1)
                (out / f"{step}-{passes}.u8").write_bytes(x.contiguous().numpy().tobytes())
            net.train()
            print(json.dumps({"step": step, "images": step * batch, "seconds": round(seconds, 1)}), flush=True)


if __name__ == "__main__":
    main()
