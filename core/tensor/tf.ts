/**
 * TensorFlow, ready to use. Import `tf` from here and nowhere else: this file sets the library up before
 * it loads, and turns a failure to load into one sentence.
 */
import './native.ts';
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { toNativeAttrs, type OpAttrs } from './op-attr.ts';
import { sessionConfig } from './session-config.ts';

export { tf };
export type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-node-gpu';

/** The native backend: the only one used. */
export function nativeBackend(): NodeJSKernelBackend {
  return tf.backend() as NodeJSKernelBackend;
}

/**
 * Runs one native TensorFlow operation, also one that tfjs has no kernel for, and gives its only output.
 * Type attributes that follow from the inputs may be left out for the operations listed in op-types.ts.
 *
 * The gradient tape does not see it: wrap it in `tf.customGrad` where a gradient has to pass.
 * @throws Error with TensorFlow's message when the operation refuses its inputs.
 */
export function executeOp(name: string, attrs: OpAttrs, inputs: readonly tf.Tensor[]): tf.Tensor {
  return nativeBackend().executeSingleOutput(name, toNativeAttrs(attrs), [...inputs]);
}

/**
 * The values of the float32 tensor that `make` returns; all it made is let go of. Not `tf.tidy` around `dataSync`, which
 * looks for a tensor in each value and takes twenty times as long as the product of two matrices.
 */
export function tidyValues(make: () => tf.Tensor): Float32Array {
  const tensor = tf.tidy(make);
  try {
    return tensor.dataSync<'float32'>();
  } finally {
    tensor.dispose();
  }
}

/** As {@link executeOp}, for an operation with `count` outputs. */
export function executeOpOutputs(
  name: string,
  attrs: OpAttrs,
  inputs: readonly tf.Tensor[],
  count: number,
): tf.Tensor[] {
  return nativeBackend().executeMultipleOutputs(name, toNativeAttrs(attrs), [...inputs], count);
}

/** What set-up adds to the binding (scripts/setup/addon-changes.mjs). */
interface ChangedBinding {
  loadSavedModel(folder: string, tags: string, config: Uint8Array): number;
}

/**
 * Opens a session with the SavedModel in a folder, and gives its number.
 * @throws Error with TensorFlow's message when it refuses the graph
 */
export function loadSession(folder: string, tag: string): number {
  // A prebuilt binding (macOS, Windows) leaves the third argument unread.
  const binding: ChangedBinding = nativeBackend().binding;
  return binding.loadSavedModel(folder, tag, sessionConfig(libraryVersion().gpu));
}

/** Version of TensorFlow's C library in use, and whether it computes on a GPU. */
export function libraryVersion(): { tensorflow: string; tfjs: string; gpu: boolean } {
  const { binding } = nativeBackend();
  return {
    tensorflow: binding.TF_Version,
    tfjs: tf.version['tfjs-node'],
    gpu: binding.isUsingGpuDevice(),
  };
}
