/** How TensorFlow runs the graph of a program: its `ConfigProto`. */
import { ProtoWriter } from './protobuf.ts';

const CONFIG = { graphOptions: 10 };
const GRAPH_OPTIONS = { rewriteOptions: 10 };
const REWRITER = { disableMetaOptimizer: 19 };

/**
 * The bytes of a `ConfigProto` that leaves TensorFlow's graph optimiser (Grappler) off on the CPU: it takes seconds of
 * the first call of each function and tens of megabytes, and makes our steps no faster. On a GPU, where it chooses the
 * layout of convolutions, it stays on.
 */
export function sessionConfig(gpu: boolean): Uint8Array {
  const config = new ProtoWriter(64);
  if (!gpu) {
    config.message(CONFIG.graphOptions, () => {
      config.message(GRAPH_OPTIONS.rewriteOptions, () => config.bool(REWRITER.disableMetaOptimizer, true));
    });
  }
  return config.finish();
}
