/** `covae export` and `covae provenance`: one small run, and what is written of it. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { insertText, readText } from '../../core/export/png.ts';
import { covae, makeImages, root } from './test-cli.ts';
import { python } from './test-python.ts';

const home = path.join(root, 'home');
const at = (name: string): string => path.join(root, name);
const exported = (...args: string[]) => covae('export', ...args, '--home', home, '--json');
/** As {@link exported}, which must succeed. */
const writes = async (to: string, args: string): Promise<unknown> => {
  const outcome = await exported(...args.split(' '), '--out', at(to));
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  return outcome.events.at(-1);
};
let run = '';

beforeAll(async () => {
  await makeImages(at('images'));
  expect(await covae('data', 'import', at('images'), '--name', 'set', '--home', home)).toMatchObject({
    code: 0,
  });
  const args = ['--data', 'set', '--preset', 'smoke', '--steps', '2', '--name', 'run'];
  expect(await covae('train', ...args, '--home', home)).toMatchObject({ code: 0 });
  run = fs.readdirSync(path.join(home, 'runs')).find((name) => name.startsWith('run-')) ?? '';
});

async function pixels(
  picture: string | Uint8Array,
): Promise<{ data: Buffer; width: number; height: number }> {
  const { space } = await sharp(picture).metadata();
  const { data, info } = await sharp(picture)
    .toColourspace(space)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

describe('samples', () => {
  it('are the same in every format, drawn again are the same files, and say where they come from', async () => {
    const count = 35;
    const size = 16 * 16;
    const all = (as: string, to: string) => writes(to, `--as ${as} --count ${count}`);
    expect(await all('npy', 'a.npy')).toMatchObject({
      run,
      images: count,
      files: [at('a.npy'), at('a.npy.json')],
    });
    const array = fs.readFileSync(at('a.npy'));
    expect(array.toString('latin1', 0, 128)).toContain(`'shape': (${count}, 16, 16, 1)`);
    const samples = array.subarray(128);
    expect(samples).toHaveLength(count * size);
    const sample = (i: number) => samples.subarray(i * size, (i + 1) * size);

    await all('png', 'pngs');
    const names = fs.readdirSync(at('pngs')).sort();
    expect(names).toHaveLength(count + 1);
    expect([names[0], names[1], names[count]]).toEqual([
      'covae-export.json',
      'sample-0001.png',
      'sample-0035.png',
    ]);
    expect((await pixels(at('pngs/sample-0034.png'))).data).toEqual(sample(33));
    const { covae: told = '' } = readText(fs.readFileSync(at('pngs/sample-0034.png')));
    expect(JSON.parse(told)).toMatchObject({ run, step: 2, seed: 0, passes: 1, count, index: 33 });

    for (const [as, file] of [
      ['zip', 'a.zip'],
      ['npz', 'a.npz'],
      ['parquet', 'a.parquet'],
    ] as const) {
      await all(as, file);
      // Read back by the importer, which knows all three.
      const name = `back-${as}`;
      const form = `--name ${name} --size 16 --channels 1`.split(' ');
      const back = await covae('data', 'import', at(file), ...form, '--home', home);
      expect(back).toMatchObject({ code: 0 });
      const folder = path.join(home, 'datasets', name);
      expect(fs.readFileSync(path.join(folder, 'pixels.u8')).equals(samples)).toBe(true);
    }
    const numpy = python('numpy', 'pyarrow.parquet', 'PIL.Image', 'io', 'json');
    if (numpy !== null) {
      const script = `
import io, json, zipfile, numpy as np, pyarrow.parquet as pq
from PIL import Image
npy = np.load('a.npy'); arr = np.load('a.npz')['arr_0']
table = pq.read_table('a.parquet')
features = json.loads(table.schema.metadata[b'huggingface'])['info']['features']
rows = table.column('image').to_pylist()
tabled = np.stack([np.asarray(Image.open(io.BytesIO(row['bytes']))) for row in rows])
z = zipfile.ZipFile('a.zip'); zipped = np.stack([np.asarray(Image.open(z.open(n))) for n in sorted(z.namelist())])
assert z.testzip() is None
print(npy.shape, npy.dtype, arr.shape, arr.dtype, (arr == npy).all(), (tabled[..., None] == npy).all(),
  (zipped[..., None] == npy).all(), rows[0]['path'], features)`;
      const said = execFileSync(numpy, ['-c', script], { cwd: root, encoding: 'utf8' });
      expect(said.trim()).toBe(
        "(35, 16, 16, 1) uint8 (35, 16, 16, 3) uint8 True True True sample-0001.png {'image': {'_type': 'Image'}}",
      );
    }
    // One picture alone, and the whole set, from what they say of themselves.
    const again = (file: string, to: string) =>
      covae('redraw', at(file), '--out', at(to), '--home', home, '--json');
    expect(await again('pngs/sample-0034.png', 'again.png')).toMatchObject({ code: 0, stderr: '' });
    expect(fs.readFileSync(at('again.png')).equals(fs.readFileSync(at('pngs/sample-0034.png')))).toBe(true);
    expect(fs.existsSync(at('again.png.json'))).toBe(false);
    expect(await again('a.npz', 'redrawn.npz')).toMatchObject({ code: 0, stderr: '' });
    for (const end of ['', '.json']) {
      expect(fs.readFileSync(at(`redrawn.npz${end}`)).equals(fs.readFileSync(at(`a.npz${end}`)))).toBe(true);
    }
    const told2 = await covae('provenance', at('a.npz'), '--json');
    expect(told2.events.at(-1)).toMatchObject({
      file: at('a.npz.json'),
      origin: { run, count, kind: 'samples' },
    });
  });

  it('begin anywhere, and are drawn again by the command that they name', async () => {
    await writes('b.npy', `${run} --as npy --count 3 --start 2 --seed 7 --passes 2 --at 1 --temperature 0.5`);
    const { events } = await covae('provenance', at('b.npy'), '--json');
    const { origin } = events.at(-1) as { origin: Record<string, string> };
    expect(origin).toMatchObject({
      start: 2,
      temperature: 0.5,
      reencodeAt: '1',
      checkpoint: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as unknown,
      times: expect.stringMatching(/^[\d.]+,[\d.]+$/) as unknown,
    });
    const words = (origin['command'] ?? '').split(' ');
    expect(words.slice(0, 3)).toEqual(['covae', 'export', run]);
    await writes('c.npy', words.slice(2).join(' '));
    expect(fs.readFileSync(at('c.npy')).equals(fs.readFileSync(at('b.npy')))).toBe(true);
  });

  it('say nothing where they are not to', async () => {
    for (const [as, file] of [
      ['png', 'plain'],
      ['webp', 'plain.webp'],
      ['gif', 'plain.gif'],
      ['npz', 'plain.npz'],
    ] as const) {
      await writes(file, `--as ${as} --count 2 --no-provenance`);
      expect(fs.existsSync(at(`${file}.json`))).toBe(false);
      const { code, stderr } = await covae('provenance', at(file));
      expect(code).toBe(1);
      expect(stderr).toMatch(/^covae: .* does not say where it comes from; .*\.\n$/);
    }
    expect(fs.readdirSync(at('plain'))).toEqual(['sample-0001.png', 'sample-0002.png']);
  });

  it('in a grid have the gap, the columns and the size that were asked for', async () => {
    await writes('grid.png', '--count 3 --columns 3 --gap 1 --background 9 --scale 2');
    const { width, height, data } = await pixels(at('grid.png'));
    expect([width, height]).toEqual([3 * 32 + 4, 34]);
    expect([data[0], data[33], data[width * 5 + 33]]).toEqual([9, 9, 9]);
  });
});

/** How far a grey level may be off in a GIF. */
const GIF_LEVELS = 2;

describe('an animation', () => {
  it.each(['gif', 'webp', 'apng'])(
    'of a path as %s has its frames, their times and its origin',
    async (as) => {
      const name = `path.${as === 'apng' ? 'png' : as}`;
      await writes(name, `--what path --as ${as} --count 4 --rate 5 --hold 1 --ping-pong --loop 3`);
      await writes(`${as}.npy`, '--what path --as npy --count 4');
      const file = at(name);
      const frames = fs.readFileSync(at(`${as}.npy`)).subarray(128);
      const { events } = await covae('provenance', file, '--json');
      expect(events.at(-1)).toMatchObject({
        file,
        origin: { run, kind: 'interpolation', from: 0, to: 1, frames: 4 },
      });
      if (as === 'apng') {
        expect((await pixels(file)).data).toEqual(frames.subarray(0, 256));
      } else {
        const { pages, delay, loop } = await sharp(file, { animated: true }).metadata();
        expect({ pages, delay, loop }).toEqual({
          pages: 6,
          delay: [1200, 200, 200, 1200, 200, 200],
          loop: 3,
        });
        const shown = await sharp(file, { animated: true })
          .toColourspace('b-w')
          .extractChannel(0)
          .raw()
          .toBuffer();
        const order = [0, 1, 2, 3, 2, 1].map((i) => frames.subarray(i * 256, (i + 1) * 256));
        const off = Buffer.concat(order).map((value, i) => Math.abs(value - (shown[i] ?? NaN)));
        expect(Math.max(...off)).toBeLessThanOrEqual(as === 'gif' ? GIF_LEVELS : 0);
      }
      const pillow = python('numpy', 'PIL.Image');
      if (pillow === null) return;
      const script = `
import sys, numpy as np
from PIL import Image
image = Image.open(sys.argv[1]); frames = np.load(sys.argv[2])[..., 0]; same = []; times = []
for i, k in enumerate([0, 1, 2, 3, 2, 1]):
  image.seek(i); same.append((np.abs(np.asarray(image.convert('RGB'))[..., 0] - frames[k].astype(int)) <= int(sys.argv[3])).all()); times.append(int(image.info['duration']))
print(image.n_frames, all(same), times, image.info['loop'])`;
      const said = execFileSync(
        pillow,
        ['-c', script, file, at(`${as}.npy`), as === 'gif' ? String(GIF_LEVELS) : '0'],
        { encoding: 'utf8' },
      );
      // Pillow tells of a GIF how often it is played once more.
      const plays = as === 'gif' ? 2 : 3;
      expect(said.trim()).toBe(`6 True [1200, 200, 200, 1200, 200, 200] ${plays}`);
    },
  );

  it('of a training shows its grids', async () => {
    const grids = path.join(home, 'runs', run, 'samples');
    const names = fs.readdirSync(grids).sort();
    await writes('film', '--what film --as frames');
    const frames = fs.readdirSync(at('film')).filter((name) => name.endsWith('.png'));
    expect(frames).toHaveLength(names.length);
    expect((await pixels(at('film/frame-0001.png'))).data).toEqual(
      (await pixels(path.join(grids, names[0]!))).data,
    );
    await writes('film.webp', '--what film --as webp');
    fs.writeFileSync(path.join(grids, 'step-00000009.png'), 'no picture');
    const { code, events } = await exported('--what', 'film', '--as', 'gif', '--out', at('film.gif'));
    fs.rmSync(path.join(grids, 'step-00000009.png'));
    expect(code).toBe(1);
    expect(String(events.at(-1)?.['message'])).toMatch(
      /step-00000009.png is damaged .* move it out of the folder\.$/,
    );
    expect(fs.existsSync(at('film.gif'))).toBe(false);
  });
});

it('reconstructions are written with the classes of their images', async () => {
  await writes('r.npz', '--what reconstructions --count 40 --as npz');
  const file = fs.readFileSync(at('r.npz')).toString('latin1');
  expect(file).toContain('arr_1.npy');
  await writes('r.parquet', '--what reconstructions --as parquet');
  const back = await covae('data', 'import', at('r.parquet'), '--name', 'rp', '--size', '16', '--home', home);
  expect(back).toMatchObject({ code: 0 });
  const record: unknown = JSON.parse(fs.readFileSync(path.join(home, 'datasets/rp/dataset.json'), 'utf8'));
  expect(record).toMatchObject({ count: 32, classes: ['even', 'odd'] });
});

describe('what cannot be drawn again', () => {
  it('says what is missing', async () => {
    await writes('one', '--as png --count 1');
    const file = at('one/sample-0001.png');
    const told = readText(fs.readFileSync(file));
    const { covae: origin = '' } = told;
    const redrawn = async (changed: string, ...more: string[]): Promise<string> => {
      fs.writeFileSync(
        at('other.png'),
        insertText(await sharp(file).png().toBuffer(), { ...told, covae: changed }),
      );
      const outcome = await covae('redraw', at('other.png'), '--out', at('never.png'), ...more);
      expect(outcome.code).toBe(1);
      expect(fs.existsSync(at('never.png'))).toBe(false);
      return outcome.stderr;
    };
    expect(await redrawn(origin, '--home', at('elsewhere'))).toMatch(
      /^covae: The run run-\S+ that drew .* is not in /,
    );
    const here = ['--home', home];
    expect(
      await redrawn(origin.replace(/checkpoint":"sha256:..../, 'checkpoint":"sha256:0000'), ...here),
    ).toMatch(/no longer those that drew it/);
    expect(await redrawn(origin.replace('--step 2', '--step 1'), ...here)).toMatch(
      /no usable checkpoint of step 1 /,
    );
    await writes('rec', '--what reconstructions --as png --count 1');
    const rec = readText(fs.readFileSync(at('rec/reconstruction-0001.png')))['covae'] ?? '';
    expect(
      await redrawn(rec.replace(/dataFingerprint":"sha256:..../, 'dataFingerprint":"sha256:0000'), ...here),
    ).toMatch(/no longer has the images that this was made from/);
    for (const command of ['covae data remove set', `covae export ${run} --out /tmp/x`, 'rm -r x']) {
      expect(await redrawn(origin.replace(/covae export [^"]*/, command), ...here)).toMatch(
        /does not name the covae export/,
      );
    }
  });
});

describe('what cannot be', () => {
  const cases: [string, string[], RegExp][] = [
    ['a count of 0', ['--count', '0'], /from 1 to 1000000/],
    ['an absurd count', ['--count', '1e9'], /from 1 to 1000000/],
    ['an unknown format', ['--as', 'bmp'], /Allowed choices are png, grid/],
    [
      'a grid of too many',
      ['--count', '1000000', '--out', at('big.png')],
      /A grid of 1,000,000 images would be/,
    ],
    [
      'a film of too many',
      ['--as', 'gif', '--count', '1000000', '--out', at('big.gif')],
      /An animation of 1,000,000 frames/,
    ],
    [
      'an option of another format',
      ['--as', 'zip', '--columns', '3'],
      /--columns means nothing for --as zip/,
    ],
    ['an option of another kind', ['--from', '3'], /--from means nothing for --what samples/],
    ['a name of another format', ['--as', 'zip', '--out', at('x.npz')], /\.npz file, but these images/],
    ['a step that is not there', ['--step', '7', '--out', at('s.png')], /no usable checkpoint of step 7/],
    ['a folder that is not there', ['--as', 'npz', '--out', at('no/where.npz')], /its folder does not exist/],
    ['no images', ['--what', 'path', '--from', '99', '--out', at('p.png')], /has no image 99/],
  ];
  it.each(cases)('%s is told in one sentence', async (_, args, sentence) => {
    const before = fs.readdirSync(root).sort();
    const { code, stderr } = await covae('export', ...args, '--home', home);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(fs.readdirSync(root).sort()).toEqual(before);
  });

  it('a name that is taken is left alone, also that of the JSON beside it', async () => {
    fs.writeFileSync(at('mine.npz.json'), 'mine');
    const refused = await covae('export', '--as', 'npz', '--out', at('mine.npz'), '--home', home);
    expect(refused).toMatchObject({
      code: 1,
      stderr: `covae: ${at('mine.npz.json')} exists already; choose another name, or replace it with --force.\n`,
    });
    expect(fs.existsSync(at('mine.npz'))).toBe(false);
    await writes('mine.npz', '--as npz --count 1 --force');
  });
});
