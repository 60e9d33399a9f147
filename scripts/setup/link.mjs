/** Makes `npx covae` work in the clone, as it does where the package is installed. */
import { chmodSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function linkCli(root) {
  const bin = join(root, 'node_modules', '.bin');
  mkdirSync(bin, { recursive: true });
  if (process.platform === 'win32') {
    writeFileSync(join(bin, 'covae.cmd'), '@node "%~dp0..\\..\\bin\\covae.mjs" %*\r\n');
    return 'npx covae works here';
  }
  const link = join(bin, 'covae');
  const target = '../../bin/covae.mjs';
  chmodSync(join(root, 'bin', 'covae.mjs'), 0o755);
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(link) === target) {
    return 'npx covae works here';
  }
  rmSync(link, { force: true });
  symlinkSync(target, link);
  return 'npx covae works here now';
}
