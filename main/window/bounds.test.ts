import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBounds, saveBounds } from './bounds.ts';

const screen = { x: 0, y: 0, width: 1920, height: 1080 };
const bounds = { x: 100, y: 50, width: 1200, height: 800, maximized: true };

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-bounds-'));
  file = path.join(folder, 'window.json');
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

describe('window bounds', () => {
  it('come back as they were saved', () => {
    expect(readBounds(file, [screen])).toBeNull();
    saveBounds(file, bounds);
    expect(readBounds(file, [screen])).toEqual(bounds);
  });

  it('are forgotten when their screen is gone', () => {
    saveBounds(file, { ...bounds, x: 2500 });
    expect(readBounds(file, [screen])).toBeNull();
    expect(readBounds(file, [screen, { ...screen, x: 1920 }])).not.toBeNull();
  });

  it('are left out when the file is damaged or the window too small', async () => {
    for (const text of ['', '{"x":', '[]', JSON.stringify({ ...bounds, width: 10 })]) {
      await fs.writeFile(file, text);
      expect(readBounds(file, [screen])).toBeNull();
    }
    saveBounds(path.join(folder, 'missing', 'window.json'), bounds);
  });
});
