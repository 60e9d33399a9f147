import { describe, expect, it, vi } from 'vitest';
import { covae } from './test-cli.ts';

vi.setConfig({ testTimeout: 120_000 });

describe('covae bench', () => {
  it('prints one line of JSON with all that programs go by', async () => {
    const { code, stdout } = await covae(
      ...['bench', '--preset', 'smoke', '--batch', '4', '--steps', '2', '--json'],
    );
    expect(code).toBe(0);
    const [line = '', ...rest] = stdout.split('\n');
    expect(rest).toEqual(['']);
    const fields = JSON.parse(line) as Record<string, unknown>;
    expect(fields).toMatchObject({
      preset: 'smoke',
      batch: 4,
      steps: 2,
      data: 'synthetic',
      backend: 'compiled',
      precision: 'float32',
    });
    for (const key of [
      ...['stepMs', 'min', 'max', 'samplesPerSecond', 'trainSamplesPerSecond', 'peakMB', 'params', 'startMs'],
      ...['opsPerStep', 'flopsPerStep', 'flopShare', 'threads'],
    ]) {
      expect(fields[key], key).toBeGreaterThan(0);
    }
  });

  it('prints the same for people, and that the images are synthetic', async () => {
    const { code, stdout } = await covae('bench', '--preset', 'smoke', '--steps', '1', '--eager');
    expect(code).toBe(0);
    expect(stdout).toContain('synthetic images');
    for (const what of ['Training step', 'Largest memory', 'FLOP in convolutions', 'Computed on']) {
      expect(stdout).toContain(what);
    }
  });

  it('refuses what it cannot measure in one sentence', async () => {
    const unknown = await covae('bench', '--preset', 'huge');
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain('There is no preset "huge"');
    const wrong = await covae('bench', '--set', 'network.blocks=0');
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('network.blocks');
  });
});
