/** Runs as they lie on the disk, written by hand: quick to make, and as many as are asked for. */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Preset } from '../core/config/model.ts';
import type { Alarm } from '../core/run/diagnostics.ts';
import type { MetricsLine, RunManifest } from '../core/run/manifest.ts';

async function tiny(): Promise<Preset> {
  const file = path.join(import.meta.dirname, '..', 'assets', 'presets', 'tiny.json');
  return JSON.parse(await fs.readFile(file, 'utf8')) as Preset;
}

function line(step: number, seed: number): MetricsLine {
  const loss = 40 + 400 * Math.exp(-step / 300) + (seed % 17);
  return {
    ...{ step, loss, recLoss: loss / 2, denoiserLoss: loss / 4, klLoss: 3 + (seed % 5), gradNorm: 10 },
    ...{ learningRate: 0.001, intervals: 64, stepsPerSecond: 5, seconds: step / 5 },
  };
}

/** Runs as they lie on the disk, without checkpoints: so many, on two data sets, with several settings and seeds. */
export async function makeRuns(home: string, count: number): Promise<void> {
  const preset = await tiny();
  for (let index = 0; index < count; index++) {
    const id = `sweep ${String(Math.floor(index / 5)).padStart(3, '0')}-${(100_000 + index).toString(36).slice(-6).padStart(6, 'a')}`;
    const folder = path.join(home, 'runs', id);
    const { training } = preset.config;
    const manifest: RunManifest = {
      ...{ format: 'covae-run', version: 1, id, name: id.slice(0, -7) },
      createdAt: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString(),
      ...{ preset: 'tiny', seed: index % 5, parameters: 894_826 },
      dataset: { name: index % 2 === 0 ? 'digits' : 'harbour at dawn', fingerprint: 'sha256:0', count: 100 },
      config: {
        ...preset.config,
        training: { ...training, learningRate: [0.001, 0.003, 0.006][Math.floor(index / 5) % 3] ?? 0.006 },
      },
      versions: { app: '0', tensorflow: '0', tfjs: '0' },
    };
    await fs.mkdir(path.join(folder, 'checkpoints'), { recursive: true });
    await fs.writeFile(path.join(folder, 'run.json'), JSON.stringify(manifest));
    const lines = Array.from({ length: 100 }, (_, i) => JSON.stringify(line(10 * (i + 1), index)));
    await fs.writeFile(path.join(folder, 'metrics.jsonl'), `${lines.join('\n')}\n`);
    if (index % 3 === 0) {
      const about = {
        format: 'covae-run-about',
        version: 1,
        tags: ['sweep', `lr ${index % 7}`],
        note: 'One of many.',
      };
      await fs.writeFile(path.join(folder, 'about.json'), JSON.stringify(about));
    }
  }
}

/** A run whose gradient norm rose, and which diverged. */
export async function makeDiverged(home: string): Promise<string> {
  const id = 'steep-aaaaaa';
  const folder = path.join(home, 'runs', id);
  const manifest: RunManifest = {
    ...{ format: 'covae-run', version: 1, id, name: 'steep', createdAt: '2026-02-01T00:00:00.000Z' },
    ...{ preset: 'tiny', seed: 0, parameters: 894_826 },
    dataset: { name: 'digits', fingerprint: 'sha256:0', count: 100 },
    config: (await tiny()).config,
    versions: { app: '0', tensorflow: '0', tfjs: '0' },
  };
  const rose: Alarm = {
    ...{ kind: 'divergence', name: 'Gradient norm rose suddenly', step: 400, value: 9e4, bound: 200 },
    ...{ t: 0.05, advice: 'Go on with a lower learning rate, 0.003 for instance.', goOn: null },
  };
  const ended: Alarm = { ...rose, name: 'Loss not finite', step: 500, value: null, bound: null };
  const began = { step: 0, at: '2026-02-01T00:00:01.000Z', seconds: 0, what: 'began' };
  const files: Record<string, readonly object[]> = {
    'metrics.jsonl': Array.from({ length: 50 }, (_, i) => line(10 * (i + 1), 1)),
    'alarms.jsonl': [rose, ended],
    'history.jsonl': [
      began,
      { ...began, step: 500, at: '2026-02-01T00:09:00.000Z', seconds: 100, what: 'diverged' },
    ],
  };
  await fs.mkdir(path.join(folder, 'checkpoints'), { recursive: true });
  await fs.writeFile(path.join(folder, 'run.json'), JSON.stringify(manifest));
  for (const [name, lines] of Object.entries(files)) {
    await fs.writeFile(path.join(folder, name), lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
  }
  return id;
}

/** A run whose manifest is cut off. */
export async function makeDamaged(home: string): Promise<string> {
  const id = 'cut-bbbbbb';
  await fs.mkdir(path.join(home, 'runs', id), { recursive: true });
  await fs.writeFile(path.join(home, 'runs', id, 'run.json'), '{ "format": "covae-run", ');
  return id;
}

/** A run of so many logged lines. */
export async function makeLong(home: string, lines: number): Promise<string> {
  const id = 'very long-cccccc';
  const folder = path.join(home, 'runs', id);
  const { config } = await tiny();
  const manifest: RunManifest = {
    ...{ format: 'covae-run', version: 1, id, name: 'very long', createdAt: '2026-02-03T00:00:00.000Z' },
    ...{ preset: 'tiny', seed: 0, parameters: 894_826 },
    dataset: { name: 'digits', fingerprint: 'sha256:0', count: 100 },
    config: { ...config, training: { ...config.training, steps: 10 * lines } },
    versions: { app: '0', tensorflow: '0', tfjs: '0' },
  };
  await fs.mkdir(path.join(folder, 'checkpoints'), { recursive: true });
  await fs.writeFile(path.join(folder, 'run.json'), JSON.stringify(manifest));
  const text = Array.from({ length: lines }, (_, index) => {
    const { loss, ...others } = line(10 * (index + 1), 1);
    const noisy = loss * (1 + 0.2 * Math.sin(index * 12.9898) * Math.sin(index * 78.233));
    return JSON.stringify({ ...others, loss: noisy, memory: 1e9 + index });
  });
  await fs.writeFile(path.join(folder, 'metrics.jsonl'), `${text.join('\n')}\n`);
  return id;
}
