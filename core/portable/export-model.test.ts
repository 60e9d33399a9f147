/** Exported models give, in other programs, what they give here. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { UserError } from '../errors.ts';
import { inferenceFunctions } from '../explore/inference-functions.ts';
import { finish, NetworkCalls } from '../explore/network-calls.ts';
import { ProgramGenerator } from '../explore/generator.ts';
import { latentShape, type NetworkConfig } from '../config/network.ts';
import { categoriesOf } from '../config/objective.ts';
import { oneHotLatents } from '../explore/categorical.ts';
import { noiseSpec } from '../covae/latent.ts';
import { elementCount } from '../shape.ts';
import { compileProgram } from '../tensor/compile.ts';
import { normals, uniformFloats } from '../tensor/noise.ts';
import { writeEvaluation } from '../evaluate/store.ts';
import { testRecord } from '../evaluate/test-record.ts';
import { pythonWith } from '../test-python.ts';
import { exportModel, type FolderFormat, type ModelExport } from './export-model.ts';
import { exportWithCard } from './export-weights.ts';
import { passTimes } from './functions.ts';
import { roundedWeights } from './onnx/quantise.ts';
import { openPortableModel } from './portable-model.ts';
import { goldenConfig, runOf, runOutside, type OutsideJob, type OutsideTensor } from './test-outside.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const { load: loadYaml } = createRequire(import.meta.url)('js-yaml') as {
  load: (text: string) => unknown;
};

const BATCH = 3;
const ONE_LEVEL = 1 / 255;

let root: string;
let home: string;
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-portable-'));
  home = path.join(root, 'home');
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const exportAs = (run: string, as: FolderFormat, name: string): Promise<ModelExport> =>
  exportModel(run, path.join(root, name), { home, as, licence: 'cc-by-4.0' });

const CASES: readonly (readonly [
  name: string,
  golden: string,
  change: (network: NetworkConfig) => NetworkConfig,
])[] = [
  ['spatial with classes', 'grey', (network) => ({ ...network, classes: 3 })],
  ['squares of pixels', 'grey', (network) => ({ ...network, patch: 2, attentionResolutions: [] })],
  ['tanh', 'rgb-s-covae-tanh', (network) => network],
  ['vector of categories', 'vector-categorical-linear', (network) => network],
  ['two levels', 'grey', (network) => ({ ...network, latentLevels: 2 })],
];

/** Draws of this program with some weights, and the inputs that lead to them. */
async function drawsOf(run: string, rounded: boolean) {
  const { model, flat, manifest } = await openPortableModel(run);
  const { network, objective } = model;
  const data = rounded ? roundedWeights(model.plan.layout, flat) : flat;
  const vector = { shape: [flat.length], data };
  const program = compileProgram({ parameters: vector, ema: vector }, inferenceFunctions(model));
  const generator = new ProgramGenerator(
    manifest,
    program,
    () => 0,
    () => program.dispose(),
  );
  const [side, latent, t] = [network.imageSize, latentShape(network), passTimes(objective).again];
  const batch = (shape: readonly number[], values: Float32Array): OutsideTensor => ({
    shape: [BATCH, ...shape],
    data: values,
  });
  const pixels = Uint8Array.from(
    { length: BATCH * side * side * network.channels },
    (_, i) => (i * 73) % 256,
  );
  const asImages = (values: Float32Array): OutsideTensor => batch([side, side, network.channels], values);
  const categories = categoriesOf(objective);
  const numbers = normals([1, 2], BATCH * elementCount(latent));
  // A generator decodes the likeliest categories.
  const z = categories === null ? numbers : oneHotLatents(network, categories, numbers, null);
  const climbing = normals([3, 4], BATCH * elementCount(latent));
  const spec = noiseSpec(network, objective);
  const draw = spec.kind === 'normal' ? normals : uniformFloats;
  const noises = [0, 1].map((pass) => draw([5, pass], BATCH * elementCount(spec.shape)));
  const label = network.classes > 0 ? { label: 1 } : {};
  const labels: Record<string, OutsideTensor> =
    network.classes > 0 ? { labels: { shape: [BATCH], data: new Int32Array(BATCH).fill(1) } } : {};
  const toShare = (x: Float32Array): Float32Array => x.map((value) => (value + 1) / 2);
  try {
    const images = { count: BATCH, height: side, width: side, channels: network.channels, data: pixels };
    const lower = network.latentLevels > 1;
    const latents = generator.encode(images, { t }, { ...label, ...(lower && { noise: climbing }) });
    const decoded = generator.decode(z, { t }, label);
    // The generator's own noise is not to be had from outside; its calls are made with this one.
    const calls = new NetworkCalls({ network, objective }, 'test');
    const samples = (times: number[]): Float32Array =>
      toShare(
        finish(calls.samples({ count: BATCH, noiseOf: (pass) => noises[pass]!, times, ...label }), (call) =>
          generator.call(call),
        ),
      );
    const [one, two] = [samples([]), samples([t])];
    const times = batch([], new Float32Array(BATCH).fill(t));
    const noise = (pass: number): OutsideTensor => batch(spec.shape, noises[pass]!);
    return {
      ...{ latents, decoded, one, two },
      inputs: {
        encode: {
          images: asImages(Float32Array.from(pixels, (value) => value / 255)),
          t: times,
          ...(objective.variant !== 's-covae' && labels),
          ...(lower && { noise: batch(latent, climbing) }),
        },
        decode: { z: batch(latent, z), t: times, ...labels },
        sample: { noise: noise(0), ...labels },
        refine: { images: asImages(one), noise: noise(1), ...labels },
      },
    };
  } finally {
    generator.dispose();
  }
}

function largestDifference(a: Float32Array | undefined, b: Float32Array): number {
  expect(a?.length).toBe(b.length);
  return b.reduce((most, value, i) => Math.max(most, Math.abs(value - (a?.[i] ?? NaN))), 0);
}

/** Largest difference in levels of 0 … 255, after both are made into pixels. */
function levelsApart(images: Float32Array | undefined, pixels: Uint8Array): number {
  const levels = Uint8ClampedArray.from(images ?? [], (value) => value * 255);
  expect(levels.length).toBe(pixels.length);
  return levels.reduce((most, value, i) => Math.max(most, Math.abs(value - pixels[i]!)), 0);
}

const python = pythonWith('tensorflow', 'onnxruntime', 'onnx', 'numpy');

describe.runIf(python !== null)('TensorFlow and ONNX Runtime', () => {
  type Draws = Awaited<ReturnType<typeof drawsOf>>;
  interface Outside {
    run: string;
    plain: Draws;
    rounded: Draws;
    folders: Record<Exclude<FolderFormat, 'page'>, string>;
    results: Record<string, Record<string, Float32Array>>;
  }
  const outside = new Map<string, Outside>();

  beforeAll(async () => {
    const jobs: (OutsideJob & { of: string; key: string })[] = [];
    for (const [name, golden, change] of CASES) {
      const config = await goldenConfig(golden);
      const run = await runOf(home, name, { ...config, network: change(config.network) });
      const written = async (as: FolderFormat): Promise<string> =>
        (await exportAs(run, as, `${name} ${as}`)).folder;
      const folders = {
        savedmodel: await written('savedmodel'),
        onnx: await written('onnx'),
        'onnx-int8': await written('onnx-int8'),
      };
      const [plain, rounded] = [await drawsOf(run, false), await drawsOf(run, true)];
      outside.set(name, { run, plain, rounded, folders, results: {} });
      for (const [key, inputs] of Object.entries({ ...plain.inputs, serving_default: plain.inputs.sample })) {
        jobs.push({ of: name, key, as: 'savedmodel', file: folders.savedmodel, function: key, inputs });
      }
      for (const [as, { inputs }] of [
        ['onnx', plain],
        ['onnx-int8', rounded],
      ] as const) {
        for (const [key, file] of [
          ['encode', 'encoder.onnx'],
          ['decode', 'decoder.onnx'],
        ] as const) {
          const job = { as: 'onnx', file: path.join(folders[as], file), function: '' } as const;
          jobs.push({ ...job, of: name, key: `${as} ${key}`, inputs: inputs[key] });
        }
      }
    }
    runOutside(python!, jobs).forEach((outputs, i) => {
      outside.get(jobs[i]!.of)!.results[jobs[i]!.key] = outputs;
    });
  });

  describe.each(CASES.map(([name]) => name))('%s', (name) => {
    it.each(['', 'onnx ', 'onnx-int8 '])('encodes and decodes: %s', (as) => {
      const { plain, rounded, results } = outside.get(name)!;
      const expected = as === 'onnx-int8 ' ? rounded : plain;
      const encoded = results[`${as}encode`];
      expect(largestDifference(encoded?.['mu'], expected.latents.mu)).toBeLessThan(1e-4);
      expect(largestDifference(encoded?.['std'], expected.latents.std)).toBeLessThan(1e-4);
      // Where a value lies between two levels, the last bit decides.
      expect(levelsApart(results[`${as}decode`]?.['images'], expected.decoded.data)).toBeLessThanOrEqual(1);
    });

    it('draws samples in one pass and in two', () => {
      const { plain, results } = outside.get(name)!;
      expect(largestDifference(results['sample']?.['images'], plain.one)).toBeLessThan(ONE_LEVEL / 2);
      expect(largestDifference(results['refine']?.['images'], plain.two)).toBeLessThan(ONE_LEVEL / 2);
      expect(results['serving_default']?.['images']).toEqual(results['sample']?.['images']);
    });
  });

  it('need no more memory on the disk for 8 bits than that, and what it costs is told', () => {
    const { folders, rounded, plain } = outside.get('tanh')!;
    const sizeOf = (as: 'onnx' | 'onnx-int8'): number =>
      fs.statSync(path.join(folders[as], 'decoder.onnx')).size;
    expect(sizeOf('onnx-int8')).toBeLessThan(0.5 * sizeOf('onnx'));
    const card = fs.readFileSync(path.join(folders['onnx-int8'], 'model-card.json'), 'utf8');
    const { rounding } = JSON.parse(card) as { rounding: { mean: number; largest: number; psnr: number }[] };
    expect(rounding).toHaveLength(2);
    for (const { mean, largest, psnr } of rounding) {
      expect(mean).toBeGreaterThan(0);
      expect(largest).toBeGreaterThan(mean);
      expect(psnr).toBeGreaterThan(10);
    }
    expect(largestDifference(rounded.one, plain.one)).toBeGreaterThan(0);
  });

  it.each([
    ['savedmodel', 'tanh', 16, 3],
    ['onnx', 'tanh', 16, 3],
    ['onnx-int8', 'spatial with classes', 28, 1],
    ['onnx', 'vector of categories', 8, 1],
  ] as const)('run the code in the README: %s of %s', (as, name, side, channels) => {
    const { folders } = outside.get(name)!;
    const text = fs.readFileSync(path.join(folders[as], 'README.md'), 'utf8');
    const code = /```python\n([^]*?)```/.exec(text)?.[1];
    const check = `assert pixels.shape == (8, ${side}, ${side}, ${channels}) and pixels.std() > 0, pixels.shape\n`;
    execFileSync(python!, ['-c', `${code}${check}`], {
      cwd: folders[as],
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  });
});

describe('an export', () => {
  it('has a card that the hub can read', async () => {
    const run = await runOf(home, 'card', await goldenConfig('grey'));
    const { folder, files, card } = await exportAs(run, 'onnx', 'card');
    expect(files.map(({ name }) => name)).toEqual([
      'README.md',
      'decoder.onnx',
      'encoder.onnx',
      'model-card.json',
    ]);
    expect(JSON.parse(fs.readFileSync(path.join(folder, 'model-card.json'), 'utf8'))).toEqual(card);
    const text = fs.readFileSync(path.join(folder, 'README.md'), 'utf8');
    const [, head = '', body = ''] = /^---\n([^]*?)\n---\n([^]*)$/.exec(text) ?? [];
    expect(loadYaml(head)).toMatchObject({
      license: 'cc-by-4.0',
      pipeline_tag: 'unconditional-image-generation',
    });
    expect(body).toContain(card.run.id);
    expect(body).toContain(card.weights.sha256);
    expect(card).toMatchObject({
      licence: 'cc-by-4.0',
      dataset: null,
      weights: { kind: 'ema', step: 0 },
      images: { size: 28, channels: 1, classes: [] },
    });
    expect(card.warnings).toEqual([
      'Training is at step 0 of 400,000 and not finished.',
      'The run was made from weights; what they were trained on is not known.',
    ]);
  });

  it('carries the evaluations of its own weights, with protocol and yardstick', async () => {
    const run = await runOf(home, 'measured', await goldenConfig('grey'));
    const checkpoint = { step: 0, sha256: 'a'.repeat(64) };
    const measures = { fd: 12.5, kid: 1e-7, precision: 0.6, recall: null };
    await writeEvaluation(run, testRecord({ checkpoint, measures }));
    await writeEvaluation(run, testRecord({ checkpoint, weights: 'raw' }));
    await writeEvaluation(run, testRecord({ checkpoint: { ...checkpoint, step: 7 } }));
    const { card, cards } = await exportWithCard(run, path.join(root, 'measured.safetensors'), { home });
    expect(card.evaluations).toHaveLength(1);
    expect(card.evaluations[0]).toMatchObject({
      protocol: ['5,000 samples in 1 pass.'],
      measures: [
        { key: 'fd', label: 'FD-MobileNetV2', value: 12.5, yardstick: 1.5 },
        { key: 'kid', value: 1e-7 },
        { key: 'precision', value: 0.6, interval: [0.58, 0.62], yardstick: 0.9 },
      ],
    });
    const text = fs.readFileSync(cards[1]!, 'utf8');
    expect(text).toContain('| FD-MobileNetV2 | 12.5 |  | 1.5 |\n');
    expect(text).toContain('\n- 5,000 samples in 1 pass.\n');
    const [, head = ''] = /^---\n([^]*?)\n---\n/.exec(text) ?? [];
    const metrics = [
      { type: 'fd', value: 12.5 },
      { type: 'kid', value: 1e-7 },
      { type: 'precision', value: 0.6 },
    ];
    expect(loadYaml(head)).toMatchObject({
      'model-index': [
        { name: 'measured', results: [{ dataset: { name: 'digits', split: 'train' }, metrics }] },
      ],
    });
  });

  it('tells of two levels of latents', async () => {
    const config = await goldenConfig('grey', (c) => ({ ...c, network: { ...c.network, latentLevels: 2 } }));
    const run = await runOf(home, 'levels', config);
    const { card, cards } = await exportWithCard(run, path.join(root, 'levels.safetensors'), { home });
    expect(card.warnings[0]).toMatch(/^The model has two levels of latents/);
    expect(cards.map((file) => path.basename(file))).toEqual(['levels.card.json', 'levels.card.md']);
    expect(fs.readFileSync(cards[1]!, 'utf8')).toContain('two levels');
  });

  it('replaces nothing, leaves nothing behind, and says what is wrong in one sentence', async () => {
    const run = await runOf(home, 'refused', await goldenConfig('grey'));
    const folder = path.join(root, 'refusals');
    fs.mkdirSync(folder);
    const refused = async (target: string, options = {}, from = run): Promise<string> => {
      const before = fs.readdirSync(folder, { recursive: true });
      const error: unknown = await exportModel(from, target, { home, as: 'onnx', ...options }).catch(
        (e: unknown) => e,
      );
      expect(fs.readdirSync(folder, { recursive: true })).toEqual(before);
      return error instanceof UserError ? error.message : `no sentence: ${String(error)}`;
    };
    const full = path.join(folder, 'full');
    fs.mkdirSync(full);
    fs.writeFileSync(path.join(full, 'mine.txt'), 'mine');
    expect(await refused(full)).toBe(
      `${full} is not an empty folder; choose a new one, so that nothing is overwritten.`,
    );
    const file = path.join(folder, 'model.onnx');
    expect(await refused(file)).toBe(
      `${file} has the name of a .onnx file, but a folder is written; give a folder.`,
    );
    expect(await refused(path.join(folder, 'none/model'))).toBe(
      `The model could not be written to ${path.join(folder, 'none/model')}: its folder does not exist; choose another one.`,
    );
    expect(await refused(path.join(folder, 'new'), { step: 7 })).toMatch(
      /^There is no usable checkpoint of step 7 /,
    );
    const gone = path.join(home, 'runs', 'gone-abc123');
    expect(await refused(path.join(folder, 'new'), {}, gone)).toBe(
      `${path.join(gone, 'run.json')} does not exist; check the path.`,
    );
    const controller = new AbortController();
    const onPhase = (): void => controller.abort();
    expect(await refused(path.join(folder, 'new'), { signal: controller.signal, onPhase })).toMatch(
      /^no sentence: AbortError/,
    );
  });

  it('says that the disk is full', async () => {
    const run = await runOf(home, 'no room', await goldenConfig('grey'));
    const target = path.join(root, 'no room');
    const files = await import('../files.ts');
    const write = vi
      .spyOn(files, 'writeNewFile')
      .mockRejectedValue(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    try {
      await expect(exportModel(run, target, { home, as: 'onnx' })).rejects.toThrow(
        `The model could not be written to ${target}: the disk is full; free some space and try again.`,
      );
    } finally {
      write.mockRestore();
    }
    expect(fs.readdirSync(root).filter((name) => name.includes('no room'))).toEqual([]);
  });
});
