/** Previews of augmentation, and advice, on the command line. */
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { covae, makeImages, matching, root } from './test-cli.ts';

const home = path.join(root, 'home');

beforeAll(async () => {
  await makeImages(path.join(root, 'images'));
  const sized = [
    'data',
    'import',
    path.join(root, 'images'),
    '--channels',
    '1',
    '--size',
    '16',
    '--home',
    home,
  ];
  expect((await covae(...sized, '--name', 'noise')).code).toBe(0);
});

describe('covae data augment', () => {
  it('draws images beside what is made of them: the same for the same seed, nothing with nothing to do', async () => {
    const draw = async (name: string, ...more: string[]) => {
      const file = path.join(root, name);
      const args = [
        'data',
        'augment',
        'noise',
        '--rows',
        '3',
        '--copies',
        '4',
        '--out',
        file,
        '--home',
        home,
      ];
      const { code, stdout } = await covae(...args, ...more);
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: matching(/3 images and 4 copies of each/) });
      return file;
    };
    const first = await draw('first.png', '--set', 'augment.strength=1');
    const { width, height } = await sharp(first).metadata();
    expect(width / height).toBeCloseTo(5 / 3, 1);
    const again = await draw('again.png', '--set', 'augment.strength=1');
    expect(fs.readFileSync(again)).toEqual(fs.readFileSync(first));
    const other = await draw('other.png', '--set', 'augment.strength=1', '--seed', '5');
    expect(fs.readFileSync(other)).not.toEqual(fs.readFileSync(first));
    const nothing = ['rotation', 'scale', 'shift', 'colour'].flatMap((kind) => [
      '--set',
      `augment.${kind}=0`,
    ]);
    const still = await draw('still.png', ...nothing, '--set', 'augment.flip=false');
    const { data, info } = await sharp(still).greyscale().raw().toBuffer({ resolveWithObject: true });
    const cell = (info.width - 2) / 5;
    for (let row = 5; row < info.height - 5; row += 7) {
      const at = (column: number): number | undefined =>
        data[row * info.width + Math.floor(2 + (column + 0.5) * cell)];
      for (let column = 1; column < 5; column++) expect(at(column)).toBe(at(0));
    }
  });

  it('names the data set and the setting that cannot be', async () => {
    const args = ['data', 'augment', 'noise', '--home', home];
    expect((await covae(...args, '--set', 'augment.rotation=500')).stderr).toMatch(/augment\.rotation/);
    expect((await covae('data', 'augment', 'nobody', '--home', home)).stderr).toMatch(/no data set "nobody"/);
  });
});

describe('covae data show', () => {
  it('says how to train on so many images', async () => {
    const { stdout } = await covae('data', 'show', 'noise', '--home', home);
    expect(stdout).toMatch(
      /^40 images to train on, 16 × 16\. .*with 0\.5 as “Augmentation strength” \(augment\.strength\)\.$/m,
    );
  });
});
