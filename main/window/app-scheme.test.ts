import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileBehind, isLocalAddress, serveFile } from './app-scheme.ts';

let root: string;
beforeAll(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-scheme-'));
  await fs.writeFile(path.join(root, 'index.html'), '<p>Hello</p>');
});
afterAll(() => fs.rm(root, { recursive: true, force: true }));

describe('fileBehind', () => {
  it('finds files of the window', () => {
    expect(fileBehind('app://studio/', '/r')).toBe(path.resolve('/r/index.html'));
    expect(fileBehind('app://studio/assets/a%20b.js', '/r')).toBe(path.resolve('/r/assets/a b.js'));
  });

  it.each([
    'app://studio/../secret.js',
    'app://studio/%2e%2e/secret.js',
    'app://studio/..%2fsecret.js',
    'app://studio/%2e%2e%2f%2e%2e%2fetc/passwd.html',
    'app://studio/%00.html',
    'app://studio/%zz.html',
    'app://studio/settings.yml',
    'app://other/index.html',
    'https://studio/index.html',
    'nonsense',
  ])('has nothing behind %s', (address) => {
    const file = fileBehind(address, '/r/window');
    // Plain dots are folded away by the address itself: then the file lies inside.
    expect(file === null || file === path.resolve('/r/window/secret.js')).toBe(true);
  });
});

describe('serveFile', () => {
  it('serves with the content security policy, also what is missing', async () => {
    const page = await serveFile('app://studio/index.html', root);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toBe('<p>Hello</p>');
    const missing = await serveFile('app://studio/missing.js', root);
    expect(missing.status).toBe(404);
    for (const response of [page, missing]) {
      const policy = response.headers.get('content-security-policy');
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
    }
  });
});

describe('isLocalAddress', () => {
  it('knows what stays inside', () => {
    const inside = ['app://studio/index.html', 'blob:app://studio/1-2', 'data:image/png;base64,AA'];
    const outside = [
      'https://example.org/',
      'http://localhost/',
      'ws://127.0.0.1/',
      'file:///etc/passwd',
      'app://studio.example.org/',
      'blob:https://example.org/1',
    ];
    expect(inside.filter(isLocalAddress)).toEqual(inside);
    expect(outside.filter(isLocalAddress)).toEqual([]);
  });
});
