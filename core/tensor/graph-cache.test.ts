import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileProgram } from './compile.ts';
import { GraphCache, graphKey } from './graph-cache.ts';
import { ownerTag, thisOwner } from '../owner.ts';
import { inPrivateFolder, sweep } from './private-folder.ts';
import type { ProgramFunctions } from './program.ts';
import { tf } from './tf.ts';
import { canMount, mountSmallDisk, unmount } from '../test-disk.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'covae-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const graph = (size: number) => ({ description: '{"ä":1}', model: new Uint8Array(size).fill(7) });

describe('GraphCache', () => {
  it('gives back what was written, to this user alone', () => {
    const cache = new GraphCache(path.join(folder, 'a', 'graphs'));
    expect(cache.read('k')).toBeNull();
    cache.write('k', graph(1000));
    const found = cache.read('k');
    expect(found?.description).toBe('{"ä":1}');
    expect(Uint8Array.from(found?.model ?? [])).toEqual(graph(1000).model);
    expect(statSync(path.join(folder, 'a', 'graphs')).mode & 0o777).toBe(0o700);
    expect(readdirSync(path.join(folder, 'a', 'graphs'))).toEqual(['k.graph']);
    cache.remove('k');
    expect(cache.read('k')).toBeNull();
  });

  it.each([
    ['a flipped bit', (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === 500 ? byte ^ 1 : byte)))],
    ['a missing end', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['a missing start', (bytes: Buffer) => bytes.subarray(40)],
    ['nothing', () => Buffer.alloc(0)],
  ])('drops a file with %s', (_, damage) => {
    const cache = new GraphCache(folder);
    cache.write('k', graph(1000));
    const file = path.join(folder, 'k.graph');
    writeFileSync(file, damage(readFileSync(file)));
    expect(cache.read('k')).toBeNull();
    expect(existsSync(file)).toBe(false);
  });

  it('stays below its limit: what was unused for longest goes', () => {
    const cache = new GraphCache(folder, 3000);
    for (const [i, key] of ['a', 'b', 'c'].entries()) {
      cache.write(key, graph(900));
      utimesSync(path.join(folder, `${key}.graph`), 1000 + i, 1000 + i);
    }
    cache.read('a');
    cache.write('d', graph(900));
    expect(readdirSync(folder).sort()).toEqual(['a.graph', 'c.graph', 'd.graph']);
  });

  it('removes what interrupted writers left, not what others are writing', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const dead = `.k.graph-1.${ownerTag({ ...thisOwner(), pid, start: '' })}.tmp`;
    const alive = `.k.graph-1.${ownerTag()}.tmp`;
    // Old or new by a clock that may be set meanwhile.
    for (const [name, time] of [
      [dead, Date.now() / 1000],
      [alive, 0],
    ] as const) {
      writeFileSync(path.join(folder, name), '');
      utimesSync(path.join(folder, name), time, time);
    }
    new GraphCache(folder).write('k', graph(10));
    expect(readdirSync(folder).sort()).toEqual([alive, 'k.graph']);
  });

  it('does without a folder where there can be none', () => {
    writeFileSync(path.join(folder, 'file'), '');
    const cache = new GraphCache(path.join(folder, 'file', 'graphs'));
    cache.write('k', graph(10));
    expect(cache.read('k')).toBeNull();
  });

  it('is never seen half written by another process', async () => {
    const cache = new GraphCache(folder);
    const script = path.join(folder, 'writer.mjs');
    // Replaces the file again and again, as two applications that start together would.
    writeFileSync(
      script,
      `import { readFileSync, renameSync, writeFileSync } from 'node:fs';
       const bytes = readFileSync(process.argv[2]);
       process.send('ready');
       for (let i = 0; i < 400; i++) {
         writeFileSync(process.argv[2] + i + '.tmp', bytes);
         renameSync(process.argv[2] + i + '.tmp', process.argv[2]);
       }
       process.disconnect();`,
    );
    cache.write('k', graph(1_000_000));
    const child = fork(script, [path.join(folder, 'k.graph')]);
    await once(child, 'message');
    for (let i = 0; i < 100; i++) {
      expect(cache.read('k')?.model.length).toBe(1_000_000);
      cache.write('k', graph(1_000_000));
    }
    await once(child, 'exit');
  });
});

describe('graphKey', () => {
  it('is the same for the same values only', () => {
    const key = graphKey('build', { a: [1, 2] });
    expect(graphKey('build', { a: [1, 2] })).toBe(key);
    expect(graphKey('build', { a: [1, 3] })).not.toBe(key);
    expect(graphKey('other', { a: [1, 2] })).not.toBe(key);
  });
});

describe('compileProgram with a cache', () => {
  let recorded = 0;
  const functions = (value: number): ProgramFunctions => ({
    f: {
      inputs: { x: { shape: [2], dtype: 'float32' } },
      run: ({ a = tf.scalar(0) }, { x = tf.scalar(0) }) => {
        recorded++;
        const sum = a.add(x.mul(value));
        return { outputs: { sum }, state: { a: sum } };
      },
    },
  });
  const initial = { a: { shape: [2], data: Float32Array.of(1, 2) } };
  const sum = (value: number, origin: unknown, cache: GraphCache | null = new GraphCache(folder)) => {
    const program = compileProgram(initial, functions(value), { cache, origin });
    try {
      program.call('f', { x: Float32Array.of(1, 1) });
      expect(program.summary('f').ops).toEqual({ Mul: 1, Add: 1 });
      return [...(program.call('f', { x: Float32Array.of(1, 1) })['sum']?.data ?? [])];
    } finally {
      program.dispose();
    }
  };
  beforeEach(() => {
    recorded = 0;
  });

  it('records a program once', () => {
    expect(sum(3, 'three')).toEqual([7, 8]);
    expect(sum(3, 'three')).toEqual([7, 8]);
    expect(recorded).toBe(1);
    expect(sum(4, 'four')).toEqual([9, 10]);
    expect(recorded).toBe(2);
  });

  it('records it anew where a file is damaged, or whole but no graph', () => {
    sum(3, 'three');
    const [name = ''] = readdirSync(folder);
    const file = path.join(folder, name);
    writeFileSync(file, readFileSync(file).fill(0, 100));
    expect(sum(3, 'three')).toEqual([7, 8]);
    expect(recorded).toBe(2);
    new GraphCache(folder).write(path.basename(name, '.graph'), {
      description: '{"functions":{},"state":{}}',
      model: Uint8Array.of(1, 2, 3),
    });
    expect(sum(3, 'three')).toEqual([7, 8]);
    expect(recorded).toBe(3);
    expect(sum(3, 'three')).toEqual([7, 8]);
    expect(recorded).toBe(3);
  });

  it('records each time without an origin or a cache', () => {
    sum(3, undefined);
    sum(3, 'three', null);
    expect(recorded).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a private folder', () => {
  it('is for this user, and gone afterwards, also when its use fails', () => {
    const seen: string[] = [];
    inPrivateFolder(
      (made) => {
        seen.push(made);
        expect(statSync(made).mode & 0o777).toBe(0o700);
      },
      [folder],
    );
    expect(() =>
      inPrivateFolder(
        (made) => {
          seen.push(made);
          throw new Error('no');
        },
        [folder],
      ),
    ).toThrow('no');
    expect(seen.map(existsSync)).toEqual([false, false]);
  });

  it('is made in the next place where the first has no room, and the sentence names them all', () => {
    const [full, other] = [path.join(folder, 'full'), path.join(folder, 'other')];
    const write = (made: string): string => {
      if (made.startsWith(full)) throw Object.assign(new Error('no'), { code: 'ENOSPC' });
      return path.dirname(made);
    };
    expect(inPrivateFolder(write, [full, other])).toBe(other);
    expect(() => inPrivateFolder(write, [full])).toThrow(
      `The compiled network could not be written to ${full}: the disk is full; free some space and try again; ` +
        'the environment variable TMPDIR chooses another folder.',
    );
    expect([readdirSync(full), readdirSync(other)]).toEqual([[], []]);
  });

  it.runIf(canMount())('is made beside a temporary folder that is really full', () => {
    const [full, other] = [path.join(folder, 'full'), path.join(folder, 'other')];
    mountSmallDisk(full, 65536);
    try {
      const write = (made: string): string => {
        writeFileSync(path.join(made, 'graph'), Buffer.alloc(100_000));
        return path.dirname(made);
      };
      expect(inPrivateFolder(write, [full, other])).toBe(other);
      expect(readdirSync(full)).toEqual([]);
    } finally {
      unmount(full);
    }
  });

  it('of a process that was killed is removed, that of one at work is not', async () => {
    const child = fork(writeModule('setInterval(() => undefined, 1000); process.send("up")'));
    await once(child, 'message');
    const tag = ownerTag({ ...thisOwner(), pid: child.pid!, start: '' });
    const ours = path.join(folder, `covae-graph-${tag}-abcdef`);
    const other = path.join(folder, 'something');
    for (const each of [ours, other]) mkdirSync(each);
    sweep(folder);
    expect(existsSync(ours)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    sweep(folder);
    expect(existsSync(ours)).toBe(false);
    expect(existsSync(other)).toBe(true);
  });

  function writeModule(code: string): string {
    const file = path.join(folder, 'module.mjs');
    writeFileSync(file, code);
    return file;
  }
});
