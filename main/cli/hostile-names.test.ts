/** Names from outside on their way through the command line. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { printable } from '../../core/printable.ts';
import { covae, makeImages, type Outcome, root } from './test-cli.ts';

const home = path.join(root, 'home');
const CLASSES = ['\u001b[2Jclear', 'neves\u202eeven', '👩\u200d👩\u200d👧 שלום', 'two\nlines\u009b'];
const FILE = 'bad\u001b]0;title\u0007\u2028.png';

function check({ stdout, stderr }: Outcome): void {
  for (const line of `${stdout}${stderr}`.split('\n')) expect(printable(line)).toBe(line);
}

beforeAll(async () => {
  const plain = path.join(root, 'plain');
  await makeImages(plain);
  const from = path.join(plain, 'even');
  for (const name of CLASSES) fs.cpSync(from, path.join(root, 'images', name), { recursive: true });
  fs.writeFileSync(path.join(root, 'images', CLASSES[0]!, FILE), 'no image');
});

describe('names from outside', () => {
  it('are written out in what people read, and are exact in JSON', async () => {
    const images = path.join(root, 'images');
    const preview = await covae('data', 'import', images, '--preview', '--home', home);
    check(preview);
    expect(preview.stdout).toContain(String.raw`\x1b[2Jclear (21)`);
    expect(preview.stdout).toContain(String.raw`bad\x1b]0;title\x07\u2028.png`);
    expect(preview.stdout).toContain(CLASSES[2]);
    const imported = await covae('data', 'import', images, '--name', 'odd', '--home', home);
    check(imported);
    expect(imported.code).toBe(0);
    const shown = await covae('data', 'show', 'odd', '--home', home);
    check(shown);
    expect(shown.stdout).toContain(String.raw`two\nlines\x9b`);
    const json = await covae('data', 'show', 'odd', '--home', home, '--json');
    check(json);
    expect(json.events.at(-1)).toMatchObject({ classes: [...CLASSES].sort() });
  });

  it('of folders in the library, too', async () => {
    fs.mkdirSync(path.join(home, 'datasets', 'o\u202edd\u001b[1m'), { recursive: true });
    const listed = await covae('data', 'list', '--home', home);
    check(listed);
    expect(listed.stdout).toContain(String.raw`o\u202edd\x1b[1m`);
    check(await covae('data', 'list', '--home', home, '--json'));
  });

  it('that were typed', async () => {
    for (const args of [
      ['sam\u001b[31mple'],
      ['sample', '--\u001b[31m'],
      ['sample', '--count', '\u001b[31m\n7'],
      ['data', 'show', 'x\u202e'],
      ['train', '--data', 'x', '--preset', 'a\u009b31m/b'],
      ['train', '--data', 'odd', '--set', 'training.\u001bx=1'],
      ['train', '--data', 'odd', '--set', 'objective.recWeight="\u202et"'],
    ]) {
      for (const json of [[], ['--json']]) {
        const outcome = await covae(...args, '--home', home, ...json);
        expect(outcome.code).toBe(1);
        check(outcome);
      }
    }
  });

  it('have folders of their own in an export', async () => {
    const out = path.join(root, 'out');
    const exported = await covae('data', 'export', 'odd', '--to', out, '--home', home);
    check(exported);
    const note: unknown = JSON.parse(fs.readFileSync(path.join(out, 'covae-images.json'), 'utf8'));
    expect(note).toMatchObject({ classes: [...CLASSES].sort().map((name) => ({ name })) });
    for (const name of fs.readdirSync(out)) expect(printable(name)).toBe(name);
  });
});
