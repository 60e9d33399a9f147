import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { openTorchFile, readTorchTensors } from './torch-file.ts';

const here = (name: string): string => new URL(`testdata/${name}`, import.meta.url).pathname;
const numbers = v.record(v.string(), v.object({ shape: v.array(v.number()), values: v.array(v.string()) }));
const expected = v.parse(
  v.object({ tensors: numbers, lightning: numbers }),
  JSON.parse(await fs.readFile(here('expected.json'), 'utf8')),
);

/** As PyTorch prints what it reads: Python writes 1e-300 and inf otherwise than JavaScript. */
function values(texts: readonly string[]): number[] {
  return texts.map((text) => Number(text.replace('inf', 'Infinity')));
}

async function expectNumbers(
  file: string,
  found: typeof expected.tensors,
  others?: 'pass-over',
): Promise<void> {
  const tensors = await readTorchTensors(file, others === undefined ? {} : { others });
  expect(Object.keys(tensors).sort()).toEqual(Object.keys(found).sort());
  for (const [name, { shape, values: texts }] of Object.entries(found)) {
    expect(tensors[name]!.shape, name).toEqual(shape);
    expect(Array.from(tensors[name]!.data, Number), name).toEqual(values(texts));
  }
}

let folder: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-torch-'));
});

afterAll(() => fs.rm(folder, { recursive: true }));

describe("PyTorch's files", () => {
  it.each(['zip.pth', 'older.pth', 'protocol-5.pth', 'big-endian.pth'])(
    '%s gives what PyTorch reads',
    async (name) => {
      await expectNumbers(here(name), expected.tensors);
    },
  );

  it("gives a Lightning checkpoint's tensors, and says what beside them was not made", async () => {
    await expectNumbers(here('lightning.ckpt'), expected.lightning, 'pass-over');
    const file = await openTorchFile(here('lightning.ckpt'), { others: 'pass-over' });
    expect(file.passedOver).toEqual(['argparse.Namespace']);
    await file.close();
    await expect(openTorchFile(here('lightning.ckpt'))).rejects.toThrow(
      'holds more than tensors (argparse.Namespace), which would have to be run; save the state_dict alone.',
    );
  });

  it.each([
    ['module.pth', 'holds more than tensors (torch.nn.modules.container.Sequential)'],
    ['script.pt', 'is a TorchScript program; save its state_dict by torch.save.'],
    ['make_files.py', 'is no file of PyTorch.'],
  ])('%s is refused', async (name, sentence) => {
    for (const others of ['refuse', 'pass-over'] as const) {
      await expect(openTorchFile(here(name), { others })).rejects.toThrow(`${here(name)} ${sentence}`);
    }
  });

  it.each(['zip.pth', 'older.pth'])('%s cut off somewhere is refused in a sentence', async (name) => {
    const whole = await fs.readFile(here(name));
    const file = path.join(folder, name);
    for (let length = 0; length < whole.length; length += 41) {
      await fs.writeFile(file, whole.subarray(0, length));
      const error: unknown = await readTorchTensors(file).catch((caught: unknown) => caught);
      expect(error, `${length} bytes`).toBeInstanceOf(UserError);
      expect((error as UserError).message).toMatch(/^\/.*[^.]\.$/);
    }
  });

  it.each(['zip.pth', 'older.pth'])('%s with a byte changed gives numbers or a sentence', async (name) => {
    const whole = await fs.readFile(here(name));
    const file = path.join(folder, name);
    for (let at = 0; at < whole.length; at += 23) {
      for (const change of [0x01, 0xff]) {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= change;
        await fs.writeFile(file, damaged);
        const error: unknown = await readTorchTensors(file, { others: 'pass-over' }).catch(
          (caught: unknown) => caught,
        );
        if (error instanceof Error)
          expect(error, `byte ${at}: ${error.stack ?? ''}`).toBeInstanceOf(UserError);
      }
    }
  });
});
