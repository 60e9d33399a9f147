import { describe, expect, it } from 'vitest';
import { framePositions } from './paths/pace.ts';
import { gridPlaces } from './plane/places.ts';
import type { KeyPoint } from './points/point.ts';
import { readViewCommand } from './read-view-command.ts';
import type { Look, View, ViewFiles } from './view.ts';
import { commandOfView } from './view-command.ts';

const image: KeyPoint = { kind: 'image', index: 3 };
const odd: KeyPoint = { kind: 'file', file: "/home/me/it's a 'photo' --out.png" };
const moved: KeyPoint = { kind: 'moved', of: odd, by: [{ direction: 'my smile', amount: -1.5 }] };
const named: KeyPoint = { kind: 'latent', file: 'saved.safetensors', row: "my #1 'picture'" };
const rows = [0, 1, 2].map((row): KeyPoint => ({ kind: 'latent', file: 'z.npz', row }));

const cases: [string, View, Look, number | undefined, ViewFiles][] = [
  [
    'a way',
    {
      ...{ kind: 'path', points: [image, moved, { kind: 'seed', seed: 5, number: 2 }], path: 'cubic' },
      ...{ loop: true, easing: 'points', pace: 'pixels', positions: framePositions(7, true) },
    },
    { at: { t: 0.1234567890123 }, space: 'z', seed: 9, again: [{ timeIndex: 4 }, { t: 2 }] },
    undefined,
    { as: 'gif', scale: 3, resize: 'lanczos', rate: 12.5, hold: 0.5, pingPong: true },
  ],
  [
    'a circle of noise',
    { kind: 'noise', around: null, radius: 0.3, seed: 7, positions: framePositions(8, true) },
    { weights: 'raw' },
    undefined,
    { as: 'frames', scale: 1 },
  ],
  [
    'a plane',
    { kind: 'plane', corners: [image, odd, moved], plane: 'linear', places: gridPlaces(3, 2) },
    { at: { timeIndex: 129 }, label: 2, guidance: 1.5 },
    3,
    { as: 'grid', gap: 0 },
  ],
  [
    'a plane along directions',
    { kind: 'along', centre: image, right: 'smile', down: '-age', range: 2.5, places: gridPlaces(4, 4) },
    {},
    4,
    {},
  ],
  [
    'a part of a plane',
    {
      ...{ kind: 'plane', corners: [image, odd, moved], plane: 'spherical' },
      places: gridPlaces(3, 3, [-0.1234, 0.2, 0.7, 1.3]),
    },
    {},
    3,
    {},
  ],
  ['points', { kind: 'points', points: [moved, image, named] }, {}, 2, { as: 'png' }],
  ['rows of a file', { kind: 'points', points: rows }, { at: { t: 0.5 } }, undefined, { as: 'npy' }],
  ['points at times', { kind: 'times', points: [image], times: [{ t: 0.1 }, { timeIndex: 2 }] }, {}, 5, {}],
];

describe('readViewCommand', () => {
  it.each(cases)('reads %s from its own command', (_, view, look, columns, files) => {
    const command = commandOfView(view, look, { run: 'run-abc', step: 20, columns, files });
    expect(readViewCommand(command)).toEqual({ run: 'run-abc', step: 20, view, look, columns, files });
  });

  it('has what is as usual where a command leaves it out', () => {
    expect(readViewCommand('covae walk run-abc --from 1 --to 2')).toEqual({
      ...{ run: 'run-abc', step: null, look: {}, columns: undefined, files: {} },
      view: {
        ...{ kind: 'path', points: [1, 2].map((index) => ({ kind: 'image', index })), path: 'spherical' },
        ...{ loop: false, easing: 'none', pace: 'even', positions: framePositions(12, false) },
      },
    });
  });

  it.each([
    'covae export run-abc --count 3',
    'covae walk',
    'covae walk --from 1 --to 2',
    'covae walk run-abc --from 1',
    'covae walk run-abc --from 1 --to 2 --out /tmp/x',
    'covae walk run-abc --from 1 --to 2 --home /tmp',
    'covae walk run-abc --from 1 --to 2 --force',
    'covae walk run-abc --from 1 --to 2 --frames 1e9',
    'covae walk run-abc --from 1 --to 2 --frames -3',
    'covae walk run-abc --from 1 --to 2 --scale 1000',
    'covae walk run-abc --from 1 --to what',
    'covae walk run-abc --from 1 --to 2 --step all',
    'covae plane run-abc --corner 1 --corner 2 --corner 3 --columns 4096 --rows 4096',
    'covae decode run-abc --latents z.npz',
    'covae decode run-abc --latents z.npz --count 100000000',
    'rm -r run-abc',
  ])('reads nothing from %s', (command) => {
    expect(readViewCommand(command)).toBeNull();
  });
});
