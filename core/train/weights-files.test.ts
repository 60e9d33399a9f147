/** Weights to and from the files that PyTorch reads and writes. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { covaeModel } from '../covae/model.ts';
import { UserError } from '../errors.ts';
import { importDataset } from '../data/import/import-dataset.ts';
import { visibleFolders } from '../files.ts';
import { runsFolder } from '../library.ts';
import { startsFromWeights } from '../run/manifest.ts';
import { openSession } from './open-session.ts';
import { initialValues, toTorch } from '../nn/parameters.ts';
import { readNewestCheckpoint, writeCheckpoint } from '../run/checkpoint.ts';
import { readRunManifest } from '../run/run-folder.ts';
import { loadPreset } from '../config/presets.ts';
import { readSafetensors, type WritableTensors, writeSafetensors } from '../run/safetensors.ts';
import { fromReference } from './reference-config.ts';
import { fromCheckpoint, initialVectors, toCheckpoint } from './state.ts';
import { exportWeights } from './weights-export.ts';
import { importWeights, type WeightsImport, type WeightsImportOptions } from './weights-import.ts';

const TESTDATA = path.join(__dirname, 'testdata');
const golden = (name: string): string => path.join(TESTDATA, 'golden', name);

const ListingSchema = v.record(v.string(), v.tuple([v.string(), v.array(v.number())]));
/** Written by testdata/state_dicts.py from the official implementation. */
const stateDicts = v.parse(
  v.record(v.string(), v.object({ config: v.unknown(), autoencoder: ListingSchema, besides: ListingSchema })),
  JSON.parse(fs.readFileSync(path.join(TESTDATA, 'state-dicts.json'), 'utf8')),
);

let root: string;
let home: string;
let serial = 0;
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-weights-'));
  home = path.join(root, 'home');
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

function fresh(): string {
  return path.join(root, `${serial++}.safetensors`);
}

async function fileOf(tensors: WritableTensors): Promise<string> {
  const file = fresh();
  await writeSafetensors(file, tensors);
  return file;
}

function configFile(config: unknown): string {
  const file = path.join(root, `${serial++}.json`);
  fs.writeFileSync(file, JSON.stringify(config));
  return file;
}

function load(options: Omit<WeightsImportOptions, 'home'>): Promise<WeightsImport> {
  return importWeights({ home, ...options });
}

/** The sentence of an import that is refused; nothing may be left behind. */
async function refusal(options: Omit<WeightsImportOptions, 'home'>): Promise<string> {
  const before = fs.existsSync(runsFolder(home)) ? fs.readdirSync(runsFolder(home)) : [];
  const error: unknown = await load(options).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UserError);
  expect(fs.existsSync(runsFolder(home)) ? fs.readdirSync(runsFolder(home)) : []).toEqual(before);
  const message = error instanceof UserError ? error.message : '';
  expect(message).toMatch(/[.]$/);
  expect(message).not.toContain('\n');
  return message;
}

/** Random weights for a configuration of the reference, under their names there. */
function randomWeights(config: unknown, seed: number, prefix = ''): Record<string, WritableTensors[string]> {
  const { network, objective } = fromReference(config, 'test').config;
  const { layout } = covaeModel(network, objective).plan;
  return toTorch(layout, initialValues(layout, seed), prefix);
}

const grey: unknown = stateDicts['grey']?.config;

vi.mock('../run/checkpoint.ts', { spy: true });

describe('an export', () => {
  it.each(Object.entries(stateDicts))(
    'has the names, types and shapes of the reference’s modules: %s',
    async (_, { config, autoencoder, besides }) => {
      const { folder } = await load({
        file: await fileOf(randomWeights(config, 1)),
        configFile: configFile(config),
      });
      const whole = { ...besides };
      for (const [name, entry] of Object.entries(autoencoder)) whole[`model.${name}`] = entry;
      for (const [module, expected] of [
        ['autoencoder', autoencoder],
        ['covae', whole],
      ] as const) {
        const { file, tensors } = await exportWeights(folder, fresh(), { module });
        const listed = Object.entries((await readSafetensors(file)).tensors).map(
          ([name, { shape, data }]) => {
            const type =
              data instanceof BigInt64Array ? 'int64' : data instanceof Float32Array ? 'float32' : '?';
            return [name, [type, shape]] as const;
          },
        );
        expect(Object.fromEntries(listed)).toEqual(expected);
        expect(tensors).toBe(listed.length);
      }
    },
  );

  it('fills in the values of the buffers', async () => {
    const case_ = stateDicts['rgb-s-covae with a discriminator'];
    const { folder, manifest } = await load({
      file: await fileOf(randomWeights(case_?.config, 1)),
      configFile: configFile(case_?.config),
    });
    const { tensors } = await readSafetensors(
      (await exportWeights(folder, fresh(), { module: 'covae' })).file,
    );
    const values = (name: string) => new Set(Array.from(tensors[name]?.data ?? [], Number));
    expect(values('model.encoder.enc.16x16_down.conv0.resample_filter')).toEqual(new Set([0.25]));
    expect(values('layer_norm.weight')).toEqual(new Set([1]));
    expect(values('layer_norm.bias')).toEqual(new Set([0]));
    expect(values('discriminator.main.3.num_batches_tracked')).toEqual(new Set([0]));
    // Three calls a step once the discriminator has come in.
    const { objective, network } = manifest.config;
    const late = (objective.adversarial?.warmupSteps ?? 0) + 5;
    const contents = toCheckpoint(
      covaeModel(network, objective),
      initialVectors(covaeModel(network, objective), 0),
      { step: late, seconds: 0, learningRateFactor: 1, optimizerFrom: 0 },
    );
    await writeCheckpoint(folder, late, contents);
    const later = await readSafetensors((await exportWeights(folder, fresh(), { module: 'covae' })).file);
    expect(later.tensors['discriminator.main.3.num_batches_tracked']?.data).toEqual(BigInt64Array.of(15n));
  });

  it('says in its metadata where it comes from, and is enough to import it again', async () => {
    const first = await load({
      file: await fileOf(randomWeights(grey, 3)),
      configFile: configFile(grey),
      step: 7,
    });
    const { file, step } = await exportWeights(first.folder, fresh(), { weights: 'raw' });
    expect(step).toBe(7);
    const { metadata } = await readSafetensors(file);
    expect(metadata).toMatchObject({ format: 'pt', run: first.manifest.id, step: '7', weights: 'raw' });
    expect(metadata['dataset']).toBeUndefined();
    const again = await load({ file });
    expect(again.manifest.config).toEqual(first.manifest.config);
  });

  it('is refused for a run without a checkpoint', async () => {
    const { folder, manifest } = await load({
      file: await fileOf(randomWeights(grey, 3)),
      configFile: configFile(grey),
    });
    fs.rmSync(path.join(folder, 'checkpoints'), { recursive: true });
    await expect(exportWeights(folder, fresh())).rejects.toThrow(
      `The run ${manifest.id} has no checkpoint yet`,
    );
  });

  it('leaves nothing behind where it cannot be written', async () => {
    const { folder } = await load({
      file: await fileOf(randomWeights(grey, 3)),
      configFile: configFile(grey),
    });
    await expect(exportWeights(folder, path.join(root, 'nowhere', 'a.safetensors'))).rejects.toThrow(
      /could not be written to .*its folder does not exist/,
    );
    fs.mkdirSync(path.join(root, 'taken'));
    await expect(exportWeights(folder, path.join(root, 'taken'))).rejects.toThrow(
      /taken is a folder; choose another name/,
    );
    expect(fs.readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('an import', () => {
  it('gives back what was exported, the discriminator too', async () => {
    const file = golden('rgb-adversarial.safetensors');
    const imported = await load({ file, configFile: golden('rgb-adversarial.json') });
    expect(imported.found).toEqual({ weights: 'param.', averages: 'param.', discriminator: 'disc.' });
    const { tensors: given } = await readSafetensors(file, (name) => /^(param|disc)[.]/.test(name));
    const written = await exportWeights(imported.folder, fresh(), { module: 'covae' });
    const { tensors } = await readSafetensors(written.file);
    for (const [name, tensor] of Object.entries(given)) {
      const theirs = name.replace(/^param[.]/, 'model.').replace(/^disc[.]/, 'discriminator.');
      expect(tensors[theirs], name).toEqual(tensor);
    }
    const again = await load({ file: written.file });
    expect(again.found).toEqual({ weights: 'model.', averages: 'model.', discriminator: 'discriminator.' });
    expect(again.unused).toEqual([]);
  });

  it.each([
    ['DataParallel', (name: string) => `module.model.${name}`, []],
    ['AveragedModel', (name: string) => `module.${name}`, ['n_averaged']],
    ['torch.compile inside a module', (name: string) => `model._orig_mod.${name}`, []],
    ['both around one another', (name: string) => `module._orig_mod.${name}`, []],
  ])('takes names as %s makes them', async (_, wrap, besides) => {
    const weights = randomWeights(grey, 5);
    const plain = await load({ file: await fileOf(weights), configFile: configFile(grey) });
    const wrapped: Record<string, WritableTensors[string]> = {};
    for (const [name, tensor] of Object.entries(weights)) wrapped[wrap(name)] = tensor;
    for (const name of besides) wrapped[name] = { shape: [], data: BigInt64Array.of(7n) };
    const made = await load({ file: await fileOf(wrapped), configFile: configFile(grey) });
    const model = async (folder: string): Promise<unknown> => (await readNewestCheckpoint(folder))?.model;
    expect(await model(made.folder)).toEqual(await model(plain.folder));
    expect(made.unused).toEqual(besides);
  });

  it('is refused when a tensor is there with and without a wrapper', async () => {
    const weights = randomWeights(grey, 5);
    const [[name, tensor] = ['', undefined]] = Object.entries(weights);
    const file = await fileOf({ ...weights, [`module.${name}`]: tensor! });
    expect(await refusal({ file, configFile: configFile(grey) })).toContain(`holds the tensor ${name} twice`);
  });

  it('keeps weights and averages of a Lightning checkpoint apart', async () => {
    const file = await fileOf({
      ...randomWeights(grey, 1, 'model.model.'),
      ...randomWeights(grey, 2, 'ema.model.'),
    });
    const { folder, manifest, found } = await load({ file, configFile: configFile(grey) });
    expect(found).toMatchObject({ weights: 'model.model.', averages: 'ema.model.' });
    const model = covaeModel(manifest.config.network, manifest.config.objective);
    const checkpoint = await readNewestCheckpoint(folder);
    if (checkpoint === null) throw new Error('no checkpoint');
    const { vectors, progress } = fromCheckpoint(model, checkpoint);
    expect(vectors.parameters).toEqual(initialValues(model.plan.layout, 1));
    expect(vectors.ema).toEqual(initialValues(model.plan.layout, 2));
    expect(vectors.m.every((m) => m === 0)).toBe(true);
    expect(progress.step).toBe(0);
    const averagesAlone = await fileOf(randomWeights(grey, 2, 'ema.model.'));
    const alone = await load({ file: averagesAlone, configFile: configFile(grey) });
    expect(alone.found).toMatchObject({ weights: 'ema.model.', averages: 'ema.model.' });
  });

  it('takes a checkpoint of this program, a preset, a bare configuration and a run.json', async () => {
    const { config } = await loadPreset('smoke');
    const { layout } = covaeModel(config.network, config.objective).plan;
    const file = await fileOf(toTorch(layout, initialValues(layout, 0)));
    const preset = path.join(__dirname, '..', '..', 'assets', 'presets', 'smoke.json');
    const first = await load({ file, configFile: preset, name: 'mine' });
    expect(first.manifest).toMatchObject({ name: 'mine', preset: 'smoke', dataset: null, config });
    const bare = await load({ file, configFile: configFile(config) });
    expect(bare.manifest).toMatchObject({ preset: null, config });
    const checkpoint = path.join(first.folder, 'checkpoints', 'step-00000000', 'ema.safetensors');
    const again = await load({ file: checkpoint, configFile: path.join(first.folder, 'run.json') });
    expect(again.manifest).toMatchObject({ name: 'ema', preset: 'smoke', config });
    expect(await readRunManifest(again.folder)).toEqual(again.manifest);
  });

  it('is refused when tensors are missing, of another shape or unknown, in one sentence with all of it', async () => {
    const entries = Object.entries(randomWeights(grey, 1));
    const names = entries.map(([name]) => name);
    const weights = Object.fromEntries(entries.slice(5));
    weights['encoder.quant_conv.bias'] = { shape: [3], data: new Float32Array(3) };
    weights['extra.weight'] = { shape: [], data: new Float32Array(1) };
    const file = await fileOf(weights);
    const sentence = await refusal({ file, configFile: configFile(grey) });
    expect(sentence).toContain(
      `${file} does not fit the configuration: it lacks ${names.slice(0, 3).join(', ')} and 2 more; `,
    );
    expect(sentence).toContain('encoder.quant_conv.bias is 3 instead of ');
    expect(sentence).toContain('it also holds extra.weight (--ignore-unknown passes over such)');
  });

  it('passes over unknown tensors when told to', async () => {
    const file = await fileOf({
      ...randomWeights(grey, 1),
      'extra.weight': { shape: [], data: new Float32Array(1) },
    });
    expect(await refusal({ file, configFile: configFile(grey) })).toContain('extra.weight');
    const { unused } = await load({ file, configFile: configFile(grey), ignoreUnknown: true });
    expect(unused).toEqual(['extra.weight']);
  });

  it('is refused for the weights of another variant or a larger network', async () => {
    const file = golden('rgb-adversarial.safetensors');
    expect(await refusal({ file, configFile: golden('grey.json') })).toMatch(
      /does not fit the configuration: it lacks/,
    );
    const plain = JSON.parse(fs.readFileSync(golden('rgb-adversarial.json'), 'utf8')) as { config: object };
    const without = configFile({ ...plain.config, use_gan: false });
    expect(await refusal({ file, configFile: without })).toMatch(/it also holds disc\.main\.0\.bias/);
  });

  it('is refused when no network is in the file', async () => {
    const file = await fileOf({ a: { shape: [], data: new Float32Array(1) } });
    expect(await refusal({ file, configFile: configFile(grey) })).toMatch(
      /holds none of the 1\d\d tensors of the network/,
    );
  });

  it('is refused when a value is not finite or a buffer has another value', async () => {
    const weights = randomWeights(grey, 1);
    const bias = weights['map_layer0.bias'];
    if (bias === undefined) throw new Error('no bias');
    const broken = {
      ...weights,
      'map_layer0.bias': { ...bias, data: new Float32Array(bias.data.length).fill(NaN) },
    };
    expect(await refusal({ file: await fileOf(broken), configFile: configFile(grey) })).toMatch(
      /tensor map_layer0\.bias holds a value that is not finite/,
    );
    const name = Object.keys(stateDicts['grey']?.autoencoder ?? {}).find((key) =>
      key.endsWith('resample_filter'),
    );
    const filter = { shape: [1, 1, 2, 2], data: Float32Array.of(0.1, 0.4, 0.4, 0.1) };
    const other = await fileOf({ ...weights, [name ?? '']: filter });
    expect(await refusal({ file: other, configFile: configFile(grey) })).toMatch(/is not 0\.25 everywhere/);
  });

  it('is refused without a configuration, or with one that does not reach the step', async () => {
    const file = await fileOf(randomWeights(grey, 1));
    expect(await refusal({ file })).toMatch(/does not say which configuration .*--config/);
    expect(await refusal({ file, configFile: configFile(grey), step: 400_001 })).toMatch(
      /has 400,000 steps, so the weights cannot be of step 400,001/,
    );
    expect(await refusal({ file, configFile: configFile({ ...Object(grey), mult: 'x' }) })).toMatch(
      /key "mult"/,
    );
    expect(await refusal({ file, configFile: configFile(grey), dataset: 'nowhere' })).toMatch(
      /no data set "nowhere"/,
    );
  });

  it('appears whole: until its weights are written there is no run', async () => {
    const file = await fileOf(randomWeights(grey, 1));
    const before = await visibleFolders(runsFolder(home));
    let meanwhile: string[] = [];
    vi.mocked(writeCheckpoint).mockImplementationOnce(async () => {
      meanwhile = await visibleFolders(runsFolder(home));
      throw new UserError('The disk is full.');
    });
    expect(await refusal({ file, configFile: configFile(grey) })).toBe('The disk is full.');
    expect(meanwhile).toEqual(before);
  });

  it('is not trained from noise when its weights are gone', async () => {
    await importDataset({ home, name: 'digits', request: { kind: 'sample', paths: [] } });
    const file = await fileOf(randomWeights(grey, 1));
    const { manifest, folder } = await load({ file, configFile: configFile(grey), dataset: 'digits' });
    expect(startsFromWeights(manifest)).toBe(true);
    fs.rmSync(path.join(folder, 'checkpoints'), { recursive: true });
    const gone =
      /^The run .* was made from imported weights, and no checkpoint of it is left; import the weights again\.$/;
    await expect(openSession(home, manifest.id)).rejects.toThrow(gone);
    // As the versions before wrote it.
    const { startsFrom: _, ...older } = manifest;
    fs.writeFileSync(path.join(folder, 'run.json'), JSON.stringify(older));
    await expect(openSession(home, manifest.id)).rejects.toThrow(gone);
  });
});
