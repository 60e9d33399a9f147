import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { libraryVersion, tf } from './tf.ts';

const run = promisify(execFile);

describe('tf', () => {
  it('computes on the native backend', () => {
    expect(tf.getBackend()).toBe('tensorflow');
    expect(libraryVersion().tensorflow).toMatch(/^2\.\d+\.\d+/);
  });
});

describe('bundled to CommonJS', () => {
  let folder: string;
  let bundle: string;
  beforeAll(async () => {
    // Outside the project, so that the package is found only where NODE_PATH says.
    folder = await mkdtemp(join(tmpdir(), 'covae-bundle-'));
    bundle = join(folder, 'bundle.cjs');
    const { warnings } = await build({
      stdin: {
        contents: `
          import { compileProgram } from './compile.ts';
          import { tf } from './tf.ts';
          const program = compileProgram(
            { a: { shape: [], data: Float32Array.of(40) } },
            { f: { inputs: {}, run: ({ a }) => ({ outputs: { y: tf.add(a, 2) } }) } },
          );
          console.log(program.call('f', {}).y.data[0]);`,
        resolveDir: import.meta.dirname,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node18',
      external: ['@tensorflow/*'],
      outfile: bundle,
      logLevel: 'silent',
    });
    expect(warnings.map(({ id }) => id).filter((id) => id !== 'empty-import-meta')).toEqual([]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('loads the package and compiles', async () => {
    const env = { ...process.env, NODE_PATH: resolve('node_modules') };
    const { stdout } = await run(process.execPath, [bundle], { env });
    expect(stdout).toBe('42\n');
  });

  it('says in one sentence that the library is missing', async () => {
    const env = { ...process.env, NODE_PATH: '' };
    const script = `try { require(process.argv[1]) } catch (e) { console.log(e.name + ': ' + e.message) }`;
    const { stdout } = await run(process.execPath, ['-e', script, bundle], { env });
    expect(stdout).toBe(
      "UserError: TensorFlow's native library could not be loaded " +
        "(Cannot find module '@tensorflow/tfjs-node-gpu'); run `npm run setup` to build it again.\n",
    );
  });
});
