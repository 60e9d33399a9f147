/** `covae redraw` of what the commands that explore have written: the same files, or one sentence. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { insertText, readText } from '../../core/export/png.ts';
import { covae, makeImages, root, withoutAlarms } from './test-cli.ts';

const home = path.join(root, 'home');
const at = (name: string): string => path.join(root, name);

async function does(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stderr, events } = await covae(...args, '--home', home, '--json');
  expect({ code, stderr: withoutAlarms(stderr) }).toEqual({ code: 0, stderr: '' });
  return events.at(-1) ?? {};
}

/** Redraws and is refused, in one sentence, with nothing left. */
async function refused(file: string, ...more: string[]): Promise<string> {
  const out = at('never.png');
  const { code, stderr } = await covae('redraw', file, '--out', out, ...more, '--home', home);
  expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
  expect(fs.existsSync(out)).toBe(false);
  return stderr.trim();
}

/** All files under a path, with their bytes. */
function contentOf(target: string): Record<string, string> {
  if (!fs.statSync(target).isDirectory()) return { '': fs.readFileSync(target).toString('base64') };
  const names = fs.readdirSync(target).sort();
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(target, name), 'base64')]));
}

/** Ids that are drawn by chance. */
const made = { draw: '', run: '' };

beforeAll(async () => {
  await makeImages(at('images'));
  await does('data', 'import', at('images'), '--name', 'set');
  await does(
    'train',
    '--data',
    'set',
    '--preset',
    'smoke',
    '--steps',
    '2',
    '--name',
    'run',
    '--set',
    'training.checkpointEvery=1',
  );
  const kept = await does('draws', 'make', '--count', '4');
  Object.assign(made, { draw: kept['draw'], run: kept['run'] });
  await does('directions', 'make', '--name', 'part', '--components', '2', '--images', '20');
  await does('encode', '--count', '5', '--out', at('z.npz'));
  fs.copyFileSync(at('images/even/04.png'), at('photo.png'));
});

const walk = 'walk --from 3 --via seed:5 --to 17 --frames 6';
const cases: [string, string][] = [
  ['walk.png', `${walk} --closed --easing ends --gap 5 --scale 3 --resize lanczos`],
  ['walk.gif', `${walk} --rate 20 --hold 0.3 --ping-pong`],
  ['walk.webp', `${walk} --path cubic --pace pixels`],
  ['walk.apng', `${walk} --as apng --space z --seed 4 --again 1`],
  ['walk-frames', `${walk} --at t=0.5`],
  ['walk.zip', `${walk} --weights raw`],
  ['circle.npz', 'walk --radius 0.4 --around 2 --noise-seed 3 --frames 20'],
  ['circle.png', 'walk --radius 0.4 --frames 20'],
  ['plane.png', 'plane --corner 1 --corner {photo} --corner 3 --columns 4 --rows 3'],
  ['along.png', 'plane --centre 1 --right part-1 --down part-2 --range 3 --columns 3 --rows 3'],
  ['latents.npy', 'decode --latents {z}'],
  ['latents.png', 'decode --latents {z} --count 4 --columns 4'],
  ['times.png', 'decode --point 1 --point near:2/1 --times 1,t=0.7'],
  ['moved.png', 'directions apply --direction part-1 --point 2 --point seed:1 --amounts -1,0,1'],
  ['kept.png', 'walk --from draw:{draw}/2 --to 3 --frames 3'],
  ['sides.png', 'side-by-side {run}@2 {run}@1 --samples 5'],
  [
    'sides.gif',
    'side-by-side {run}@1 {run}@2 --corner 1 --corner 2 --corner 3 --columns 2 --rows 2 --rate 2',
  ],
  ['part.png', 'plane --corner 1 --corner 2 --corner 3 --area -0.5,0.25,0.75,1 --columns 3 --rows 2'],
  ['near.png', 'neighbours --index 4 --count 3'],
  ['samples.png', 'sample --count 7 --seed 3 --start 5 --passes 3 --at 2,t=0.5 --temperature 0.8 --scale 2'],
  ['interpolation.png', 'interpolate --from 1 --to 5 --frames 4 --at 2 --weights raw'],
  ['reconstructions.png', 'reconstruct --start 3 --count 5 --at 1,t=0.5'],
];

describe('covae redraw', () => {
  it.each(cases)('draws %s again, byte for byte', async (name, command) => {
    const words = command
      .replace('{photo}', at('photo.png'))
      .replace('{z}', at('z.npz'))
      .replace('{draw}', made.draw)
      .replaceAll('{run}', made.run)
      .split(' ');
    await does(...words, '--out', at(name));
    const again = at(`again-${name}`);
    const result = await does('redraw', at(name), '--out', again);
    expect((result['files'] as string[])[0]).toBe(again);
    expect(contentOf(again)).toEqual(contentOf(at(name)));
    const [note, noteAgain] = [`${at(name)}.json`, `${again}.json`];
    expect(fs.existsSync(note)).toBe(/\.(npz|npy|zip)$/.test(name));
    if (fs.existsSync(note)) expect(contentOf(noteAgain)).toEqual(contentOf(note));
  });

  it('draws one picture of a set alone', async () => {
    const frame = at('walk-frames/frame-0004.png');
    await does('redraw', frame, '--out', at('frame.png'));
    expect(contentOf(at('frame.png'))).toEqual(contentOf(frame));
    await does('sample', '--singles', '--count', '9', '--start', '2', '--out', at('singles'));
    await does('redraw', at('singles/sample-0008.png'), '--out', at('single.png'));
    expect(contentOf(at('single.png'))).toEqual(contentOf(at('singles/sample-0008.png')));
    expect(JSON.parse(readText(fs.readFileSync(frame))['covae'] ?? '')).toMatchObject({ index: 3 });
  });

  it('says what is missing, or another by now', async () => {
    const file = at('plane.png');
    const bytes = fs.readFileSync(at('photo.png'));
    fs.copyFileSync(at('images/even/06.png'), at('photo.png'));
    expect(await refused(file)).toBe(
      `covae: ${file} was made with ${at('photo.png')}, which is another by now; the same cannot be drawn again.`,
    );
    fs.rmSync(at('photo.png'));
    expect(await refused(file)).toBe(
      `covae: ${file} was made with ${at('photo.png')}, which is not in ${root}; bring it back there first.`,
    );
    fs.writeFileSync(at('photo.png'), bytes);
    await does('directions', 'make', '--name', 'part', '--components', '2', '--images', '10', '--force');
    expect(await refused(at('along.png'))).toMatch(/made with direction part-1, which is another by now/);
    await does('directions', 'remove', '--name', 'part-1');
    expect(await refused(at('along.png'))).toMatch(/made with direction part-1, which the run no longer has/);

    await does('data', 'rename', 'set', 'other');
    await does('data', 'import', at('images/even'), '--name', 'set');
    expect(await refused(at('reconstructions.png'))).toMatch(
      /"set" no longer has the images that this was made from/,
    );
    await does('data', 'remove', 'set');
    await does('data', 'rename', 'other', 'set');
    await does(...walk.split(' '), '--no-provenance', '--out', at('silent.png'));
    expect(await refused(at('silent.png'))).toMatch(/does not say where it comes from/);
    const origin = readText(fs.readFileSync(at('walk.png')))['covae'] ?? '';
    const changed = async (from: RegExp, to: string): Promise<string> => {
      const told = insertText(fs.readFileSync(at('silent.png')), { covae: origin.replace(from, to) });
      fs.writeFileSync(at('told.png'), told);
      return refused(at('told.png'));
    };
    expect(await changed(/checkpoint":"sha256:..../, 'checkpoint":"sha256:0000')).toMatch(
      /no longer those that drew it/,
    );
    expect(await changed(/--step 2/, '--step 9')).toMatch(/no usable checkpoint of step 9 /);
    expect(await changed(/--frames 6/, '--frames 6 --out /tmp/x')).toMatch(/does not name a command/);
    expect(await changed(/covae walk run-\w+/, 'covae walk run-nobody')).toMatch(/The run run-nobody that/);
    fs.writeFileSync(at('taken.png'), '');
    const { stderr } = await covae('redraw', at('walk.png'), '--out', at('taken.png'), '--home', home);
    expect(stderr).toMatch(/taken\.png exists already/);
  });
});
