"""Where the time of a training step goes, by operation: runs a dumped graph under TensorFlow's own tracer.

    npx covae bench --preset mnist --batch 8 --steps 1 --dump-graph /tmp/graph
    python profile_graph.py /tmp/graph [--function trainStep8] [--steps 5] [--names 30]
    python profile_graph.py /tmp/graph --function decode --batch 16

Needs Python with TensorFlow of the same version. Values are random: they do not change the time.
"""

import argparse
import os
import re
import time
from collections import defaultdict

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

tf1 = tf.compat.v1


def value_for(op: tf.Operation, rng: np.random.Generator, batch: int) -> np.ndarray:
    tensor = op.outputs[0]
    shape = [batch if length is None else length for length in tensor.shape.as_list()]
    if tensor.dtype == tf.int32:
        return rng.integers(0, 2**31 - 1, shape, dtype=np.int32)
    if len(shape) == 4:
        return rng.uniform(-1, 1, shape).astype(np.float32)
    # Times, weights and the optimiser's numbers.
    return np.ones(shape, np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph")
    parser.add_argument("--function")
    parser.add_argument("--batch", type=int, default=16, help="rows, for a function that takes any number")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--names", type=int, default=30, help="single operations to list")
    parser.add_argument("--match", default="", help="list only single operations of types that match")
    args = parser.parse_args()
    rng = np.random.default_rng(0)

    with tf1.Session(graph=tf.Graph()) as session:
        model = tf1.saved_model.load(session, ["serve"], args.graph)
        graph = session.graph
        placeholders = [op for op in graph.get_operations() if op.type == "Placeholder"]
        for op in placeholders:
            index = re.fullmatch(r"write_(\d+)", op.name)
            if index is None:
                continue
            shape = op.outputs[0].shape.as_list()
            value = 0.02 * rng.standard_normal(shape).astype(np.float32)
            session.run(f"written_{index[1]}:0", {op.outputs[0]: np.abs(value)})
        functions = sorted({op.name.split("/")[0] for op in placeholders if "/" in op.name})
        name = args.function or max((f for f in functions if f.startswith("trainStep")), key=lambda f: int(re.findall(r"\d+", f)[0]))
        feeds = {op.outputs[0]: value_for(op, rng, args.batch) for op in placeholders if op.name.startswith(f"{name}/")}
        # All that it gives, new state included.
        done = [tensor.name for tensor in model.signature_def[name].outputs.values()]

        for _ in range(3):
            session.run(done, feeds)
        plain = []
        for _ in range(args.steps):
            started = time.perf_counter()
            session.run(done, feeds)
            plain.append(1000 * (time.perf_counter() - started))

        options = tf1.RunOptions(trace_level=tf1.RunOptions.FULL_TRACE)
        by_type: dict[str, list[float]] = defaultdict(lambda: [0.0, 0])
        by_name: dict[str, list] = defaultdict(lambda: ["", 0.0, ""])
        for _ in range(args.steps):
            metadata = tf1.RunMetadata()
            session.run(done, feeds, options=options, run_metadata=metadata)
            for device in metadata.step_stats.dev_stats:
                for node in device.node_stats:
                    label = node.timeline_label
                    kind = re.search(r"= ([\w]+)\(", label)
                    op = kind[1] if kind else node.node_name.split(":")[-1]
                    by_type[op][0] += node.all_end_rel_micros / 1000 / args.steps
                    by_type[op][1] += 1 / args.steps
                    entry = by_name[node.node_name]
                    shapes = " ".join(
                        "x".join(str(d.size) for d in out.tensor_description.shape.dim) for out in node.output
                    )
                    entry[0], entry[2] = op, shapes
                    entry[1] += node.all_end_rel_micros / 1000 / args.steps

    total = sum(ms for ms, _ in by_type.values())
    print(f"{name}: {np.median(plain):.1f} ms a step ({min(plain):.1f} to {max(plain):.1f}); {total:.0f} ms over all threads when traced")
    print(f"{'operation':34}{'count':>8}{'ms':>10}{'share':>8}")
    for op, (ms, count) in sorted(by_type.items(), key=lambda item: -item[1][0]):
        if ms > 0.001 * total:
            print(f"{op:34}{count:8.0f}{ms:10.1f}{100 * ms / total:7.1f}%")
    print()
    shown = [item for item in by_name.items() if re.search(args.match, item[1][0])]
    for node, (op, ms, shapes) in sorted(shown, key=lambda item: -item[1][1])[: args.names]:
        print(f"{ms:8.2f} ms  {op:28} {shapes:24} {node}")


if __name__ == "__main__":
    main()
