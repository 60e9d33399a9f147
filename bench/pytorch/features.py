"""Features of torchvision's MobileNetV2 of images of 28 x 28 pixels, for comparison with `covae bench --features N`.

    python features.py --images 5000 [--channels-last]

Needs torch and torchvision. Resizing (bilinear, antialiased) and normalising are included, in batches of 32, with PyTorch's own
number of threads. The weights are drawn: what they are makes no difference to the time. Prints one line of JSON.
"""

import argparse
import json
import time

import torch
import torchvision
from torchvision.transforms.functional import resize

SIDE, BATCH = 224, 32


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--channels-last", action="store_true")
    args = parser.parse_args()
    layout = torch.channels_last if args.channels_last else torch.contiguous_format
    network = torchvision.models.mobilenet_v2().eval().to(memory_format=layout)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    images = torch.randint(0, 256, (BATCH, 1, 28, 28), dtype=torch.uint8)

    def look(part: torch.Tensor) -> torch.Tensor:
        grey = resize(part.float(), [SIDE, SIDE], antialias=True) / 255
        x = (grey.expand(-1, 3, -1, -1) - mean) / std
        return network.features(x.contiguous(memory_format=layout)).mean([2, 3])

    look(images)
    started = time.perf_counter()
    for done in range(0, args.images, BATCH):
        look(images[: args.images - done])
    seconds = time.perf_counter() - started
    print(json.dumps({"images": args.images, "seconds": seconds, "imagesPerSecond": args.images / seconds}))


main()
