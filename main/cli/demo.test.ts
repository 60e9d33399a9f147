import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { covae, makeImages, root } from './test-cli.ts';

describe('covae demo', () => {
  it('goes the whole way, and begins anew when it had finished', async () => {
    const out = path.join(root, 'demo');
    const args = ['demo', '--preset', 'smoke', '--steps', '3', '--out', out, '--json'];
    const first = await covae(...args);
    expect(first.code).toBe(0);
    const result = first.events.at(-1);
    expect(result).toMatchObject({ event: 'result', steps: 3 });
    expect(fs.readdirSync(out).sort()).toEqual([
      '.locks',
      'datasets',
      'interpolation.png',
      'loss.svg',
      'reconstructions.png',
      'runs',
      'samples-1-pass.png',
      'samples-2-passes.png',
    ]);
    for (const name of ['samples-1-pass.png', 'samples-2-passes.png', 'reconstructions.png']) {
      expect(await sharp(path.join(out, name)).metadata()).toMatchObject({
        width: 8 * 86 + 2,
        height: 8 * 86 + 2,
      });
    }
    expect(await sharp(path.join(out, 'interpolation.png')).metadata()).toMatchObject({
      width: 10 * 86 + 2,
      height: 88,
    });
    // Every other row of the reconstructions shows the originals, the first of which is a zero with a dark middle.
    const { channels } = await sharp(path.join(out, 'reconstructions.png')).stats();
    expect(channels[0]?.stdev).toBeGreaterThan(30);

    const again = await covae(...args);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('samples-1-pass.png exists already');
    expect(fs.readdirSync(path.join(out, 'runs'))).toHaveLength(1);
    const second = await covae(...args, '--force');
    expect(second.code).toBe(0);
    expect(second.events.at(-1)?.['run']).not.toBe(result?.['run']);
    expect(fs.readdirSync(path.join(out, 'datasets'))).toEqual(['sample']);
  });

  it('refuses a folder whose sample is something else', async () => {
    const out = path.join(root, 'other');
    const images = path.join(root, 'some');
    await makeImages(images);
    expect((await covae('data', 'import', images, '--name', 'sample', '--home', out)).code).toBe(0);
    const { code, stderr } = await covae('demo', '--out', out);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /The data set "sample" in .*other is not the sample digits; choose another folder with --out/,
    );
  });
});
