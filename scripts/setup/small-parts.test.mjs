import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countPlaywright, countVitest, summary } from '../test-counts.mjs';
import { checkIntegrity } from './electron.mjs';
import { hashFiles, integrityOf } from './hash.mjs';
import { checkNode } from './node-version.mjs';
import { cacheFolder } from './paths.mjs';
import { StepError, failureText, step } from './report.mjs';
import { run } from './run.mjs';

let folder;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'covae-parts-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('cacheFolder', () => {
  it('is COVAE_CACHE, else in XDG_CACHE_HOME, else in ~/.cache', () => {
    expect(cacheFolder({ COVAE_CACHE: '/a/b', XDG_CACHE_HOME: '/c' })).toBe('/a/b');
    expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/covae-studio');
    expect(cacheFolder({})).toMatch(/\.cache\/covae-studio$/);
  });
});

describe('checkNode', () => {
  it('wants 20.19 or newer', () => {
    expect(checkNode('20.19.0')).toBe('20.19.0');
    expect(checkNode('22.1.0')).toBe('22.1.0');
    expect(() => checkNode('20.18.3')).toThrow('20.18.3 is too old');
    expect(() => checkNode('18.20.0')).toThrow('too old');
  });
});

describe('hashFiles', () => {
  it('sees changed, new and renamed files, and leaves out what is not wanted', async () => {
    await mkdir(join(folder, 'src'));
    await writeFile(join(folder, 'src/a.ts'), 'a');
    const hash = () => hashFiles(folder, ['src', 'missing'], (path) => !path.endsWith('.test.ts'));
    const first = hash();
    expect(hash()).toBe(first);
    await writeFile(join(folder, 'src/a.test.ts'), 'test');
    expect(hash()).toBe(first);
    await writeFile(join(folder, 'src/a.ts'), 'b');
    const second = hash();
    expect(second).not.toBe(first);
    await writeFile(join(folder, 'src/c.ts'), '');
    expect(hash()).not.toBe(second);
  });
});

describe('checkIntegrity', () => {
  it('refuses a file that is not the locked one', async () => {
    const file = join(folder, 'package.tgz');
    await writeFile(file, 'good');
    const integrity = await integrityOf(file);
    await checkIntegrity(file, integrity, 'thing@1');
    await writeFile(file, 'bad');
    await expect(checkIntegrity(file, integrity, 'thing@1')).rejects.toThrow(
      'the download of thing@1 is not the file that the lock file names',
    );
  });
});

describe('run', () => {
  it('gives code and output', async () => {
    const code = 'console.log("out"); console.error("err"); process.exit(3)';
    expect(await run(process.execPath, ['-e', code])).toMatchObject({
      code: 3,
      stdout: 'out\n',
      output: expect.stringContaining('err'),
    });
  });

  it('says when a program is not there', async () => {
    expect((await run('covae-no-such-program', [])).code).toBe(127);
  });

  it('ends a program at its time limit, and one whose download stands still', async () => {
    const wait = ['-e', 'setTimeout(() => {}, 60_000)'];
    expect(await run(process.execPath, wait, { timeoutMs: 200 })).toMatchObject({
      code: 124,
      limit: 'it took longer than 0.2 s',
    });
    expect(await run(process.execPath, wait, { watch: { folder, stallMs: 300 } })).toMatchObject({
      code: 124,
      limit: 'nothing arrived for 0.3 s',
    });
  });
});

describe.runIf(process.platform !== 'win32')('run with a deaf program', () => {
  it('ends it too', async () => {
    const deaf = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)';
    const begun = Date.now();
    expect(await run(process.execPath, ['-e', deaf], { timeoutMs: 1500 })).toMatchObject({ code: 124 });
    expect(Date.now() - begun).toBeLessThan(20_000);
  });
});

describe('step', () => {
  const terminal = () => {
    const lines = [];
    return { lines, write: (text) => lines.push(text) };
  };

  it('prints one line', async () => {
    const out = terminal();
    await step('TensorFlow', () => 'in the cache', out);
    await step('Window', () => ({ note: 'missing', warn: true }), out);
    expect(out.lines).toEqual(['✓ TensorFlow: in the cache\n', '! Window: missing\n']);
  });

  it('a failure says which step, why, the last output and what to do', async () => {
    const error = await step('Addon', () => {
      throw new StepError('it does not compile.', { output: 'one\n\ntwo\n', remedy: 'read it.' });
    }).catch((reason) => reason);
    expect(failureText(error.step, error)).toBe(
      '✗ Addon: it does not compile.\n    one\n    two\n  What to do: read it.',
    );
  });
});

describe('test counts', () => {
  it('are read from both reports and summed up in one line', () => {
    expect(countVitest({ numPassedTests: 12, numFailedTests: 1 })).toEqual({ passed: 12, failed: 1 });
    expect(countPlaywright({ stats: { expected: 3, unexpected: 2, flaky: 1, skipped: 4 } })).toEqual({
      passed: 4,
      failed: 2,
    });
    expect(countVitest(undefined)).toEqual({ passed: 0, failed: 0 });
    expect(summary({ passed: 16, failed: 0 })).toBe('16 passed, 0 failed');
  });
});
