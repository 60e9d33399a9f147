import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseFlavour, downloadWheels, libraryOf, parseLock } from './tensorflow.mjs';

const lockFolder = fileURLToPath(new URL('../lock', import.meta.url));
const unpack = fileURLToPath(new URL('./unpack_wheel.py', import.meta.url));
const hash = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('chooseFlavour', () => {
  it('goes by the driver unless told otherwise', () => {
    expect(chooseFlavour({}, false)).toBe('cpu');
    expect(chooseFlavour({}, true)).toBe('gpu');
    expect(chooseFlavour({ COVAE_TF: 'cpu' }, true)).toBe('cpu');
    expect(chooseFlavour({ COVAE_TF: 'gpu' }, false)).toBe('gpu');
    expect(() => chooseFlavour({ COVAE_TF: 'tpu' }, false)).toThrow('COVAE_TF is "tpu"');
  });
});

describe('lock files', () => {
  const files = readdirSync(lockFolder).filter((name) => name.startsWith('tensorflow-'));

  it.each(files)('%s names wheels with hashes and sizes', (name) => {
    const wheels = parseLock(readFileSync(join(lockFolder, name), 'utf8'));
    expect(wheels[0].requirement).toMatch(/^tensorflow(-cpu)?==2\.20\.0$/);
    for (const wheel of wheels) expect(wheel.bytes).toBeGreaterThan(1e6);
  });

  it('are refused when a line lacks its hash', () => {
    expect(() => parseLock('tensorflow==2.20.0  # 12 bytes\n')).toThrow('not understood');
  });

  it('are missing for what does not exist, with a way on', () => {
    expect(() => libraryOf('gpu', '/cache', 'arm64')).toThrow(
      'no GPU build of TensorFlow for Linux on arm64',
    );
    expect(libraryOf('cpu', '/cache', 'arm64').folder).toContain('tensorflow-cpu-2.20.0-arm64-');
  });
});

describe('wheels', () => {
  let folder;
  let wheel;
  let downloads;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'covae-wheel-'));
    downloads = join(folder, 'downloads');
    wheel = join(folder, 'covaetest-1.0-py3-none-any.whl');
    const code = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    def put(name, mode, text='x'):
        info = zipfile.ZipInfo(name); info.external_attr = mode << 16; z.writestr(info, text)
    put('covaetest/lib/a.so.1', 0o644)
    put('covaetest/bin/tool', 0o755)
    put('covaetest/other.txt', 0o644)
    put('covaetest-1.0.dist-info/METADATA', 0o644, 'Metadata-Version: 2.1\\nName: covaetest\\nVersion: 1.0\\n')
    put('covaetest-1.0.dist-info/WHEEL', 0o644, 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    put('covaetest-1.0.dist-info/RECORD', 0o644, '')
`;
    execFileSync('python3', ['-c', code, wheel]);
    // pip sees this folder and nothing else.
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_FIND_LINKS', folder);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  const locked = (sha256) => [
    { requirement: 'covaetest==1.0', hash: `--hash=sha256:${sha256}`, bytes: statSync(wheel).size },
  ];
  const tags = ['manylinux2014_x86_64'];

  it('are taken when their hash is the lock file’s, and kept for the next try', async () => {
    await downloadWheels(locked(hash(wheel)), downloads, tags, () => undefined);
    const file = join(downloads, 'covaetest==1.0', 'covaetest-1.0-py3-none-any.whl');
    expect(hash(file)).toBe(hash(wheel));
    await downloadWheels(locked(hash(wheel)), downloads, tags, () => undefined);
    expect(await readdir(downloads)).toEqual(['covaetest==1.0']);
  });

  it('are refused when it is another', async () => {
    await expect(downloadWheels(locked('0'.repeat(64)), downloads, tags, () => undefined)).rejects.toThrow(
      'not the file that the lock file names',
    );
    expect(await readdir(join(downloads, 'covaetest==1.0'))).toEqual([]);
  });

  it('that cannot be had are named, with what pip said', async () => {
    const missing = [{ ...locked('0'.repeat(64))[0], requirement: 'covaemissing==1.0' }];
    await expect(downloadWheels(missing, downloads, tags, () => undefined)).rejects.toMatchObject({
      message: expect.stringContaining('pip could not download covaemissing==1.0'),
      output: expect.stringContaining('covaemissing'),
    });
  });

  it('are unpacked in part, with the modes of their files', () => {
    const out = join(folder, 'out');
    execFileSync('python3', [unpack, wheel, out, 'covaetest/lib/*.so*', 'covaetest/bin/tool']);
    expect(readdirSync(join(out, 'covaetest')).sort()).toEqual(['bin', 'lib']);
    expect(statSync(join(out, 'covaetest/bin/tool')).mode & 0o777).toBe(0o755);
    expect(statSync(join(out, 'covaetest/lib/a.so.1')).mode & 0o777).toBe(0o644);
  });
});
