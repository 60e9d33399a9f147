import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import { readText } from '../../core/export/png.ts';
import { gridPlaces } from '../../core/explore/plane/places.ts';
import { makeRun, RUN } from '../test-studio.ts';
import { originOfFile, pictureAsPng } from './pictures.ts';

let home: string;
beforeAll(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-pictures-'));
  await makeRun(home);
});

const picture = { height: 1, width: 3, channels: 1 as const, data: Uint8Array.of(0, 128, 255) };

it('a picture of the window is written with its pixels and its draw, and read back', async () => {
  const draw = { runId: RUN, count: 4, seed: 7, passes: 2 };
  const png = await pictureAsPng(home, { ...picture, origin: { ...draw, index: 3, checkpoint: 5 } });
  expect([...(await sharp(png).toColourspace('b-w').raw().toBuffer())]).toEqual([...picture.data]);
  expect(JSON.parse(readText(png)['covae'] ?? '')).toMatchObject({
    ...{ run: RUN, step: 5, kind: 'samples', seed: 7, count: 4, passes: 2, index: 3 },
  });
  const file = path.join(home, 'picture.png');
  await fs.writeFile(file, png);
  expect(await originOfFile(home, file)).toMatchObject({
    ...{ run: RUN, here: true, stepHere: false, origin: { index: 3 } },
  });
  await expect(originOfFile(path.join(home, 'elsewhere'), file)).resolves.toMatchObject({ here: false });
});

it('a picture of a view says the command that draws it, a part of a plane as its area', async () => {
  const corners = [0, 1, 2].map((index) => ({ kind: 'image' as const, index }));
  const [runId, look] = [RUN, { at: { timeIndex: 3 } }];
  const textOf = async (places: [number, number][]): Promise<Record<string, unknown>> => {
    const view = { kind: 'plane' as const, corners, plane: 'linear' as const, places };
    const png = await pictureAsPng(home, { ...picture, origin: { runId, view, look, index: 2 } });
    await fs.writeFile(path.join(home, 'view.png'), png);
    return JSON.parse(readText(png)['covae'] ?? '') as Record<string, unknown>;
  };
  const told = await textOf(gridPlaces(2, 2));
  expect(told).toMatchObject({ run: RUN, kind: 'plane', index: 2 });
  expect(told['command']).toMatch(/^covae plane \S+ --corner 0 .* --at 3 --as png --scale 1$/);
  expect(await originOfFile(home, path.join(home, 'view.png'))).toMatchObject({
    view: { view: { kind: 'plane', corners, places: gridPlaces(2, 2) }, look },
  });
  expect((await textOf([[0.3, 0.2]]))['command']).toMatch(
    / --area 0\.3,0\.2,0\.3,0\.2 --columns 1 --rows 1 /,
  );
  expect(await originOfFile(home, path.join(home, 'view.png'))).toMatchObject({
    view: { view: { places: [[0.3, 0.2]] } },
  });
});

it('a picture of no draw says nothing, and other files neither', async () => {
  const png = await pictureAsPng(home, { ...picture, origin: null });
  expect(readText(png)).toEqual({});
  const file = path.join(home, 'plain.png');
  await fs.writeFile(file, png);
  expect(await originOfFile(home, file)).toBeNull();
  expect(await originOfFile(home, path.join(home, 'nowhere.png'))).toBeNull();
  await expect(pictureAsPng(home, { ...picture, width: 4, origin: null })).rejects.toThrow(
    'The picture has 3 values where 4 × 1 pixels have 4.',
  );
});
