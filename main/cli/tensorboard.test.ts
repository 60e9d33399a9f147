/** Event files for TensorBoard, by `covae train --tensorboard` and `covae runs tensorboard`. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { pythonWith } from '../../core/test-python.ts';
import { covae, makeImages, root } from './test-cli.ts';

const home = path.join(root, 'home');
const logs = path.join(root, 'logs');

/** Steps, and numbers of pictures, by their tags, as TensorBoard reads them; null where it is not installed. */
function read(
  folder: string,
): { scalars: Record<string, [number, number][]>; images: Record<string, number[]> } | null {
  const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
acc = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'images': 0})
acc.Reload()
print(json.dumps({
  'scalars': {tag: [[e.step, e.value] for e in acc.Scalars(tag)] for tag in acc.Tags()['scalars']},
  'images': {tag: [e.step for e in acc.Images(tag)] for tag in acc.Tags()['images']},
}))`;
  const python = pythonWith('tensorboard');
  if (python === null) return null;
  return JSON.parse(
    execFileSync(python, ['-c', script, folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  ) as ReturnType<typeof read>;
}

it('are written while a run is trained, and later the same from what it has logged', async () => {
  await makeImages(path.join(root, 'images'));
  const at = ['--home', home, '--json'];
  await covae('data', 'import', path.join(root, 'images'), '--name', 'noise', ...at);
  const { code, events } = await covae(
    ...['train', '--data', 'noise', '--preset', 'smoke', '--steps', '6', '--tensorboard', logs],
    ...['--set', 'training.sampleEvery=3', ...at],
  );
  expect(code).toBe(0);
  const run = String(events.at(-1)?.['run']);
  const live = path.join(logs, run);
  expect(fs.readdirSync(live)).toHaveLength(1);

  const later = await covae('runs', 'tensorboard', run, '--out', path.join(root, 'later'), ...at);
  expect(later.events.at(-1)).toMatchObject({ run, lines: 6, evaluations: 0 });
  const again = await covae('runs', 'tensorboard', run, '--out', path.join(root, 'later'), ...at);
  expect(again.code).toBe(1);
  expect(again.stderr).toMatch(/is not an empty folder/);

  const found = read(live);
  if (found === null) return;
  const logged = fs
    .readFileSync(path.join(home, 'runs', run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { step: number; loss: number });
  const losses = found.scalars['train/loss'] ?? [];
  expect(losses.map(([step]) => step)).toEqual(logged.map(({ step }) => step));
  // Means over an interval are kept with six digits.
  for (const [i, { loss }] of logged.entries()) expect((losses[i]?.[1] ?? 0) / loss).toBeCloseTo(1, 4);
  expect(Object.keys(found.scalars)).toEqual(
    expect.arrayContaining(['train/gradNorm', 'train/learningRate', 'train/klLoss']),
  );
  expect(found.images['samples/1 pass']).toEqual(expect.arrayContaining([0, 3, 6]));
  expect(found.images['reconstructions']).toContain(6);
  expect(read(path.join(root, 'later', run))).toEqual(found);
});
