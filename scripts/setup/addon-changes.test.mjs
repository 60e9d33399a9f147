import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ADDON_CHANGES, changeAddon } from './addon-changes.mjs';
import { root } from './paths.mjs';

let folder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'covae-addon-'));
  await cp(join(root, 'node_modules/@tensorflow/tfjs-node-gpu/binding'), join(folder, 'binding'), {
    recursive: true,
  });
});
afterEach(() => rm(folder, { recursive: true }));

it('changes the sources of the package that is locked', async () => {
  await changeAddon(folder);
  for (const { file, from, to } of ADDON_CHANGES) {
    const text = await readFile(join(folder, file), 'utf8');
    expect(text).toContain(to);
    expect(text).not.toContain(from);
  }
});

it('refuses others', async () => {
  const file = join(folder, 'binding/tfjs_binding.cc');
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replaceAll('backend->LoadSavedModel', 'backend->Load'),
  );
  await expect(changeAddon(folder)).rejects.toThrow(
    'binding/tfjs_binding.cc is not the one that is to be changed',
  );
});
