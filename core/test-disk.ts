/** Small disks for tests of full ones, where this user may mount any. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Whether {@link mountSmallDisk} works here. */
export function canMount(): boolean {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-mount-'));
  const mounted = mount(folder, 4096);
  if (mounted) unmount(folder);
  fs.rmdirSync(folder);
  return mounted;
}

/** Mounts a file system of so many bytes, held in memory, on a folder. */
export function mountSmallDisk(folder: string, bytes: number): void {
  fs.mkdirSync(folder, { recursive: true });
  if (!mount(folder, bytes)) throw new Error(`nothing could be mounted on ${folder}`);
}

export function unmount(folder: string): void {
  spawnSync('umount', ['-l', folder]);
}

/** Fills the disk of a folder up to so many bytes. @returns the file that does */
export function fillDisk(folder: string, left: number): string {
  const file = path.join(folder, 'filler');
  const { bavail, bsize } = fs.statfsSync(folder);
  fs.writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - left)));
  return file;
}

function mount(folder: string, bytes: number): boolean {
  if (process.platform !== 'linux') return false;
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]).status === 0;
}
