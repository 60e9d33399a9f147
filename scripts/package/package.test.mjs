import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPackage } from '@electron/asar';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { mobilenetFile } from '../../core/evaluate/extractors/weights-file.ts';
import { findDamage } from '../../main/archive/asar.ts';
import { root } from '../setup/paths.mjs';
import { checkElectron, electronReleases } from './electron.mjs';
import { wantedFuses, wrongFuses } from './fuses.mjs';
import { writeBill } from './sbom.mjs';
import { seal } from './seal.mjs';
import { addWeights } from './weights.mjs';

const temporary = mkdtempSync(join(tmpdir(), 'covae-package-test-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

describe('checkElectron', () => {
  const now = Date.UTC(2026, 10, 28);
  const { pinned, released } = electronReleases(root);

  it('refuses an Electron that is not the pinned one, and says how old both are', () => {
    const old = () => checkElectron({ version: '25.1.1', pinned: '45.4.1', released, allowed: false, now });
    expect(old).toThrow(
      'Electron 25.1.1 (released 2023-06, 3.5 years ago) is set up here, and the application is made for 45.4.1 (released 2026-11-19, 9 days ago)',
    );
    let remedy;
    try {
      old();
    } catch (error) {
      ({ remedy } = error);
    }
    expect(remedy).toContain('npm run package -- --old-electron');
  });

  it('takes it when told, and says so', () => {
    expect(checkElectron({ version: '25.1.1', pinned, released, allowed: true, now })).toMatchObject({
      warn: true,
    });
    expect(checkElectron({ version: '9.9.9', pinned, released, allowed: true, now }).note).toMatch(
      /^9\.9\.9 \(its date is not known here\) instead of/,
    );
  });

  it('takes the pinned one, whose date is known', () => {
    const { note, warn } = checkElectron({ version: pinned, pinned, released, allowed: false, now });
    expect(warn).toBe(false);
    expect(note).toMatch(/released \d{4}-\d\d/);
  });
});

describe('the fuses', () => {
  const wanted = wantedFuses(join(root, 'electron-builder.yml'));

  it('take from the packaged application what nobody needs of it', () => {
    expect(wanted).toEqual({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
    });
  });

  it('are read from the executable', async () => {
    const executable = join(temporary, 'program');
    // As Electron is delivered: a sentinel, the version, the number of fuses, and each of them.
    const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
    writeFileSync(
      executable,
      Buffer.concat([Buffer.from(`code${sentinel}`), Buffer.from([1, 7]), Buffer.from('1011000code')]),
    );
    expect(await wrongFuses(executable, wanted)).toEqual(Object.keys(wanted));
    await flipFuses(executable, {
      version: FuseVersion.V1,
      [FuseV1Options.RunAsNode]: false,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
      [FuseV1Options.OnlyLoadAppFromAsar]: true,
    });
    expect(await wrongFuses(executable, wanted)).toEqual([
      'enableNodeOptionsEnvironmentVariable',
      'enableNodeCliInspectArguments',
    ]);
  });
});

it('seals an archive so that its check finds it whole', async () => {
  const source = join(temporary, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'main.cjs'), 'code');
  const archive = join(temporary, 'app.asar');
  await createPackage(source, archive);
  expect(findDamage(archive, fs)).toBe('app.asar.seal.json');
  seal(archive);
  expect(findDamage(archive, fs)).toBeNull();
});

it('writes a bill of materials with everything that ships, and each thing once', async () => {
  // As electron-builder leaves it.
  vi.stubEnv('NODE_ENV', 'production');
  const file = join(temporary, 'bill.cdx.json');
  const count = await writeBill(
    {
      root,
      bundled: ['node_modules/svelte'],
      electron: { version: '25.1.1', dist: temporary },
      versions: { chrome: '114.0.5735.106', node: '18.15.0', zlib: '1' },
      tensorflow: { version: '2.20.0', flavour: 'cpu', folder: temporary },
    },
    file,
  );
  const bill = JSON.parse(readFileSync(file, 'utf8'));
  expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { type: 'application' } } });
  const refs = bill.components.map((entry) => entry['bom-ref']);
  expect(new Set(refs).size).toBe(count);
  for (const name of [
    'sharp',
    'svelte',
    'electron',
    'chromium',
    'node',
    'tensorflow-cpu',
    'MobileNetV2',
    'libvips-vips',
  ])
    expect(
      bill.components.filter((entry) => entry.name === name),
      name,
    ).toHaveLength(1);
  expect(refs.some((ref) => ref.startsWith('vitest@'))).toBe(false);
  // What depends on what names only what is there.
  const known = new Set([...refs, bill.metadata.component['bom-ref']]);
  for (const { ref, dependsOn } of bill.dependencies)
    expect([ref, ...dependsOn].filter((entry) => !known.has(entry))).toEqual([]);
});

describe('the weights that images are compared with', () => {
  const [cache, application] = [join(temporary, 'cache'), join(temporary, 'application')];

  it('must have been fetched', async () => {
    await expect(addWeights(application, cache)).rejects.toThrow(
      'the weights of MobileNetV2 are not in the cache.',
    );
  });

  it('go where the application looks for them first', async () => {
    mkdirSync(join(cache, 'extractors'), { recursive: true });
    writeFileSync(join(cache, 'extractors', 'mobilenet-v2-b0353104.safetensors'), 'weights');
    await addWeights(application, cache);
    expect(mobilenetFile(join(application, 'resources'))).toBe(
      join(application, 'resources', 'extractors', 'mobilenet-v2-b0353104.safetensors'),
    );
  });
});
