/** `covae plan` and `covae presets`. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { covae, makeImages, matching, root } from './test-cli.ts';

const home = path.join(root, 'home');
const at = ['--home', home] as const;

beforeAll(async () => {
  await makeImages(path.join(root, 'images'));
  const imported = await covae('data', 'import', path.join(root, 'images'), '--name', 'noise', ...at);
  expect(imported.code).toBe(0);
});

async function resultOf(...args: string[]): Promise<Record<string, unknown>> {
  const { code, events, stderr } = await covae(...args, ...at, '--json');
  expect(code, stderr).toBe(0);
  return events.at(-1)!;
}

describe('a plan', () => {
  it('recommends a preset, and says what a training will take and what differs', async () => {
    const result = await resultOf('plan', '--data', 'noise', '--set', 'training.emaRate=0.5');
    expect(result).toMatchObject({
      event: 'result',
      dataset: 'noise',
      preset: 'tiny-unet',
      recommended: { preset: 'tiny-unet' },
      differsFromPreset: [{ key: 'training.emaRate', value: 0.5 }],
      memory: { remedy: null },
    });
    expect(result['paper']).toMatch(/^mnist/);
    const { stdout } = await covae('plan', '--data', 'noise', '--batch', '65536', ...at, '--preset', 'mnist');
    expect(stdout).toMatch(/which is not enough: --batch \d+, or --set training.accumulate=\d+ would do/);
  });

  it('measures a step that the next plan knows', async () => {
    const settings = ['--preset', 'smoke', '--set', 'network.modelChannels=12'];
    expect((await resultOf('plan', '--data', 'noise', ...settings, '--trial'))['step']).toMatchObject({
      from: 'trial',
    });
    expect((await resultOf('plan', '--data', 'noise', ...settings))['step']).toMatchObject({ from: 'trial' });
  });

  it('refuses what no training could begin with, and two presets', async () => {
    expect((await covae('plan', '--data', 'noise', '--set', 'training.steps=0', ...at)).stderr).toMatch(
      /key "training\.steps"/,
    );
    expect((await covae('plan', '--data', 'none', ...at)).code).toBe(1);
    expect((await covae('plan', '--data', 'noise', '--like', 'a', '--preset', 'tiny', ...at)).stderr).toMatch(
      /not both/,
    );
  });
});

describe('presets of one’s own', () => {
  it('are saved, trained with, listed, written, taken and removed', async () => {
    const saved = await resultOf(
      'presets',
      'save',
      'Zwei Schritte β',
      '--preset',
      'smoke',
      '--set',
      'training.steps=2',
    );
    expect(saved['preset']).toMatchObject({ name: 'zwei-schritte', title: 'Zwei Schritte β' });
    const trained = await resultOf(
      'train',
      '--data',
      'noise',
      '--preset',
      'zwei-schritte',
      '--name',
      'Größe 数字',
    );
    expect(trained).toMatchObject({ end: 'finished', steps: 2 });
    expect(trained['run']).toMatch(/^Grosse-[a-z2-9]{6}$/);
    const alike = await resultOf(
      'train',
      '--data',
      'noise',
      '--like',
      'Größe 数字',
      '--name',
      'Größe 数字',
      '--steps',
      '1',
    );
    expect(alike).toMatchObject({ steps: 1 });
    const manifest: unknown = JSON.parse(
      fs.readFileSync(path.join(home, 'runs', String(alike['run']), 'run.json'), 'utf8'),
    );
    expect(manifest).toMatchObject({ name: 'Größe 数字-2', preset: 'zwei-schritte' });

    const file = path.join(root, 'two.json');
    await resultOf('presets', 'export', 'zwei-schritte', '--out', file);
    expect((await covae('presets', 'export', 'zwei-schritte', '--out', file, ...at)).code).toBe(1);
    await resultOf('presets', 'remove', 'zwei-schritte');
    expect((await covae('presets', 'remove', 'zwei-schritte', ...at)).code).toBe(1);
    const missing = path.join(root, 'missing.json');
    const imported = await covae('presets', 'import', file, missing, ...at);
    expect(imported).toMatchObject({ code: 1, stderr: matching(/missing\.json/) });
    expect((await resultOf('presets', 'list'))['own']).toMatchObject([{ name: 'zwei-schritte' }]);
    expect((await covae('presets', 'save', 'x', ...at)).stderr).toMatch(/--preset NAME or --like RUN/);
  });
});
