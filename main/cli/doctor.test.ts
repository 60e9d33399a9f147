import { describe, expect, it } from 'vitest';
import { deviceFinding, electronFinding } from './commands/doctor.ts';

// As nvidia-smi prints it.
const ask = () => Promise.resolve('0, GPU-5c1d, NVIDIA GeForce RTX 4090, 24564, 550.54.15\n');
const none = () => Promise.reject(new Error('spawn nvidia-smi ENOENT'));

describe('what doctor says of the device', () => {
  it('names the GPU that computes, its memory, and how much of it is taken', async () => {
    // Imported for its side effects: memory growth is on by default.
    await import('../../core/tensor/native.ts');
    expect(await deviceFinding(true, 'gpu', ask)).toBe(
      'computes on NVIDIA GeForce RTX 4090, 24 GB, driver 550.54.15; memory is taken as it is needed',
    );
    expect(await deviceFinding(true, 'gpu', none)).toBe('computes on GPU; memory is taken as it is needed');
  });

  it('is content with a processor', async () => {
    expect(await deviceFinding(false, 'cpu', none)).toMatch(/^computes on .*, \d+ cores?, \d+ GB$/);
  });

  it('points to a GPU that lies idle', async () => {
    const [state, detail] = await deviceFinding(false, 'cpu', ask);
    expect(state).toBe('missing');
    expect(detail).toMatch(/though there is a NVIDIA GeForce RTX 4090 .*COVAE_TF=gpu npm run setup/);
    expect((await deviceFinding(false, 'gpu', ask))[1]).toMatch(/driver knows CUDA 12/);
  });
});

describe('what doctor says of Electron', () => {
  const now = Date.UTC(2026, 10, 28);

  it('names its date, its age, and the one that is wanted when it is another', () => {
    expect(electronFinding('25.1.1', '/e/electron', now)).toEqual([
      'missing',
      '25.1.1 of June 2023, 3 years and 5 months old, /e/electron; this version of CoVAE Studio is made for ' +
        '45.4.1 of 19 November 2026, less than a month old (npm run setup -- --electron tries to fetch it)',
    ]);
  });

  it('is content with the one that is wanted', () => {
    expect(electronFinding('45.4.1', '/e/electron', now)).toBe(
      '45.4.1 of 19 November 2026, less than a month old, /e/electron',
    );
  });
});
