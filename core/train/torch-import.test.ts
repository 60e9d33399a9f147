/** Weights from PyTorch's own files: made by the reference's trainer (testdata/torch), and made to do harm. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { readNewestCheckpoint } from '../run/checkpoint.ts';
import { runsFolder } from '../library.ts';
import type { FloatTensors } from '../run/safetensors.ts';
import { checkpointNames } from './checkpoint-names.ts';
import { readStart } from './start/read-start.ts';
import { importWeights } from './weights-import.ts';

const FILES = path.join(__dirname, 'testdata/torch');
const file = (name: string): string => path.join(FILES, name);
const configFile = file('config.json');

type Numbers = Record<string, [first: number, last: number, sum: number]>;
/** By PyTorch itself. */
const expected = JSON.parse(fs.readFileSync(file('expected.json'), 'utf8')) as {
  weights: Numbers;
  averages: Numbers;
  discriminator: Numbers;
};

let root: string;
let home: string;
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-torch-import-'));
  home = path.join(root, 'home');
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

function expectNumbers(tensors: FloatTensors, numbers: Numbers, prefix = ''): void {
  const names = Object.keys(numbers).filter((name) => !/resample_filter$/.test(name));
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const data = tensors[prefix + name]?.data;
    expect(data, name).toBeDefined();
    const sum = data!.reduce((total, value) => total + value, 0);
    const [first, last, total] = numbers[name]!;
    expect([data![0], data!.at(-1)], name).toEqual([first, last]);
    expect(sum, name).toBeCloseTo(total, 4);
  }
}

describe('an import of what the reference’s trainer wrote', () => {
  it('takes weights, averages and discriminator out of a Lightning checkpoint, whose settings hold a whole module', async () => {
    const { folder, found, unused, passedOver } = await importWeights({
      home,
      file: file('reference.ckpt'),
      configFile,
      name: 'lightning',
      step: 2,
    });
    expect(found).toEqual({
      weights: 'model.model.',
      averages: 'ema.model.',
      discriminator: 'model.discriminator.',
    });
    expect(passedOver).toContain('omegaconf.dictconfig.DictConfig');
    expect(passedOver.some((name) => name.startsWith('models.covae.'))).toBe(true);
    expect(unused.some((name) => name.startsWith('optimizer_states.'))).toBe(true);
    const checkpoint = await readNewestCheckpoint(folder);
    expectNumbers(checkpoint!.model, expected.weights);
    expectNumbers(checkpoint!.ema, expected.averages);
    expectNumbers(checkpoint!.model, expected.discriminator, 'discriminator.');
  });

  it.each([
    ['pair.pt', 'averages', null],
    ['autoencoder.pth', 'weights', null],
    ['covae.pth', 'weights', 'model.discriminator.'],
  ] as const)('takes them out of %s', async (name, averages, discriminator) => {
    const { folder, found } = await importWeights({ home, file: file(name), configFile });
    expect(found.discriminator).toBe(discriminator);
    const checkpoint = await readNewestCheckpoint(folder);
    expectNumbers(checkpoint!.model, expected.weights);
    expectNumbers(checkpoint!.ema, expected[averages]);
  });

  it('starts a training from them', async () => {
    const { origin, tensors } = await readStart(home, { kind: 'file', file: file('reference.ckpt') });
    expect(origin).toMatchObject({ kind: 'file', step: null });
    const floats = Object.fromEntries(Object.entries(tensors));
    expectNumbers(floats, expected.averages);
    expectNumbers(floats, expected.discriminator, 'discriminator.');
  });
});

describe('where the parts of a model lie', () => {
  const parameters = ['map_layer0.weight', 'encoder.a.weight', 'decoder.b.weight'];
  const at = (...prefixes: string[]): string[] =>
    prefixes.flatMap((prefix) => parameters.map((name) => prefix + name));

  it.each([
    ['a state_dict in Lightning', 'state_dict.net.', 'state_dict.net_ema.'],
    ['two dictionaries', 'model_state_dict.', 'ema_state_dict.'],
    ['another trainer', 'params.', 'params_ema.'],
    ['averages of torch', 'model.', 'swa_model.'],
  ])('%s', (_, own, averages) => {
    const names = checkpointNames([...at(averages, own), 'optimizer.state.0.exp_avg', 'step'])!;
    expect(names.nameOf(`${own}encoder.a.weight`)).toBe('model.model.encoder.a.weight');
    expect(names.nameOf(`${averages}decoder.b.weight`)).toBe('ema.model.decoder.b.weight');
    expect(names.nameOf('optimizer.state.0.exp_avg')).toBeNull();
    expect(names.nameOf('step')).toBeNull();
  });

  it('leaves the names of a state_dict alone', () => {
    expect(checkpointNames(at(''))).toBeNull();
    expect(checkpointNames(['conv.weight'])).toBeNull();
  });
});

describe('a file that is of no use', () => {
  /** The sentence of a refusal; nothing may be left behind. */
  async function refusal(name: string, bytes: Uint8Array | string): Promise<string> {
    const target = path.join(root, name);
    fs.writeFileSync(target, bytes);
    const runs = (): string[] => (fs.existsSync(runsFolder(home)) ? fs.readdirSync(runsFolder(home)) : []);
    const before = runs();
    const error: unknown = await importWeights({ home, file: target, configFile }).catch((e: unknown) => e);
    expect(runs()).toEqual(before);
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message.replace(target, 'FILE');
  }
  const pickle = (...parts: string[]): Buffer => Buffer.from(parts.join(''), 'latin1');
  const HEAD = ['\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.', '\x80\x02M\xe9\x03.', '}.'];

  it('runs nothing, whatever a pickle asks for', async () => {
    const mark = path.join(root, 'mark');
    for (const [module, called] of [
      ['os', 'system'],
      ['posix', 'system'],
      ['builtins', 'eval'],
      ['subprocess', 'Popen'],
      ['torch.hub', 'load'],
    ] as const) {
      const harm = `c${module}\n${called}\n(X${String.fromCharCode(mark.length + 6)}\0\0\0touch ${mark}tR.`;
      expect(await refusal('hostile.ckpt', pickle(...HEAD, harm, '].'))).toBe(
        `FILE wants ${module}.${called} to be run, which no file of weights needs; do not use it.`,
      );
      expect(fs.existsSync(mark)).toBe(false);
    }
  });

  it.each([
    ['empty.pt', '', /^FILE is too short for a file of PyTorch\.$/],
    ['text.pth', 'not weights', /^FILE is no file of PyTorch\.$/],
    ['other.ckpt', 'PK\x03\x04 cut off', /^FILE .*\.$/],
    ['nothing.pt', pickle(...HEAD, '}.', '].'), /^FILE holds no tensors\.$/],
  ])('%s', async (name, bytes, sentence) => {
    expect(await refusal(name, bytes)).toMatch(sentence);
  });

  it('says when it is another model’s', async () => {
    const other = path.join(__dirname, '../weights/pytorch/testdata/lightning.ckpt');
    expect(await refusal('lightning.ckpt', fs.readFileSync(other))).toMatch(
      /^FILE holds none of the \d+ tensors of the network \(map_layer0\.weight and so on\); check that it is a CoVAE's state_dict\.$/,
    );
    const bytes = fs.readFileSync(file('reference.ckpt'));
    expect(await refusal('cut.ckpt', bytes.subarray(0, bytes.length / 2))).toMatch(/^FILE .*\.$/);
  });

  it('asks for its configuration', async () => {
    await expect(importWeights({ home, file: file('autoencoder.pth') })).rejects.toThrow(
      'does not say which configuration it belongs to; give one with --config.',
    );
  });
});
