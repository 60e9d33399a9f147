import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../errors.ts';
import {
  type CheckpointContents,
  damageSentence,
  earlierCheckpoint,
  listCheckpoints,
  readCheckpointOf,
  readNewestCheckpoint,
  useNewestCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';

let run: string;
beforeEach(() => {
  run = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-checkpoint-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(run, { recursive: true, force: true });
});

function contents(seed: number): CheckpointContents {
  return {
    model: {
      w: { shape: [2, 3], data: Float32Array.from({ length: 6 }, (_, i) => Math.fround(seed + i / 3)) },
    },
    ema: { w: { shape: [2, 3], data: Float32Array.from({ length: 6 }, (_, i) => seed - i) } },
    optimizer: { 'w.m': { shape: [1], data: Float32Array.of(seed) } },
    state: { seconds: seed, note: 'grüße' },
  };
}

function emptyFolder(folder: string): void {
  for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name));
}

const inCheckpoints = (): string[] => fs.readdirSync(path.join(run, 'checkpoints')).sort();

describe('checkpoints', () => {
  it('come back as they were written, the newest first', async () => {
    await writeCheckpoint(run, 10, contents(1));
    const folder = await writeCheckpoint(run, 5000, contents(2));
    expect(path.basename(folder)).toBe('step-00005000');
    expect(fs.readdirSync(folder).sort()).toEqual([
      'ema.safetensors',
      'manifest.json',
      'model.safetensors',
      'optimizer.safetensors',
      'state.json',
    ]);
    const read = await readNewestCheckpoint(run);
    expect(read).toMatchObject({ step: 5000, folder, passedOver: [], ...contents(2) });
  });

  it('are none in a new run', async () => {
    expect(await readNewestCheckpoint(run)).toBeNull();
    expect(await listCheckpoints(run)).toEqual([]);
  });

  it('keeps the last three', async () => {
    for (const step of [1, 2, 3, 4, 5]) await writeCheckpoint(run, step, contents(step));
    expect(inCheckpoints()).toEqual(['step-00000003', 'step-00000004', 'step-00000005']);
    await writeCheckpoint(run, 6, contents(6), { keep: 1 });
    expect(inCheckpoints()).toEqual(['step-00000006']);
  });

  it('leaves later checkpoints alone and never removes the one just written', async () => {
    for (const step of [20, 30]) await writeCheckpoint(run, step, contents(step));
    await writeCheckpoint(run, 10, contents(10), { keep: 1 });
    expect(inCheckpoints()).toEqual(['step-00000010', 'step-00000020', 'step-00000030']);
  });

  it('replaces one of the same step, whole', async () => {
    await writeCheckpoint(run, 7, contents(1));
    await writeCheckpoint(run, 7, contents(2));
    expect(inCheckpoints()).toEqual(['step-00000007']);
    expect(await readNewestCheckpoint(run)).toMatchObject(contents(2));
  });

  it('are found under the name they have while being replaced', async () => {
    await writeCheckpoint(run, 7, contents(1));
    const folder = path.join(run, 'checkpoints', 'step-00000007');
    fs.renameSync(folder, `${folder}.replaced`);
    expect(await readNewestCheckpoint(run)).toMatchObject({ step: 7, ...contents(1) });
  });

  it('removes temporary folders left by a crash', async () => {
    const left = path.join(run, 'checkpoints', '.step-00000003-0a1b2c3d.tmp');
    fs.mkdirSync(left, { recursive: true });
    fs.writeFileSync(path.join(left, 'model.safetensors'), 'half');
    expect(await readNewestCheckpoint(run)).toBeNull();
    await writeCheckpoint(run, 4, contents(4));
    expect(inCheckpoints()).toEqual(['step-00000004']);
  });
});

describe('a damaged checkpoint', () => {
  const damages: [string, (folder: string) => void, RegExp][] = [
    [
      'a flipped byte',
      (folder) => {
        const file = path.join(folder, 'model.safetensors');
        const bytes = fs.readFileSync(file);
        bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
        fs.writeFileSync(file, bytes);
      },
      /model\.safetensors: its content is not what was written/,
    ],
    [
      'a truncated file',
      (folder) => fs.truncateSync(path.join(folder, 'ema.safetensors'), 40),
      /has 40 bytes instead of/,
    ],
    [
      'a missing file',
      (folder) => fs.rmSync(path.join(folder, 'optimizer.safetensors')),
      /the file is missing/,
    ],
    ['no manifest', (folder) => fs.rmSync(path.join(folder, 'manifest.json')), /manifest\.json is missing/],
    [
      'an empty manifest',
      (folder) => fs.writeFileSync(path.join(folder, 'manifest.json'), ''),
      /manifest\.json is not valid JSON/,
    ],
    [
      'the manifest of another step',
      (folder) => {
        const file = path.join(folder, 'manifest.json');
        fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"step": 20', '"step": 21'));
      },
      /speaks of step 21/,
    ],
    ['nothing in its folder', (folder) => emptyFolder(folder), /manifest\.json is missing/],
    [
      'a file in place of its folder',
      (folder) => {
        fs.rmSync(folder, { recursive: true });
        fs.writeFileSync(folder, '');
      },
      /manifest\.json is missing/,
    ],
    [
      'a folder in place of its manifest',
      (folder) => {
        fs.rmSync(path.join(folder, 'manifest.json'));
        fs.mkdirSync(path.join(folder, 'manifest.json'));
      },
      /is a folder where a file is expected/,
    ],
    [
      'another state',
      (folder) => {
        const file = path.join(folder, 'state.json');
        fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('2', '3'));
      },
      /state\.json: its content is not what was written/,
    ],
  ];

  it('that a reader cannot use is passed over too', async () => {
    await writeCheckpoint(run, 10, contents(1));
    await writeCheckpoint(run, 20, contents(2));
    const found = await useNewestCheckpoint(run, ({ step }) => {
      if (step === 20) throw new UserError('It does not suit.', { code: 'unreadable' });
      return step;
    });
    expect(found).toMatchObject({
      used: 10,
      checkpoint: { passedOver: [{ step: 20, reason: 'It does not suit' }] },
    });
  });

  it('is not one that the machine is too short of something to read', async () => {
    await writeCheckpoint(run, 10, contents(1));
    const newest = await writeCheckpoint(run, 20, contents(2));
    const open = fsp.open.bind(fsp);
    vi.spyOn(fsp, 'open').mockImplementation((...args) =>
      typeof args[0] === 'string' && args[0].startsWith(newest)
        ? Promise.reject(Object.assign(new Error('EMFILE'), { code: 'EMFILE' }))
        : open(...args),
    );
    await expect(readNewestCheckpoint(run)).rejects.toThrow(/too many files are open/);
  });

  it.each(damages)('with %s is passed over and reported', async (_, damage, reason) => {
    await writeCheckpoint(run, 10, contents(1));
    const newest = await writeCheckpoint(run, 20, contents(2));
    damage(newest);
    const read = await readNewestCheckpoint(run);
    expect(read).toMatchObject({ step: 10, ...contents(1) });
    expect(read?.passedOver).toHaveLength(1);
    expect(read?.passedOver[0]?.folder).toBe(newest);
    expect(read?.passedOver[0]?.reason).toMatch(reason);
  });

  it('that is the only one is an error, not a fresh start', async () => {
    const folder = await writeCheckpoint(run, 10, contents(1));
    fs.truncateSync(path.join(folder, 'model.safetensors'), 9);
    await expect(readNewestCheckpoint(run)).rejects.toThrow(UserError);
    await expect(readNewestCheckpoint(run)).rejects.toThrow(
      /No checkpoint of this run can be used: .*damaged/,
    );
    expect((await listCheckpoints(run))[0]?.problem).toMatch(/has 9 bytes/);
  });
});

describe('a disk that refuses', () => {
  it('when full leaves the earlier checkpoint intact and nothing behind', async () => {
    await writeCheckpoint(run, 10, contents(1));
    // The real open, but writes to the EMA file fail as on a full disk.
    const open = fsp.open.bind(fsp);
    vi.spyOn(fsp, 'open').mockImplementation(async (file, flags, mode) => {
      const handle = await open(file, flags, mode);
      if (String(file).endsWith('ema.safetensors') && flags === 'wx') {
        vi.spyOn(handle, 'write').mockRejectedValue(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
      }
      return handle;
    });
    const error: unknown = await writeCheckpoint(run, 20, contents(2)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(
      /checkpoint of step 20 could not be written to .*step-00000020: the disk is full/,
    );
    vi.restoreAllMocks();
    expect(inCheckpoints()).toEqual(['step-00000010']);
    expect(await readNewestCheckpoint(run)).toMatchObject({ step: 10, ...contents(1), passedOver: [] });
  });

  it.each([
    ['flushing', 'sync'],
    ['renaming', 'rename'],
  ])('while %s leaves the earlier checkpoint intact', async (_, call) => {
    await writeCheckpoint(run, 10, contents(1));
    const readOnly = Object.assign(new Error('EROFS'), { code: 'EROFS' });
    if (call === 'rename') vi.spyOn(fsp, 'rename').mockRejectedValue(readOnly);
    else {
      const open = fsp.open.bind(fsp);
      vi.spyOn(fsp, 'open').mockImplementation(async (file, flags, mode) => {
        const handle = await open(file, flags, mode);
        vi.spyOn(handle, 'sync').mockRejectedValue(readOnly);
        return handle;
      });
    }
    await expect(writeCheckpoint(run, 20, contents(2))).rejects.toThrow(/the disk is read-only/);
    vi.restoreAllMocks();
    expect(inCheckpoints()).toEqual(['step-00000010']);
    expect(await readNewestCheckpoint(run)).toMatchObject({ step: 10, passedOver: [] });
  });

  it('under a path that is a file says so', async () => {
    const file = path.join(run, 'file');
    fs.writeFileSync(file, '');
    await expect(writeCheckpoint(path.join(file, 'run'), 1, contents(1))).rejects.toThrow(
      /a part of the path is a file, not a folder/,
    );
  });
});

describe('the checkpoint of a step', () => {
  beforeEach(async () => {
    for (const step of [10, 20, 30]) await writeCheckpoint(run, step, contents(step));
  });

  it('comes as it was written; the start may have none', async () => {
    expect(await readCheckpointOf(run, 20)).toMatchObject({ step: 20, ...contents(20) });
    expect(await readCheckpointOf(run, 0)).toBeNull();
    expect(await earlierCheckpoint(run, 30)).toBe(20);
    expect(await earlierCheckpoint(run, 10)).toBe(0);
  });

  it('that is damaged is refused with the others named, whatever lists say', async () => {
    const file = path.join(run, 'checkpoints', 'step-00000020', 'model.safetensors');
    const bytes = fs.readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    fs.writeFileSync(file, bytes);
    expect(await earlierCheckpoint(run, 30)).toBe(20);
    await expect(readCheckpointOf(run, 20)).rejects.toThrow(
      /no usable checkpoint of step 20 in .* \(model\.safetensors: its content is not what was written\); there are those of steps 10, 30, or 0 for the start\./,
    );
    expect(inCheckpoints()).toHaveLength(3);
  });

  it('that there is not says which there are', async () => {
    await expect(readCheckpointOf(run, 15)).rejects.toThrow(
      'there are those of steps 10, 20, 30, or 0 for the start.',
    );
    await expect(readCheckpointOf(path.join(run, 'none'), 15)).rejects.toThrow(
      'there is no other, or 0 for the start.',
    );
  });
});

describe('old checkpoints', () => {
  it('stay while too many of the newer ones are damaged', async () => {
    for (const step of [10, 20, 30]) await writeCheckpoint(run, step, contents(step));
    for (const step of [20, 30])
      fs.rmSync(path.join(run, 'checkpoints', `step-000000${step}`, 'manifest.json'));
    await writeCheckpoint(run, 40, contents(40), { keep: 2 });
    expect(inCheckpoints()).toContain('step-00000010');
    await writeCheckpoint(run, 50, contents(50), { keep: 2 });
    expect(inCheckpoints()).toEqual(['step-00000040', 'step-00000050']);
  });
});

describe('what is told of damaged checkpoints', () => {
  const one = { folder: '', step: 30, reason: 'ema.safetensors: the file is missing' };

  it('is one sentence', () => {
    expect(damageSentence([], 10)).toBeNull();
    expect(damageSentence([one], 20)).toBe(
      'The checkpoint of step 30 is damaged (ema.safetensors: the file is missing); that of step 20 is used instead.',
    );
    expect(damageSentence([one, { ...one, step: 20 }, { ...one, step: 15 }], 10)).toBe(
      'The checkpoints of steps 15, 20 and 30 are damaged (the newest: ema.safetensors: the file is missing); that of step 10 is used instead.',
    );
  });
});
