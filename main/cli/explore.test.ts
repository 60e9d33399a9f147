/** Walks, planes, directions, neighbours, latents and maps by command, on one small run; files checked from outside. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readText } from '../../core/export/png.ts';
import { shellWords } from '../../core/shell-word.ts';
import { covae, makeImages, root, withoutAlarms } from './test-cli.ts';
import { pythonWith } from '../../core/test-python.ts';

const home = path.join(root, 'home');
const at = (name: string): string => path.join(root, name);
const SIZE = 16 * 16;

/** A command that must succeed; its result. */
async function does(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stderr, events } = await covae(...args, '--home', home, '--json');
  expect({ code, stderr: withoutAlarms(stderr) }).toEqual({ code: 0, stderr: '' });
  return events.at(-1) ?? {};
}

/** A command that must be refused, in one sentence. */
async function refuses(args: string[], sentence: RegExp): Promise<void> {
  const { code, stderr, events } = await covae(...args, '--home', home, '--json');
  expect(code, args.join(' ')).not.toBe(0);
  expect(stderr).toMatch(sentence);
  expect(events.at(-1)).toMatchObject({ event: 'error' });
  expect(stderr.trim().split('\n')).toHaveLength(1);
}

/** The pixels of an npy file of images. */
function array(name: string): Buffer {
  return fs.readFileSync(at(name)).subarray(128);
}

beforeAll(async () => {
  await makeImages(at('images'));
  await does('data', 'import', at('images'), '--name', 'set');
  await does('train', '--data', 'set', '--preset', 'smoke', '--steps', '2', '--name', 'run');
});

describe('covae walk', () => {
  it('draws what interpolate draws, and comes as an animation', async () => {
    await does('interpolate', '--from', '3', '--to', '17', '--frames', '12', '--out', at('short.png'));
    const result = await does('walk', '--from', '3', '--to', '17', '--frames', '12', '--out', at('walk.png'));
    const [short, walk] = await Promise.all(
      ['short.png', 'walk.png'].map((name) => sharp(at(name)).raw().toBuffer()),
    );
    expect(walk!.equals(short!)).toBe(true);
    expect(result).toMatchObject({ as: 'grid', images: 12, frames: 12 });

    await does(
      'walk',
      '--from',
      '3',
      '--via',
      '5',
      '--to',
      '17',
      '--path',
      'cubic',
      '--closed',
      '--rate',
      '20',
      '--out',
      at('w.gif'),
    );
    const gif = await sharp(at('w.gif'), { animated: true }).metadata();
    expect(gif).toMatchObject({ format: 'gif', pages: 12, pageHeight: 80, width: 80 });
    expect(gif.delay).toEqual(Array.from({ length: 12 }, () => 50));
  });

  it.each([
    ['linear', []],
    ['positions', []],
    ['cubic', ['--easing', 'points']],
    ['spherical', ['--pace', 'pixels', '--space', 'z', '--seed', '4']],
    ['spherical', ['--again', '1,2', '--at', '3', '--easing', 'ends']],
  ])('goes %s %j, again by the command that it tells of', async (kind, more) => {
    const args = [
      'walk',
      '--from',
      'seed:5',
      '--via',
      '2',
      '--to',
      '7',
      '--path',
      kind,
      ...more,
      '--frames',
      '6',
    ];
    const name = `${kind}-${more.join('')}.npy`;
    const { command } = await does(...args, '--scale', '1', '--out', at(name));
    expect(array(name)).toHaveLength(6 * SIZE);
    const [, ...words] = shellWords(String(command));
    await does(...words, '--scale', '1', '--out', at(`again-${name}`));
    expect(array(`again-${name}`).equals(array(name))).toBe(true);
  });

  it('circles in noise and closes exactly', async () => {
    const circle = ['walk', '--radius', '0.8', '--noise-seed', '3', '--around', '4', '--scale', '1'];
    const { command } = await does(...circle, '--frames', '8', '--out', at('loop.npy'));
    await does(...circle, '--frames', '4', '--out', at('half.npy'));
    // Every second frame of eight is one of four.
    for (let i = 0; i < 4; i++) {
      const [eight, four] = [array('loop.npy'), array('half.npy')];
      const frame = eight.subarray(2 * i * SIZE, (2 * i + 1) * SIZE);
      expect(Math.max(...frame.map((value, p) => Math.abs(value - four[i * SIZE + p]!)))).toBeLessThanOrEqual(
        1,
      );
    }
    expect(String(command)).toContain('--around 4 --radius 0.8 --noise-seed 3');
  });

  it('takes image files, with the pixels that an import makes of them', async () => {
    const even = at('images/even/04.png');
    const files = fs.readdirSync(at('images/even')).sort();
    expect(files[2]).toBe('04.png');
    await does('decode', '--point', even, '--scale', '1', '--out', at('file.npy'));
    // The third image of the first class.
    await does('decode', '--point', '2', '--scale', '1', '--out', at('index.npy'));
    expect(array('file.npy').equals(array('index.npy'))).toBe(true);
  });

  it('says where its pictures come from', async () => {
    await does('walk', '--from', '3', '--to', '4', '--frames', '3', '--out', at('told.png'));
    const { covae: told = '' } = readText(fs.readFileSync(at('told.png')));
    expect(JSON.parse(told)).toMatchObject({
      kind: 'path',
      step: 2,
      command: expect.stringContaining('covae walk run-') as unknown,
    });
    await does(
      'walk',
      '--from',
      '3',
      '--to',
      '4',
      '--frames',
      '3',
      '--no-provenance',
      '--out',
      at('silent.png'),
    );
    expect(readText(fs.readFileSync(at('silent.png')))['covae']).toBeUndefined();
  });

  it('refuses in one sentence', async () => {
    const walk = (...args: string[]): string[] => ['walk', ...args];
    await refuses(walk('--from', '3'), /needs --from and --to/);
    await refuses(walk('--from', '3', '--to', '99'), /no image 99; give numbers from 0 to 39/);
    await refuses(walk('--from', 'three', '--to', '4'), /Give an image of the data set by its number/);
    await refuses(walk('--from', at('gone.png'), '--to', '4'), /gone\.png/);
    await refuses(
      walk('--from', at('images/odd/notes.png'), '--to', '4'),
      /notes\.png cannot be used as an image/,
    );
    await refuses(walk('nobody', '--from', '1', '--to', '4'), /There is no run "nobody"/);
    await refuses(walk('--radius', '1', '--from', '1'), /--radius walks in a circle/);
    await refuses(walk('--around', '1', '--from', '1', '--to', '2'), /--around and --noise-seed/);
    await refuses(
      walk('--from', '1', '--to', '2', '--rate', '5', '--out', at('x.png')),
      /--rate is for an animation/,
    );
    await refuses(walk('--from', '1', '--to', '2', '--out', at('walk.png')), /exists already/);
    await refuses(walk('--from', '1', '--to', '2', '--at', '99'), /The time index 99/);
    await refuses(
      walk('--from', '1', ...Array.from({ length: 12 }, () => ['--via', '2']).flat(), '--to', '3'),
      /12 points at most, not 14/,
    );
  });
});

describe('covae plane', () => {
  it('has its corners at its corners, and its own size', async () => {
    const corners = [1, 2, 3, 4].flatMap((index) => ['--corner', String(index)]);
    const plane = ['plane', ...corners, '--columns', '4', '--rows', '3'];
    await does(...plane, '--scale', '1', '--out', at('plane.npy'));
    expect(array('plane.npy')).toHaveLength(12 * SIZE);
    await does(
      'decode',
      ...[1, 2, 3, 4].flatMap((i) => ['--point', String(i)]),
      '--scale',
      '1',
      '--out',
      at('corners.npy'),
    );
    for (const [corner, place] of [0, 3, 8, 11].entries()) {
      const there = array('plane.npy').subarray(place * SIZE, (place + 1) * SIZE);
      const wanted = array('corners.npy').subarray(corner * SIZE, (corner + 1) * SIZE);
      expect(Math.max(...there.map((value, p) => Math.abs(value - wanted[p]!)))).toBeLessThanOrEqual(1);
    }
    await does(...plane, '--out', at('plane.png'));
    expect(await sharp(at('plane.png')).metadata()).toMatchObject({ width: 4 * 82 + 2, height: 3 * 82 + 2 });
    await refuses(['plane', '--corner', '1', '--corner', '2'], /three or four corners, not 2/);
    await refuses(['plane', '--centre', '1'], /needs --corner/);
  });
});

describe('covae directions', () => {
  it('are made of groups, classes and components, listed and applied', async () => {
    const groups = await does(
      'directions',
      'make',
      '--name',
      'odd',
      '--from-label',
      'even',
      '--to-label',
      'odd',
    );
    expect(groups).toMatchObject({
      directions: [{ name: 'odd', kind: 'groups', words: 'from class even to class odd', images: 40 }],
    });
    await does('directions', 'make', '--name', 'some', '--from-images', '1,2', '--to-images', '3');
    const classes = await does('directions', 'make', '--name', 'to', '--classes');
    expect(classes['directions']).toHaveLength(2);
    const components = await does('directions', 'make', '--name', 'pc', '--components', '3');
    const made = components['directions'] as { name: string; change: number }[];
    expect(made.map(({ name }) => name)).toEqual(['pc-1', 'pc-2', 'pc-3']);
    // Ordered by how much they change the picture.
    expect(made[0]!.change).toBeGreaterThanOrEqual(made[2]!.change);
    expect(components['dimensions']).toBeGreaterThanOrEqual(components['activeDimensions'] as number);
    const { directions } = await does('directions', 'list');
    expect((directions as { name: string }[]).map(({ name }) => name)).toEqual([
      'odd',
      'pc-1',
      'pc-2',
      'pc-3',
      'some',
      'to-even',
      'to-odd',
    ]);

    const apply = [
      'directions',
      'apply',
      '--direction',
      'odd',
      '--point',
      '3',
      '--point',
      '4',
      '--scale',
      '1',
    ];
    await does(...apply, '--amounts', '-2,0,2', '--out', at('applied.npy'));
    expect(array('applied.npy')).toHaveLength(6 * SIZE);
    await does('decode', '--point', '3', '--scale', '1', '--out', at('three.npy'));
    const middle = array('applied.npy').subarray(SIZE, 2 * SIZE);
    expect(
      Math.max(...middle.map((value, p) => Math.abs(value - array('three.npy')[p]!))),
    ).toBeLessThanOrEqual(1);
    await does(
      'plane',
      '--centre',
      '3',
      '--right',
      'pc-1',
      '--down',
      'pc-2',
      '--scale',
      '1',
      '--out',
      at('along.npy'),
    );
    expect(array('along.npy')).toHaveLength(25 * SIZE);
    await does('directions', 'remove', '--name', 'some');
  });

  it('refuse in one sentence', async () => {
    const make = (...args: string[]): string[] => ['directions', 'make', '--name', 'x', ...args];
    await refuses(make(), /Say in one way where directions come from/);
    await refuses(make('--from-label', 'even'), /the one it leads to is missing/);
    await refuses(make('--from-label', 'even', '--to-label', 'round'), /has no class "round"/);
    await refuses(make('--from-images', '1', '--to-images', '1'), /same encoding/);
    await refuses(make('--from-images', '1', '--to-images', '77'), /no image 77/);
    await refuses(
      ['directions', 'make', '--name', 'odd', '--from-label', 'even', '--to-label', 'odd'],
      /exists already/,
    );
    await refuses(['directions', 'apply', '--direction', 'none', '--point', '1'], /has no direction "none"/);
    await refuses(['directions', 'remove', '--name', 'none'], /none/);
  });

  it('need labels only where they are made of labels', async () => {
    await does('data', 'import', at('images'), '--name', 'bare', '--classes', 'none');
    await does('train', '--data', 'bare', '--preset', 'smoke', '--steps', '1', '--name', 'bare');
    const make = ['directions', 'make', 'bare', '--name', 'x'];
    await refuses([...make, '--classes'], /"bare" has no labels/);
    await refuses([...make, '--from-label', 'a', '--to-label', 'b'], /"bare" has no labels/);
    await does(...make, '--from-images', '1', '--to-images', '2');
    // A direction of another run of the same shape is used, and said so.
    const file = fs
      .readdirSync(path.join(home, 'runs'))
      .filter((name) => name.startsWith('run-'))
      .map((name) => path.join(home, 'runs', name, 'directions', 'odd.safetensors'))[0]!;
    const args = [
      'directions',
      'apply',
      'bare',
      '--direction',
      file,
      '--point',
      '1',
      '--out',
      at('other.png'),
    ];
    const outcome = await covae(...args, '--home', home);
    expect(outcome).toMatchObject({ code: 0 });
    expect(outcome.stderr).toMatch(/The direction odd was made for the run run-/);
  });
});

describe('covae neighbours', () => {
  it('are those that all distances give', async () => {
    await does('encode', 'run', '--from', '0', '--count', '40', '--out', at('all.npz'));
    const { neighbours } = await does('neighbours', 'run', '--index', '5', '--count', '3');
    const found = neighbours as { index: number; distance: number }[];
    expect(found).toHaveLength(3);
    const numpy = pythonWith('numpy');
    if (numpy === null) return;
    const script = `
import json, numpy, sys
mu = numpy.load(sys.argv[1])['mu'].reshape(40, -1)
distances = numpy.linalg.norm(mu - mu[5], axis=1)
order = [int(i) for i in numpy.argsort(distances, kind='stable') if i != 5][:3]
print(json.dumps([{'index': i, 'distance': float(distances[i])} for i in order]))`;
    const wanted = JSON.parse(execFileSync(numpy, ['-c', script, at('all.npz')]).toString()) as typeof found;
    expect(found.map(({ index }) => index)).toEqual(wanted.map(({ index }) => index));
    found.forEach(({ distance }, i) => expect(distance).toBeCloseTo(wanted[i]!.distance, 3));
  });

  it('can be drawn, and walked to', async () => {
    await does('neighbours', 'run', '--of', 'seed:3', '--count', '4', '--out', at('near.png'));
    expect(await sharp(at('near.png')).metadata()).toMatchObject({ width: 5 * 82 + 2 });
    await does('walk', 'run', '--from', '5', '--to', 'near:5/2', '--frames', '2', '--out', at('near.gif'));
    await refuses(['neighbours', 'run'], /Say whose neighbours/);
    await refuses(['neighbours', 'run', '--index', '40'], /no image 40/);
  });
});

describe('covae encode and covae decode', () => {
  it.each(['safetensors', 'npz'])('come back from %s as the reconstructions', async (ending) => {
    const file = at(`z.${ending}`);
    const told = await does('encode', 'run', '--from', '2', '--count', '8', '--out', file);
    expect(told).toMatchObject({ count: 8, data: 'set', from: 2 });
    await does('decode', 'run', '--latents', file, '--scale', '1', '--out', at(`back-${ending}.npy`));
    const points = Array.from({ length: 8 }, (_, i) => ['--point', String(2 + i)]).flat();
    await does('decode', 'run', ...points, '--scale', '1', '--out', at(`points-${ending}.npy`));
    expect(array(`back-${ending}.npy`).equals(array(`points-${ending}.npy`))).toBe(true);
    await does(
      'walk',
      'run',
      '--from',
      `${file}#1`,
      '--to',
      `${file}#7`,
      '--frames',
      '3',
      '--out',
      at(`${ending}.png`),
    );
    await refuses(['walk', 'run', '--from', `${file}#8`, '--to', '1'], /has 8 latents, so there is no row 8/);
  });

  it('keep points, and show them at several times', async () => {
    const sum = JSON.stringify({
      kind: 'sum',
      a: { kind: 'image', index: 1 },
      minus: { kind: 'image', index: 2 },
      plus: { kind: 'image', index: 3 },
    });
    await does('encode', 'run', '--point', sum, '--point', 'seed:4', '--out', at('points.npz'));
    await does('decode', 'run', '--point', sum, '--times', '1,2,3', '--scale', '1', '--out', at('times.npy'));
    expect(array('times.npy')).toHaveLength(3 * SIZE);
    await refuses(['decode', 'run'], /Say what to decode/);
    await refuses(['decode', 'run', '--latents', at('gone.npz')], /gone\.npz/);
    await refuses(['decode', 'run', '--latents', at('images/odd/notes.png')], /\.safetensors or \.npz/);
    await refuses(['encode', 'run', '--out', at('z.txt')], /\.safetensors or \.npz/);
    const values = JSON.stringify({ kind: 'values', values: [1, 2, 3], t: 1 });
    await refuses(['decode', 'run', '--point', values], /has 3 values, but latents of the run/);
  });
});

describe('covae map', () => {
  it('is a table that says what it holds, and a chart', async () => {
    await does('map', 'run', '--count', '20', '--times', '1,2', '--out', at('map.csv'));
    const [head, ...lines] = fs.readFileSync(at('map.csv'), 'utf8').trim().split('\n');
    expect(head).toBe('image,class,t,x,y');
    expect(lines).toHaveLength(40);
    expect(lines[1]).toMatch(/^3,even,[\d.]+,-?[\d.e-]+,-?[\d.e-]+$/);
    await does('map', 'run', '--method', 'umap', '--images', '0,1,2,3,4,5,6,7,8,9', '--out', at('map.svg'));
    expect(fs.readFileSync(at('map.svg'), 'utf8')).toMatch(/^<svg[^]*UMAP[^]*even[^]*<\/svg>/);
    await does('map', 'run', '--method', 'tsne', '--out', at('tsne.csv'));
    await refuses(['map', 'run', '--out', at('map.txt')], /\.csv or \.svg/);
    await refuses(['map', 'run', '--images', '1,99'], /no image 99/);
    await refuses(['map', 'run', '--method', 'tsne', '--images', '1,2'], /takes 8 points or more, not 2/);
  });
});

describe('a part of a plane', () => {
  it('is drawn by its edges', async () => {
    const corners = ['1', '2', '3', '4'].flatMap((point) => ['--corner', point]);
    const size = ['--columns', '3', '--rows', '3', '--scale', '1'];
    const whole = await does('plane', 'run', ...corners, ...size, '--out', at('whole.npy'));
    expect(whole['command']).not.toContain('--area');
    const part = ['--area', '0.5,0.5,1,1'];
    const told = await does('plane', 'run', ...corners, ...part, ...size, '--out', at('part.npy'));
    expect(told['command']).toContain('--area 0.5,0.5,1,1');
    // Its corners are the middle and the last picture of the whole.
    const [all, some] = [array('whole.npy'), array('part.npy')];
    expect(some.subarray(0, SIZE).equals(all.subarray(4 * SIZE, 5 * SIZE))).toBe(true);
    expect(some.subarray(8 * SIZE).equals(all.subarray(8 * SIZE))).toBe(true);
    await refuses(['plane', 'run', ...corners, '--area', '0,1'], /left, top, right and bottom/);
  });
});

describe('covae side-by-side', () => {
  it('draws one view through checkpoints, and a film of them', async () => {
    await does('train', '--data', 'set', '--preset', 'smoke', '--steps', '4', '--name', 'two');
    const { runs } = (await does('runs', 'list')) as { runs: { id: string; checkpoints: number[] }[] };
    const id = runs.find((run) => run.id.startsWith('two'))?.id ?? '';
    const told = await does(
      'side-by-side',
      `${id}@4`,
      'run',
      '--samples',
      '5',
      '--scale',
      '1',
      '--out',
      at('sides.npy'),
    );
    expect(told).toMatchObject({ images: 2, sides: [{ run: id, step: 4 }, { step: 2 }] });
    await does('sample', id, '--count', '5', '--singles', '--out', at('own'));
    const sides = array('sides.npy');
    expect(sides).toHaveLength(2 * 5 * SIZE);
    const [name = ''] = fs.readdirSync(at('own')).sort();
    const own = await sharp(at(path.join('own', name)))
      .extractChannel(0)
      .raw()
      .toBuffer();
    const first = Buffer.concat(Array.from({ length: 16 }, (_, y) => sides.subarray(y * 80, y * 80 + 16)));
    expect(first.equals(own)).toBe(true);
    const film = ['side-by-side', id, 'run', '--from', '1', '--to', '2', '--frames', '4', '--rate', '2'];
    await does(...film, '--out', at('sides.gif'));
    expect(await sharp(at('sides.gif'), { animated: true }).metadata()).toMatchObject({ pages: 2 });
    await does(
      'side-by-side',
      id,
      '--steps',
      'all',
      '--corner',
      '1',
      '--corner',
      '2',
      '--corner',
      '3',
      '--out',
      at('sides.png'),
    );
    await refuses(['side-by-side', 'nobody'], /nobody/);
    await refuses(['side-by-side', `${id}@3`, '--out', at('no.png')], /no checkpoint|3/);
    await refuses(['side-by-side', '--samples', '2', '--point', '3'], /different pictures/);
  });
});

describe('covae saved', () => {
  it('lists and draws what the window exported, whose latents are points everywhere', async () => {
    const { writeSaved } = await import('../../core/explore/saved/saved-file.ts');
    const { readLatents } = await import('../../core/explore/points/latent-file.ts');
    await does('encode', 'run', '--point', '5', '--out', at('five.safetensors'));
    const { mu, shape, origin } = await readLatents(at('five.safetensors'));
    const shared = {
      shape: [...shape],
      run: origin.run ?? '',
      createdAt: new Date(0).toISOString(),
      picture: null,
    };
    const five = { kind: 'values' as const, values: [...mu], t: origin.t };
    await writeSaved(
      at('kept.json'),
      [
        { kind: 'point', name: 'my five', ...shared, value: five },
        {
          ...{ kind: 'path', name: 'way', ...shared },
          value: {
            view: {
              ...{ kind: 'path', points: [five, { kind: 'image', index: 7 }], path: 'linear', loop: false },
              ...{ easing: 'none', pace: 'even', positions: [0, 0.5, 1] },
            },
            look: { at: { t: origin.t } },
          },
        },
      ],
      {},
    );
    const { things } = await does('saved', 'list', at('kept.json'));
    const word = `${at('kept.safetensors')}#my five`;
    expect(things).toMatchObject([{ name: 'my five', word }, { kind: 'path' }]);
    const walk = ['--path', 'linear', '--frames', '3', '--scale', '1', '--out'];
    await does('walk', 'run', '--from', word, '--to', '7', ...walk, at('by-word.npy'));
    await does('walk', 'run', '--from', '5', '--to', '7', ...walk, at('by-image.npy'));
    expect(array('by-word.npy').equals(array('by-image.npy'))).toBe(true);
    const draw = ['saved', 'draw', 'run', '--file', at('kept.json')];
    await does(...draw, '--name', 'way', '--scale', '1', '--out', at('by-name.npy'));
    expect(array('by-name.npy').equals(array('by-image.npy'))).toBe(true);
    await refuses(draw, /several things; name one/);
    await refuses([...draw, '--name', 'other'], /nothing called "other"/);
    await refuses(
      ['walk', 'run', '--from', `${at('kept.safetensors')}#other`, '--to', '1'],
      /no latent called "other"/,
    );
  });
});
