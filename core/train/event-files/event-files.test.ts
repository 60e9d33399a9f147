/** Event files as TensorBoard itself reads them, where it is installed. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32c, EventFile, record } from './event-file.ts';
import { pythonWith } from '../../test-python.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-events-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const READ = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
acc = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'images': 0})
acc.Reload()
print(json.dumps({
  'scalars': {tag: [[e.step, e.wall_time, e.value] for e in acc.Scalars(tag)] for tag in acc.Tags()['scalars']},
  'images': {tag: [[e.step, e.width, e.height, list(e.encoded_image_string)] for e in acc.Images(tag)] for tag in acc.Tags()['images']},
}))
`;

// 1 × 1, grey.
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);

describe('records', () => {
  it.each([
    // RFC 3720, appendix B.4.
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [Buffer.from('123456789'), 0xe3069283],
  ])('have the CRC-32C of the standard', (data, crc) => {
    expect(crc32c(data)).toBe(crc);
  });

  it('begin with the length', () => {
    const bytes = record(Uint8Array.of(1, 2, 3));
    expect(bytes).toHaveLength(19);
    expect([...bytes.subarray(0, 8)]).toEqual([3, 0, 0, 0, 0, 0, 0, 0]);
    expect([...bytes.subarray(12, 15)]).toEqual([1, 2, 3]);
  });
});

describe('event files', () => {
  const tensorboard = pythonWith('tensorboard');

  it.skipIf(tensorboard === null)('hold scalars and pictures that TensorBoard reads', () => {
    const events = new EventFile(folder, { step: 0, wallTime: 1000 });
    for (let step = 1; step <= 300; step++) {
      events.scalars({ step, wallTime: 1000.5 + step }, { 'train/loss': 1 / step, 'größe/数': step });
    }
    events.image({ step: 100, wallTime: 1100 }, 'samples/1 pass', {
      ...{ png: PNG, width: 1, height: 1, channels: 1 },
    });
    events.close();
    // Gone on with from step 200: what came after it there does not count.
    const again = new EventFile(folder, { step: 201, wallTime: 3000 });
    again.scalars({ step: 201, wallTime: 3001 }, { 'train/loss': 7 });
    again.close();
    expect(fs.readdirSync(folder)).toHaveLength(2);
    const read = JSON.parse(
      execFileSync(tensorboard!, ['-c', READ, folder], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as {
      scalars: Record<string, number[][]>;
      images: Record<string, [number, number, number, number[]][]>;
    };
    const loss = read.scalars['train/loss']!;
    expect(loss).toHaveLength(201);
    expect(loss[9]).toEqual([10, 1010.5, Math.fround(0.1)]);
    expect(loss.at(-1)).toEqual([201, 3001, 7]);
    expect(Object.keys(read.scalars)).toContain('größe/数');
    const [[step, width, height, bytes]] = read.images['samples/1 pass'] as [
      [number, number, number, number[]],
    ];
    expect([step, width, height]).toEqual([100, 1, 1]);
    expect(Buffer.from(bytes)).toEqual(PNG);
  });
});
