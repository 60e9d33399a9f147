import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../setup/paths.mjs';
import { chromiumParts } from './chromium.mjs';
import { describePackage, packageFolderOf, shippedFolders } from './packages.mjs';
import { collectParts } from './parts.mjs';
import { noticesText, writeNotices } from './write.mjs';

const temporary = mkdtempSync(join(tmpdir(), 'covae-notices-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** A project with one package, of these files. */
function project(files, info = {}) {
  const base = mkdtempSync(join(temporary, 'p-'));
  const put = (file, content) => writeFileSync(join(base, file), content);
  mkdirSync(join(base, 'node_modules', 'a'), { recursive: true });
  put('package.json', JSON.stringify({ name: 'own', version: '1.0.0', license: 'MIT' }));
  put('LICENSE', 'our own licence');
  put('package-lock.json', JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '2.0.0' } } }));
  put('node_modules/a/package.json', JSON.stringify({ name: 'a', version: '2.0.0', ...info }));
  for (const [file, content] of Object.entries(files)) put(`node_modules/a/${file}`, content);
  return base;
}

/** Of the packages installed here. */
const parts = collectParts({
  root,
  bundled: ['node_modules/svelte/src/index.js', 'node_modules/uplot/dist/a.js'],
});

describe('the packages that ship', () => {
  it('each have the text of a licence', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const folders = shippedFolders(root, []);
    expect(folders.length).toBeGreaterThan(200);
    for (const folder of folders) {
      const { version } = packages[folder];
      const name = folder.slice(folder.lastIndexOf('node_modules/') + 13);
      const part = parts.find((entry) => entry.name === name && entry.version === version);
      expect(part?.text.length, folder).toBeGreaterThan(300);
    }
  });

  it('are those of the bundles too', () => {
    expect(parts.find(({ name }) => name === 'svelte')?.text).toContain('Permission is hereby granted');
    expect(parts.some(({ name }) => name === 'vitest')).toBe(false);
    expect(packageFolderOf('/x/node_modules/a/node_modules/@b/c/dist/d.js')).toBe(
      'node_modules/a/node_modules/@b/c',
    );
    expect(packageFolderOf('core/files.ts')).toBeUndefined();
  });

  it('say where the source of what is under the LGPL is', () => {
    const libvips = parts.find(({ name }) => name.startsWith('@img/sharp-libvips-'));
    expect(libvips?.note).toContain(`https://github.com/lovell/sharp-libvips/tree/v${libvips?.version}`);
    const heif = parts.find(({ name }) => name === 'libheif-js');
    expect(heif?.note).toContain('https://github.com/strukturag/libheif');
    for (const part of [libvips, heif]) {
      expect(part?.text).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
      expect(part?.text).toContain('GNU GENERAL PUBLIC LICENSE');
    }
  });
});

describe('collectParts', () => {
  it('refuses a package without a licence, and names it', () => {
    const base = project({ 'index.js': '' });
    expect(() => collectParts({ root: base, bundled: [] })).toThrow(
      'no text of a licence was found for a 2.0.0.',
    );
    expect(collectParts({ root: base, bundled: [], strict: false }).at(-1)?.text).toMatch(/not at hand/);
  });

  it('refuses Electron and TensorFlow without theirs', () => {
    const base = project({ LICENSE: 'text' });
    expect(() =>
      collectParts({
        root: base,
        bundled: [],
        electron: { version: '45.4.1', dist: base },
        tensorflow: { version: '2.20.0', flavour: 'cpu', folder: base },
      }),
    ).toThrow(/for TensorFlow 2\.20\.0, Chromium\.$/);
  });
});

describe('describePackage', () => {
  const textOf = (files, info) => describePackage(join(project(files, info), 'node_modules', 'a')).text;

  it('takes all files that say it', () => {
    expect(textOf({ 'LICENCE.md': 'one', NOTICE: 'two', 'licenses.js.map': '', 'index.js': 'x' })).toBe(
      'one\n\ntwo',
    );
  });

  it('else the end of the readme', () => {
    const readme = '# a\n\nLicensed well.\n\n## License\n\nPermission is hereby granted, free of charge';
    expect(textOf({ 'README.md': readme })).toBe(
      '## License\n\nPermission is hereby granted, free of charge',
    );
  });

  it('else the standard text of the licence that it names, with its author', () => {
    const info = { license: 'MIT', author: { name: 'A. Author' } };
    const text = textOf({ 'README.md': '## License\n\nMIT' }, info);
    expect(text).toMatch(/names MIT, whose text is:\n\nCopyright A\. Author\n\nPermission is hereby granted/);
    expect(textOf({}, { license: '(Apache-2.0 AND MIT)' })).toContain('Apache License');
    expect(textOf({}, { license: 'SEE LICENSE IN nowhere' })).toBeUndefined();
    expect(textOf({}, { license: 'Apache-2.0 AND Other-1.0' })).toBeUndefined();
  });
});

describe('chromiumParts', () => {
  it('reads the page that lies beside Electron', () => {
    const page = `<body><div class="product">
      <span class="title">Abseil &amp; Co</span>
      <span class="homepage"><a href="https://abseil.example/?a=1&amp;b">homepage</a></span>
      <div class="licence"><pre>
      &quot;License&quot; &lt;2&gt; &#39;x&#39;
      </pre></div></div>
      <div class="product"><span class="title">zlib</span><pre>z</pre></div></body>`;
    expect(chromiumParts(page)).toEqual([
      { name: 'Abseil & Co', homepage: 'https://abseil.example/?a=1&b', text: `"License" <2> 'x'` },
      { name: 'zlib', homepage: undefined, text: 'z' },
    ]);
  });
});

describe('the notices', () => {
  it('have every part in the list, and each text once', async () => {
    const some = [
      { name: 'own', version: '1', licence: 'MIT', text: 'same text' },
      { name: 'other', version: '2', licence: 'MIT', homepage: 'https://o.example', text: 'same text' },
      { name: 'third', version: '', licence: 'LGPL-3.0', note: 'Its source is there.', text: 'another' },
    ];
    const text = noticesText(some);
    expect(text.match(/same text/g)).toHaveLength(1);
    expect(text).toContain('- other 2 (MIT)\n- third (LGPL-3.0)\n');
    expect(text).toContain('own 1\nother 2  https://o.example\n\nsame text\n');
    expect(text).toContain('third\nIts source is there.\n\nanother\n');

    const files = { text: join(temporary, 'deep', 'n.txt'), json: join(temporary, 'deep', 'n.json') };
    await writeNotices(some, files);
    expect(readFileSync(files.text, 'utf8')).toBe(text);
    const { parts: written, texts } = JSON.parse(readFileSync(files.json, 'utf8'));
    expect(written.map((part) => texts[part.text])).toEqual(some.map((part) => part.text));
  });
});
