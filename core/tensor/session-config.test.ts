import { describe, expect, it } from 'vitest';
import { sessionConfig } from './session-config.ts';
import { nativeBackend } from './tf.ts';

describe('sessionConfig', () => {
  it('is, on the CPU, what Python’s TensorFlow writes for disable_meta_optimizer', () => {
    // ConfigProto(graph_options=GraphOptions(rewrite_options=RewriterConfig(disable_meta_optimizer=True)))
    expect(Buffer.from(sessionConfig(false)).toString('hex')).toBe('52055203980101');
  });

  it('leaves everything as TensorFlow has it on a GPU', () => {
    expect(sessionConfig(true)).toHaveLength(0);
  });
});

// Only Linux compiles the binding itself.
describe.runIf(process.platform === 'linux')('the binding', () => {
  const binding: { loadSavedModel(folder: string, tags: string, config: Uint8Array): number } =
    nativeBackend().binding;

  it('hands the configuration to TensorFlow', () => {
    expect(() => binding.loadSavedModel('/nowhere', 'serve', Uint8Array.of(0xff))).toThrow(
      'Invalid ConfigProto: Unparseable ConfigProto',
    );
    expect(() => binding.loadSavedModel('/nowhere', 'serve', sessionConfig(false))).toThrow(
      /Could not find SavedModel/,
    );
  });
});
