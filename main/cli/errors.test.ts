import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { covae } from './test-cli.ts';

let root: string;
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-errors-'));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

it('an empty HOME is told, and nothing is made in the folder at hand', async () => {
  vi.stubEnv('HOME', '');
  vi.stubEnv('COVAE_HOME', '');
  vi.stubEnv('XDG_DATA_HOME', '');
  try {
    for (const args of [['data', 'list'], ['resume'], ['data', 'import', 'sample', '--home', '~/x']]) {
      const { code, stderr } = await covae(...args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^covae: .*the environment variable HOME is empty; set it, or .*\.\n$/);
    }
    expect(await covae('data', 'list', '--home', path.join(root, 'named'), '--json')).toMatchObject({
      code: 0,
    });
  } finally {
    vi.unstubAllEnvs();
  }
});

describe('an error with --json', () => {
  it('ends the events with its code and sentence, which people find on stderr', async () => {
    const home = path.join(root, 'nothing');
    const { code, events, stderr } = await covae('train', '--data', 'x', '--home', home, '--json');
    const message = `There is no data set "x" in ${home}; import one first.`;
    expect(code).toBe(1);
    expect(events).toEqual([
      { event: 'error', code: 'not-found', key: null, file: null, message, exitCode: 1 },
    ]);
    expect(stderr).toBe(`covae: ${message}\n`);
  });

  it('names the file and the key that are wrong', async () => {
    const file = path.join(root, 'mine.json');
    fs.writeFileSync(file, '{"format": "covae-preset", "version": 1, "name": 7}');
    const { events } = await covae('train', '--data', 'x', '--preset', file, '--home', root, '--json');
    expect(events).toMatchObject([{ event: 'error', code: 'unreadable', file }]);
    fs.writeFileSync(file, 'no JSON');
    const broken = await covae('train', '--data', 'x', '--preset', file, '--home', root, '--json');
    expect(broken.events).toMatchObject([{ code: 'unreadable', key: null, file }]);
  });

  it('is told of a command line that cannot be understood', async () => {
    const { code, events } = await covae('train', '--steps', 'many', '--json');
    expect(code).toBe(1);
    expect(events).toMatchObject([{ event: 'error', code: 'usage' }]);
  });

  it('is no event without it, nor with --help', async () => {
    expect((await covae('train', '--data', 'x', '--home', root)).events).toEqual([]);
    const { code, stderr } = await covae('doctor', '--json', '--nothing');
    expect(code).toBe(1);
    expect(stderr).toContain('--nothing');
  });
});
