import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createPackageWithOptions, getRawHeader } from '@electron/asar';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { findDamage, sealFile } from './asar.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-asar-'));
const VIPS = 'node_modules/@img/sharp-libvips-linux-x64/lib';
const archive = path.join(root, 'app.asar');
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

beforeEach(async () => {
  const source = path.join(root, 'source');
  fs.mkdirSync(path.join(source, 'dist', 'deep'), { recursive: true });
  fs.writeFileSync(path.join(source, 'dist', 'main.cjs'), 'module.exports = "as it was";');
  fs.writeFileSync(path.join(source, 'dist', 'deep', 'large.bin'), Buffer.alloc(5_000_000, 7));
  fs.writeFileSync(path.join(source, 'dist', 'empty'), '');
  fs.writeFileSync(path.join(source, 'addon.node'), 'native');
  fs.mkdirSync(path.join(source, VIPS), { recursive: true });
  fs.writeFileSync(path.join(source, VIPS, 'libvips.node'), 'shared');
  fs.rmSync(`${archive}.unpacked`, { recursive: true, force: true });
  // Made by Electron's own tool.
  await createPackageWithOptions(source, archive, { unpack: '*.node' });
  const header = createHash('sha256').update(getRawHeader(archive).headerString).digest('hex');
  fs.writeFileSync(sealFile(archive), JSON.stringify({ algorithm: 'SHA256', header }));
});

/** Writes over bytes of the archive. */
function change(from: string, to: string): void {
  const bytes = fs.readFileSync(archive);
  const at = bytes.indexOf(from);
  expect(at).toBeGreaterThan(0);
  bytes.write(to, at);
  fs.writeFileSync(archive, bytes);
}

describe('findDamage', () => {
  it('finds none in an archive as it was packaged', () => {
    expect(findDamage(archive, fs)).toBeNull();
  });

  it('names a file whose content was changed', () => {
    change('as it was', 'as it is!');
    expect(findDamage(archive, fs)).toBe('dist/main.cjs');
  });

  it('sees a bit beyond the first block of a large file', () => {
    const bytes = fs.readFileSync(archive);
    const at = bytes.lastIndexOf(Buffer.alloc(64, 7));
    bytes[at + 63] = 6;
    fs.writeFileSync(archive, bytes);
    expect(findDamage(archive, fs)).toBe('dist/deep/large.bin');
  });

  it('names the archive when its table was changed, cut off or taken away', () => {
    // Both a file and the hash that the table has for it.
    change('as it was', 'as it is!');
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
    const [before, after] = ['as it was', 'as it is!'].map((text) => hash(`module.exports = "${text}";`));
    change(before ?? '', after ?? '');
    expect(findDamage(archive, fs)).toBe('app.asar');
    fs.truncateSync(archive, 100);
    expect(findDamage(archive, fs)).toBe('app.asar');
    fs.rmSync(archive);
    expect(findDamage(archive, fs)).toBe('app.asar');
  });

  it.each([
    ['changed', 'n4tive'],
    ['longer', 'native and more'],
    ['shorter', 'nati'],
  ])('sees that a file beside the archive is %s', (_how, content) => {
    fs.writeFileSync(path.join(`${archive}.unpacked`, 'addon.node'), content);
    expect(findDamage(archive, fs)).toBe('addon.node');
  });

  it('misses a file beside the archive', () => {
    fs.rmSync(path.join(`${archive}.unpacked`, 'addon.node'));
    expect(findDamage(archive, fs)).toBe('addon.node');
  });

  it('lets another build of libvips take its place, as its licence wants', () => {
    fs.writeFileSync(path.join(`${archive}.unpacked`, VIPS, 'libvips.node'), 'another build');
    expect(findDamage(archive, fs)).toBeNull();
  });

  it('wants the seal, and one that can be read', () => {
    fs.writeFileSync(sealFile(archive), '{"algorithm":"none"}');
    expect(findDamage(archive, fs)).toBe('app.asar.seal.json');
    fs.rmSync(sealFile(archive));
    expect(findDamage(archive, fs)).toBe('app.asar.seal.json');
  });
});
