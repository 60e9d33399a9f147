/** `covae export` and `covae provenance`: one small run, and what is written of it. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { insertText, readText } from '../../core/export/png.ts';
import { covae, makeImages, root } from './test-cli.ts';
import { hasProgram } from '../../core/test-program.ts';
import { pythonWith } from '../../core/test-python.ts';

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
    const numpy = pythonWith('numpy', 'pyarrow.parquet', 'PIL.Image', 'io', 'json');
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
      const pillow = pythonWith('numpy', 'PIL.Image');
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
    const names = fs
      .readdirSync(grids)
      .filter((name) => /^step-\d+\.png$/.test(name))
      .sort();
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
        /does not name a command that draws it again/,
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

describe('a plane', () => {
  it('lies between images, as a grid as wide as it is', async () => {
    await writes('plane.npy', '--what plane --as npy --count 9 --corners 0,1,2');
    await writes('plane.png', '--what plane --count 9 --corners 0,1,2 --gap 0');
    const { data, width, height } = await pixels(at('plane.png'));
    expect([width, height]).toEqual([48, 48]);
    const array = fs.readFileSync(at('plane.npy')).subarray(128);
    for (let y = 0; y < 48; y++) {
      for (let x = 0; x < 48; x++) {
        const tile = 3 * Math.floor(y / 16) + Math.floor(x / 16);
        expect(data[y * 48 + x]).toBe(array[tile * 256 + (y % 16) * 16 + (x % 16)]);
      }
    }
    // Its upper edge leads from the first corner to the second, as a path does.
    await writes('edge.npy', '--what path --as npy --count 3 --from 0 --to 1');
    const edge = fs.readFileSync(at('edge.npy')).subarray(128);
    for (let i = 0; i < edge.length; i++) expect(Math.abs(edge[i]! - array[i]!)).toBeLessThanOrEqual(1);
    const refused = await covae('export', '--what', 'plane', '--count', '10', '--home', home);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(/so 10 is none; give a square number to --count, such as 9\.$/m);
  });
});

describe('captions', () => {
  it('stand below the images of a grid, and the images are as without', async () => {
    await writes('plain.png', '--what reconstructions --count 2 --start 1 --columns 2 --gap 0 --scale 4');
    await writes(
      'said.png',
      '--what reconstructions --count 2 --start 1 --columns 2 --gap 0 --scale 4 --captions number',
    );
    const [plain, said] = [await pixels(at('plain.png')), await pixels(at('said.png'))];
    expect([said.width, said.height]).toEqual([plain.width, plain.height + 11]);
    expect(said.data.subarray(0, plain.data.length).equals(plain.data)).toBe(true);
    const band = said.data.subarray(plain.data.length);
    const half = (side: number) =>
      Array.from({ length: 11 }, (_, y) => [...band.subarray(y * 128 + side * 64, y * 128 + side * 64 + 64)]);
    // Ink, and another for another number.
    expect(
      half(0)
        .flat()
        .some((grey) => grey < 64),
    ).toBe(true);
    expect(half(0)).not.toEqual(half(1));
    const refused = await covae('export', '--captions', 'class', '--out', at('c.png'), '--home', home);
    expect(refused.stderr).toMatch(/have no classes to stand below them/);
  });
});

describe('a data set drawn from a model', () => {
  it('is in the library with its pixels, and says which run drew it from which seed', async () => {
    await writes('same.npy', '--as npy --count 40 --seed 3');
    const made = await covae(
      ...[
        'export',
        '--as',
        'dataset',
        '--count',
        '40',
        '--seed',
        '3',
        '--name',
        'drawn',
        '--home',
        home,
        '--json',
      ],
    );
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const folder = path.join(home, 'datasets/drawn');
    expect(made.events.at(-1)).toMatchObject({ images: 40, files: [folder] });
    const same = fs.readFileSync(at('same.npy')).subarray(128);
    expect(fs.readFileSync(path.join(folder, 'pixels.u8')).equals(same)).toBe(true);
    const record = JSON.parse(fs.readFileSync(path.join(folder, 'dataset.json'), 'utf8')) as object;
    expect(record).toMatchObject({
      count: 40,
      source: {
        kind: 'drawn',
        paths: [run],
        drawn: {
          run,
          step: 2,
          seed: 3,
          command: expect.stringMatching(/^covae export .*--seed 3/) as unknown,
        },
      },
    });
    expect(fs.readFileSync(path.join(folder, 'names.jsonl'), 'utf8')).toContain('"sample 39 of seed 3"\n');
    expect(await covae('data', 'verify', 'drawn', '--home', home)).toMatchObject({ code: 0 });
    const again = await covae('export', '--as', 'dataset', '--name', 'drawn', '--home', home);
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toMatch(/There is already a data set "drawn"/);
    const copied = await covae('data', 'duplicate', 'drawn', '--name', 'drawn-copy', '--home', home);
    expect(copied).toMatchObject({ code: 0 });
    expect((await covae('export', '--as', 'dataset', '--out', at('x'), '--home', home)).stderr).toMatch(
      /not to --out/,
    );
  });
});

describe('a film', () => {
  it.each(['mp4', 'webm'])('as %s has its frames, their times and its origin', async (as) => {
    const file = `path.${as}`;
    if (!hasProgram('ffmpeg')) {
      const refused = await covae('export', '--what', 'path', '--as', as, '--out', at(file), '--home', home);
      expect(refused.stderr).toMatch(/made by ffmpeg here, which is not installed; install it/);
      console.warn('No ffmpeg: the film is not made.');
      return;
    }
    await writes(file, `--what path --as ${as} --count 5 --rate 5 --hold 1 --ping-pong --scale 4`);
    await writes(`again.${as}`, `--what path --as ${as} --count 5 --rate 5 --hold 1 --ping-pong --scale 4`);
    expect(fs.readFileSync(at(file)).equals(fs.readFileSync(at(`again.${as}`)))).toBe(true);
    const told = await covae('provenance', at(file), '--json');
    expect(told.events.at(-1)).toMatchObject({
      file: at(file),
      origin: { run, kind: 'interpolation', frames: 5 },
    });
    await writes(`path-${as}.npy`, '--what path --as npy --count 5 --scale 4');
    const first = fs.readFileSync(at(`path-${as}.npy`)).subarray(128, 128 + 64 * 64);
    const raw = execFileSync(
      'ffmpeg',
      ['-loglevel', 'error', '-i', at(file), '-f', 'rawvideo', '-pix_fmt', 'gray', '-'],
      { maxBuffer: 1 << 26 },
    );
    // Eight frames there and back; each end stays five frames longer.
    expect(raw).toHaveLength(18 * 64 * 64);
    let off = 0;
    for (let i = 0; i < first.length; i++) off += Math.abs(first[i]! - raw[i]!);
    expect(off / first.length).toBeLessThan(6);
    if (!hasProgram('ffprobe')) return;
    const probe = JSON.parse(
      execFileSync('ffprobe', ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', at(file)], {
        encoding: 'utf8',
      }),
    ) as { streams: object[]; format: { duration: string } };
    expect(probe.streams).toEqual([
      expect.objectContaining({
        codec_name: as === 'mp4' ? 'h264' : 'vp9',
        width: 64,
        height: 64,
        r_frame_rate: '5/1',
      }),
    ]);
    expect(Number(probe.format.duration)).toBeCloseTo(3.6, 1);
  });
});

describe('pictures of before exports named their command', () => {
  it('are drawn once more from what they say', async () => {
    const draws: [string, string[]][] = [
      ['old.png', ['sample', '--count', '5', '--seed', '4', '--passes', '2']],
      ['strip.png', ['interpolate', '--from', '1', '--to', '3', '--frames', '4', '--at', '2']],
    ];
    for (const [file, args] of draws) {
      expect(await covae(...args, '--out', at(file), '--home', home)).toMatchObject({ code: 0 });
      expect(await covae('redraw', at(file), '--out', at(`re-${file}`), '--home', home)).toMatchObject({
        code: 0,
      });
      expect(fs.readFileSync(at(`re-${file}`)).equals(fs.readFileSync(at(file)))).toBe(true);
    }
    const singles = ['sample', '--singles', '--count', '3', '--seed', '9', '--out', at('old-singles')];
    expect(await covae(...singles, '--home', home)).toMatchObject({ code: 0 });
    const one = at('old-singles/sample-0002.png');
    expect(await covae('redraw', one, '--out', at('one.png'), '--home', home)).toMatchObject({ code: 0 });
    expect(fs.readFileSync(at('one.png')).equals(fs.readFileSync(one))).toBe(true);
  });
});
