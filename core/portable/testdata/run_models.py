"""Runs exported models with TensorFlow and ONNX Runtime.

    python run_models.py < jobs.json > results.json

A job is {"as": "savedmodel" | "onnx", "file": folder or .onnx file, "function": name of the signature, "inputs": {name:
{"dtype", "shape", "data" in base64}}}; its result has the outputs in the same form.
"""

import base64
import json
import sys

import numpy as np


def unpack(tensor):
    return np.frombuffer(base64.b64decode(tensor["data"]), tensor["dtype"]).reshape(tensor["shape"])


def pack(array):
    array = np.ascontiguousarray(array)
    return {"dtype": str(array.dtype), "shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


opened = {}


def saved_model(folder, function, inputs):
    import tensorflow as tf

    if folder not in opened:
        opened[folder] = tf.saved_model.load(folder)
    outputs = opened[folder].signatures[function](**{name: tf.constant(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in outputs.items()}


def onnx(file, _, inputs):
    import onnx as checker
    import onnxruntime

    if file not in opened:
        checker.checker.check_model(file, full_check=True)
        opened[file] = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    session = opened[file]
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


run = {"savedmodel": saved_model, "onnx": onnx}
results = []
for job in json.load(sys.stdin):
    inputs = {name: unpack(tensor) for name, tensor in job["inputs"].items()}
    outputs = run[job["as"]](job["file"], job["function"], inputs)
    results.append({name: pack(value) for name, value in outputs.items()})
json.dump(results, sys.stdout)
