import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.mjs';
import { clearPartial, publishFolder } from './publish.mjs';

let folder;
let target;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'covae-publish-'));
  target = join(folder, 'library');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Starts another process that fills `target` half and then waits for ever. Resolves when it has the half. */
async function startHalfway() {
  const code = `
    import { writeFile } from 'node:fs/promises';
    import { withLock } from ${JSON.stringify(new URL('./lock.mjs', import.meta.url).href)};
    import { publishFolder } from ${JSON.stringify(new URL('./publish.mjs', import.meta.url).href)};
    await withLock(process.argv[1], () => publishFolder(process.argv[1], async (partial) => {
      await writeFile(partial + '/half', 'half');
      console.log('half');
      await new Promise((done) => setTimeout(done, 600_000));
    }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, '--', target], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

function kill(child) {
  child.kill('SIGKILL');
  return new Promise((resolve) => child.once('close', resolve));
}

describe('publishFolder', () => {
  it('makes the folder whole, once', async () => {
    expect(await publishFolder(target, (partial) => writeFile(join(partial, 'a'), 'a'))).toBe(true);
    expect(await publishFolder(target, () => expect.unreachable())).toBe(false);
    expect(await readFile(join(target, 'a'), 'utf8')).toBe('a');
    expect(await readdir(folder)).toEqual(['library']);
  });

  it('leaves nothing when filling fails', async () => {
    const fill = async (partial) => {
      await writeFile(join(partial, 'a'), 'a');
      throw new Error('disk full');
    };
    await expect(publishFolder(target, fill)).rejects.toThrow('disk full');
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps what another process published meanwhile', async () => {
    const made = await publishFolder(target, async (partial) => {
      await writeFile(join(partial, 'a'), 'mine');
      await mkdir(target);
      await writeFile(join(target, 'a'), 'theirs');
    });
    expect(made).toBe(false);
    expect(await readFile(join(target, 'a'), 'utf8')).toBe('theirs');
    expect(await readdir(folder)).toEqual(['library']);
  });

  it('never shows what a killed process left half-done', async () => {
    await kill(await startHalfway());
    expect(existsSync(target)).toBe(false);
    expect(await readdir(folder)).toHaveLength(1);
    await clearPartial(target);
    expect(await readdir(folder)).toEqual([]);
    await publishFolder(target, (partial) => writeFile(join(partial, 'whole'), ''));
    expect(await readdir(target)).toEqual(['whole']);
  });
});

describe.runIf(process.platform === 'linux')('withLock', () => {
  it('lets one work at a time', async () => {
    const order = [];
    const work = (name) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push(`${name} ends`);
    };
    await Promise.all([withLock(target, work('one')), withLock(target, work('two'))]);
    expect(order).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
  });

  it('waits for another process, and is free when that one is killed', async () => {
    const child = await startHalfway();
    let waited = false;
    const mine = withLock(
      target,
      () => 'mine',
      () => (waited = true),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(waited).toBe(true);
    await kill(child);
    expect(await mine).toBe('mine');
  });

  it('is free again after an error', async () => {
    await expect(
      withLock(target, () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await withLock(target, () => 'yes')).toBe('yes');
  });
});
