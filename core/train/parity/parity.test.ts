import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { NetworkCalls } from '../../explore/network-calls.ts';
import { largestError, normError, passes, relativeError, scalarError } from './compare.ts';
import { checkCase, checkFolder } from './parity.ts';

const GOLDEN = path.join(import.meta.dirname, '..', 'testdata', 'golden');
/** The smallest case. */
const SMALL = 'vector-categorical-linear';

let root: string;
let folder: string;
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-parity-'));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(root, 'cases-'));
  for (const extension of ['json', 'safetensors']) {
    fs.copyFileSync(path.join(GOLDEN, `${SMALL}.${extension}`), file(extension));
  }
});

const file = (extension: string, name = SMALL) => path.join(folder, `${name}.${extension}`);
const files = () => ({ name: SMALL, json: file('json'), safetensors: file('safetensors') });
const check = () => checkCase(files(), { execution: 'eager' });

const HeaderSchema = v.record(v.string(), v.looseObject({ data_offsets: v.tuple([v.number(), v.number()]) }));

/** The values of a tensor within a copy of the case's file, and a way to write that copy back. */
function tensor(name: string): { values: DataView; count: number; save: () => void } {
  const bytes = fs.readFileSync(file('safetensors'));
  const length = Number(bytes.readBigUInt64LE());
  const header = v.parse(HeaderSchema, JSON.parse(bytes.subarray(8, 8 + length).toString()));
  const [begin, end] = header[name]?.data_offsets ?? [NaN, NaN];
  return {
    values: new DataView(bytes.buffer, bytes.byteOffset + 8 + length + begin, end - begin),
    count: (end - begin) / 4,
    save: () => fs.writeFileSync(file('safetensors'), bytes),
  };
}

/** Moves the largest value of a tensor by a share of it. */
function nudge(name: string, share: number): void {
  const { values, count, save } = tensor(name);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (Math.abs(values.getFloat32(4 * i, true)) > Math.abs(values.getFloat32(4 * at, true))) at = i;
  }
  values.setFloat32(4 * at, values.getFloat32(4 * at, true) * (1 + share), true);
  save();
}

const DTYPES = { 4: 'F32', 8: 'F64' } as const;

/** Adds tensors behind the others, or in place of one of that name. */
function addTensor(name: string, shape: number[], data: Float32Array | Float64Array | BigInt64Array): void {
  const bytes = fs.readFileSync(file('safetensors'));
  const length = Number(bytes.readBigUInt64LE());
  const header = v.parse(HeaderSchema, JSON.parse(bytes.subarray(8, 8 + length).toString()));
  const { [name]: _, ...kept } = header;
  const parts = Object.values(kept).map(({ data_offsets: [begin, end] }) =>
    bytes.subarray(8 + length + begin, 8 + length + end),
  );
  let offset = 0;
  const entries = Object.entries(kept).map(([key, entry], i) => {
    const begin = offset;
    offset += parts[i]?.length ?? 0;
    return [key, { ...entry, data_offsets: [begin, offset] }] as const;
  });
  const dtype = data instanceof BigInt64Array ? 'I64' : DTYPES[data.BYTES_PER_ELEMENT as 4 | 8];
  const added = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
  const json = Buffer.from(JSON.stringify({ ...Object.fromEntries(entries), [name]: added }));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  fs.writeFileSync(
    file('safetensors'),
    Buffer.concat([size, json, ...parts, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]),
  );
}

/** Renames a tensor; both names must have the same length. */
function rename(from: string, to: string): void {
  const text = fs.readFileSync(file('safetensors'), 'latin1');
  fs.writeFileSync(file('safetensors'), text.replace(`"${from}"`, `"${to}"`), 'latin1');
}

/** Changes a text of the JSON file that is there once. */
function edit(pattern: RegExp, change: (found: string) => string): void {
  const text = fs.readFileSync(file('json'), 'utf8');
  const changed = text.replace(pattern, change);
  expect(changed).not.toBe(text);
  fs.writeFileSync(file('json'), changed);
}

type Numbers = Record<string, unknown> & {
  losses: Record<string, unknown>[];
  train: Record<string, unknown>[];
};

function editNumbers(change: (numbers: Numbers) => void): void {
  const numbers = JSON.parse(fs.readFileSync(file('json'), 'utf8')) as Numbers;
  change(numbers);
  fs.writeFileSync(file('json'), JSON.stringify(numbers));
}

describe('a comparison', () => {
  it('passes an untouched case', async () => {
    expect(await check()).toMatchObject({ passed: true, problem: null, failures: [], untouched: [] });
  });

  it('fails on exactly the numbers that were moved beyond their tolerance', async () => {
    const moved: [string, number][] = [
      ['time_steps.17', 5e-5],
      ['fwd.emb', 3e-4],
      ['fwd.mu', -3e-4],
      ['fwd.denoiser_x', 3e-4],
      ['loss0.x_t', 3e-4],
      ['loss1.grad.decoder.conv_in.weight', 1e-2],
      ['sample.2', 3e-4],
      ['after.map_layer1.weight', 3e-3],
      ['after_ema.encoder.norm_out.weight', 3e-3],
    ];
    for (const [name, share] of moved) nudge(name, share);
    const { values, save } = tensor('fwd.std');
    values.setFloat32(0, NaN, true);
    save();
    editNumbers(({ num_timesteps_at_step, losses, train }) => {
      const schedule = num_timesteps_at_step as number[][];
      schedule[2]![1]! += 1;
      const by = (line: Record<string, unknown> | undefined, key: string, factor: number) => {
        line![key] = (line![key] as number) * factor;
      };
      by(losses[0], 'total', 1.0003);
      by(losses[1], 'kl_loss', 0.999);
      by(losses[0]?.['grad_norms'] as Record<string, unknown>, 'map_layer0.weight', 1.01);
      by(train[0], 'denoiser_loss', 1.0002);
      by(train[1], 'total', 0.9998);
      by(train[2], 'grad_norm', 0.9998);
    });
    const outcome = await check();
    expect(outcome.passed).toBe(false);
    expect(outcome.failures.map(({ name }) => name).sort()).toEqual(
      [
        ...moved.map(([name]) => name),
        'fwd.std',
        'num_timesteps_at_step[2]',
        'losses[0].total',
        'losses[1].kl_loss',
        'losses[0].grad_norms.map_layer0.weight',
        'train[0].denoiser_loss',
        'train[1].total',
        'train[2].grad_norm',
      ].sort(),
    );
    expect(outcome.worst.forward).toEqual({ group: 'forward', name: 'fwd.std', error: Infinity });
    expect(outcome.worst.sampling?.error).toBeCloseTo(3e-4, 5);
  });

  it('fails when the model starts from other weights, noise or intervals', async () => {
    nudge('param.decoder.post_quant_conv.weight', 0.01);
    const { values, save } = tensor('train1.idx');
    values.setInt32(0, values.getInt32(0, true) === 0 ? 1 : 0, true);
    save();
    const { failures, worst } = await check();
    expect(failures.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['fwd.x', 'sample.2', 'train[1].total', 'train[2].total']),
    );
    expect(worst.structure?.error).toBeLessThan(1e-5);
  });

  // But for rec_loss: a distance of two images that hardly differ (0.002 here) is round-off in its fourth digit.
  it.each(['denoiser_loss', 'kl_loss', 'total', 'grad_norm'])(
    'fails when the %s of any training step is off by 2e-4',
    async (name) => {
      editNumbers(({ train }) => {
        for (const [i, line] of train.entries()) {
          line[name] = (line[name] as number) * (i % 2 === 0 ? 1.0002 : 0.9998);
        }
      });
      const { failures } = await check();
      expect(failures.map((failure) => failure.name).sort()).toEqual(
        [0, 1, 2].map((step) => `train[${step}].${name}`),
      );
    },
  );

  it('compares the sampler that people’s samples are drawn with', async () => {
    const drawn = vi.spyOn(NetworkCalls.prototype, 'drawn').mockImplementation((mu) => mu.map(() => 0.1));
    const { failures } = await check();
    expect(failures.map(({ name }) => name)).toEqual(expect.arrayContaining(['sample.1', 'sample.2']));
    expect(new Set(failures.map(({ group }) => group))).toEqual(new Set(['sampling']));
    drawn.mockRestore();
  });

  it("reads a case with keys missing, added and in another order, and PyTorch's buffers among the weights", async () => {
    editNumbers((numbers) => {
      const { kernel, rho, step_schedule, use_gan, final_dim, ...config } = numbers['config'] as Numbers;
      expect([kernel, rho, step_schedule, use_gan]).toEqual(['ve', 7, 'exp', false]);
      numbers['config'] = Object.fromEntries(
        Object.entries({ ...config, final_dim, comment: 'x', nested: { a: [1] } }).reverse(),
      );
      numbers.losses[0] = { note: 'first', ...numbers.losses[0], rows: [1, 2] };
      delete numbers.losses[1]?.['grad_norms'];
      delete numbers['num_params'];
      numbers['made_by'] = { torch: '2.13' };
    });
    addTensor('param.encoder.enc.4x4_down.skip.resample_filter', [1, 1, 2, 2], Float32Array.of(1, 1, 1, 1));
    addTensor('param.norm.num_batches_tracked', [], BigInt64Array.of(3n));
    expect(await check()).toMatchObject({ passed: true, problem: null, untouched: [] });
  });

  it('takes tensors in double precision', async () => {
    const { values, count } = tensor('fwd.t');
    const doubles = Float64Array.from({ length: count }, (_, i) => values.getFloat32(4 * i, true));
    addTensor('fwd.t', [count], doubles);
    expect(await check()).toMatchObject({ passed: true, problem: null });
  });

  it('tells what it compared with nothing', async () => {
    addTensor('fwd.var', [1], Float32Array.of(1));
    expect(await check()).toMatchObject({ passed: true, untouched: ['fwd.var'] });
  });

  it.each(['fwd.std', 'loss0.x_t', 'sample.1', 'after.map_layer0.bias', 'loss1.grad.map_layer0.bias'])(
    'fails when %s was lost',
    async (name) => {
      rename(name, name.replace(/.$/, '_'));
      const { passed, failures } = await check();
      expect(passed).toBe(false);
      expect(failures).toContainEqual(expect.objectContaining({ name, error: Infinity }));
    },
  );

  it('asks for no part that a case does not have', async () => {
    for (const name of ['sample.1', 'sample.2']) rename(name, name.replace(/^s/, 'S'));
    const { passed, worst } = await check();
    expect({ passed, sampling: worst.sampling }).toEqual({ passed: true, sampling: null });
  });
});

describe('a damaged or incomplete case', () => {
  it.each<[string, () => void, RegExp]>([
    ['no tensors', () => fs.rmSync(file('safetensors')), /\.safetensors is missing; a case needs both/],
    ['no scalars', () => fs.rmSync(file('json')), /\.json is missing; a case needs both/],
    [
      'cut tensors',
      () => fs.truncateSync(file('safetensors'), 150_000),
      /\.safetensors is not a valid safet/,
    ],
    ['cut scalars', () => fs.truncateSync(file('json'), 5000), /\.json is not valid JSON/],
    ['another scale', () => edit(/"linear"/, () => '"cosine"'), /\.json: key "time_scale" must be/],
    [
      'a text for a loss',
      () => edit(/"total": [\d.]+/, () => '"total": "x"'),
      /\.json: key "losses\.0\.total"/,
    ],
    [
      'a lost weight',
      () => rename('param.map_layer0.bias', 'param.map_layer9.bias'),
      /lack map_layer0\.bias/,
    ],
    ['lost images', () => rename('x', 'y'), /tensor "x" is missing/],
    ['lost noise', () => rename('loss1.noise', 'loss9.noise'), /tensor "loss1\.noise" is missing/],
    ['a lost loss', () => editNumbers(({ losses }) => losses.pop()), /"losses" in its JSON file has 1 entry/],
    ['lost steps', () => editNumbers(({ train }) => train.splice(1)), /"train" in its JSON file has 1 entry/],
    [
      'an interval beyond',
      () => rename('loss1.idx', 'loss2.idx'),
      /has loss0\.idx to loss0\.idx, but "losses"/,
    ],
  ])('with %s is told in one sentence', async (_, damage, sentence) => {
    damage();
    const outcome = await check();
    expect(outcome.passed).toBe(false);
    expect(outcome.problem).toMatch(sentence);
    expect(outcome.problem).toMatch(/^[^\n]*\.$/);
  });

  it('is told when an index is not one of the intervals', async () => {
    const { values, save } = tensor('loss0.idx');
    values.setInt32(0, 3, true);
    save();
    expect((await check()).problem).toMatch(/tensor "loss0\.idx" holds 3, which is not one of 3 intervals/);
  });

  it('does not keep the others from being compared', async () => {
    fs.writeFileSync(file('safetensors', 'broken'), 'not tensors');
    fs.copyFileSync(file('json'), file('json', 'broken'));
    fs.copyFileSync(file('json'), file('json', 'half'));
    fs.writeFileSync(file('json', 'notes'), '{"config": {}}');
    fs.writeFileSync(file('txt', 'readme'), '');
    const told: string[] = [];
    const outcomes = await checkFolder(folder, {
      execution: 'eager',
      onCases: (names) => told.push(...names),
      onCase: ({ name }) => told.push(name),
    });
    expect(told).toEqual(['broken', 'half', SMALL, 'broken', 'half', SMALL]);
    expect(outcomes.map(({ passed }) => passed)).toEqual([false, false, true]);
    expect(outcomes[1]?.problem).toMatch(/half\.safetensors is missing/);
  });
});

describe('a folder', () => {
  it('without cases, or that is none, is refused', async () => {
    const empty = fs.mkdtempSync(path.join(root, 'empty-'));
    await expect(checkFolder(empty, { execution: 'eager' })).rejects.toThrow(/has no golden cases; give/);
    const gone = path.join(empty, 'gone');
    await expect(checkFolder(gone, { execution: 'eager' })).rejects.toThrow(`${gone} does not exist`);
    await expect(checkFolder(file('json'), { execution: 'eager' })).rejects.toThrow('check the path');
  });
});

describe('an error', () => {
  it('is a share of what was expected', () => {
    expect(largestError([1, 2.5], [1, 2])).toBe(0.25);
    expect(largestError([0.5, 0], [0, 0], 10)).toBe(0.05);
    expect(relativeError([1, 3], [1, 2])).toBe(0.5);
    expect(scalarError(1, -2)).toBe(1.5);
    expect(scalarError(0.1, 0, 10)).toBe(0.01);
    expect(normError([3, 4], [0, 0], 10)).toBe(0.5);
    expect(normError([3, 4], [3, 0])).toBeCloseTo(4 / 3);
  });

  it('of nothing is nothing, and of what is no number beyond all tolerance', () => {
    expect(largestError([0, 0], [0, 0])).toBe(0);
    expect(largestError([1e-9], [0])).toBe(Infinity);
    for (const measure of [largestError, relativeError, normError]) {
      expect(measure([NaN], [1])).toBe(Infinity);
      expect(measure([1], [NaN])).toBe(Infinity);
      expect(measure([Infinity], [Infinity])).toBe(Infinity);
      expect(measure([1], [1, 1])).toBe(Infinity);
    }
    expect(passes({ group: 'forward', name: 'x', error: Infinity })).toBe(false);
    expect(passes({ group: 'forward', name: 'x', error: 1e-4 })).toBe(true);
  });
});
