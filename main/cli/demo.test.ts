import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { loadPreset } from '../../core/config/presets.ts';
import { applySettings } from '../../core/config/override.ts';
import { readText } from '../../core/export/png.ts';
import { covae, makeImages, root, withoutAlarms } from './test-cli.ts';

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

  it('makes fewer steps where the preset’s would take too long, and goes on with them', async () => {
    const out = path.join(root, 'short');
    const args = ['demo', '--preset', 'smoke', '--minutes', '0.01', '--out', out, '--json'];
    const { code, events } = await covae(...args);
    expect(code).toBe(0);
    const fit = events.find(({ event }) => event === 'fit') as
      { steps: number; stepSeconds: number } | undefined;
    const { config } = await loadPreset('smoke');
    expect(fit?.steps).toBeLessThan(config.training.steps);
    expect(fit && fit.steps * fit.stepSeconds).toBeLessThanOrEqual(0.6);
    expect(events.at(-1)).toMatchObject({ event: 'result', steps: fit?.steps });
    const provenance = (name: string): unknown =>
      JSON.parse(readText(fs.readFileSync(path.join(out, name)))['covae'] ?? '{}');
    const fitted = { prior: 'fitted', temperature: 0.8 };
    expect(provenance('samples-1-pass.png')).toMatchObject({ passes: 1, ...fitted });
    expect(provenance('samples-1-pass.png')).not.toHaveProperty('laterTemperature');
    expect(provenance('samples-2-passes.png')).toMatchObject({ passes: 2, ...fitted, laterTemperature: 0 });
  });

  it('draws from a model that has no temperature', async () => {
    const out = path.join(root, 'categorical');
    const { config, ...smoke } = await loadPreset('smoke');
    const categorical = applySettings(
      config,
      { 'objective.categories': 4, 'network.zChannels': 4 },
      'preset',
    );
    const file = path.join(root, 'categorical.json');
    fs.writeFileSync(file, JSON.stringify({ ...smoke, name: 'categorical', config: categorical }));
    const { code, stderr } = await covae('demo', '--preset', file, '--steps', '2', '--out', out);
    expect({ code, stderr: withoutAlarms(stderr) }).toEqual({ code: 0, stderr: '' });
  });

  it('does not take a time and a number of steps', async () => {
    const out = path.join(root, 'both');
    for (const args of [
      ['demo', '--out', out],
      ['train', '--data', 'any'],
    ]) {
      const { code, stderr } = await covae(...args, '--minutes', '1', '--steps', '3');
      expect(code).toBe(1);
      expect(stderr).toContain('not both');
    }
    expect(fs.existsSync(out)).toBe(false);
  });
});
