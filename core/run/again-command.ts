/** The command that starts a training like that of a run once more. */
import type { ModelConfig } from '../config/model.ts';
import { differsFromPreset } from '../config/presets-of-runs.ts';
import { shellWord } from '../shell-word.ts';
import type { RunManifest } from './manifest.ts';

/**
 * @returns null for a run that no command makes: one from imported weights, or without a preset of the program's
 */
export async function againCommand(
  home: string,
  manifest: Pick<
    RunManifest,
    | 'name'
    | 'preset'
    | 'seed'
    | 'dataset'
    | 'config'
    | 'origin'
    | 'forked'
    | 'averaged'
    | 'continued'
    | 'startsFrom'
  >,
): Promise<string | null> {
  const { name, preset, seed, dataset, config, origin, forked, averaged, continued = [] } = manifest;
  if (averaged !== undefined && origin !== undefined) {
    return words([
      ...['covae', 'runs', 'average', `${origin.name}@${origin.step ?? 0}`],
      ...['--length', String(averaged.length), '--make', '--name', name],
    ]);
  }
  if (forked !== undefined && origin !== undefined) {
    const settings = Object.entries(forked.settings).map(([key, value]) => setting(key, value));
    return words([
      'covae',
      'runs',
      'fork',
      `${origin.name}@${origin.step ?? 0}`,
      '--name',
      name,
      ...settings.flat(),
    ]);
  }
  if (preset === null || dataset === null || (manifest.startsFrom === 'weights' && origin === undefined)) {
    return null;
  }
  // As it was planned, before it was trained further.
  const planned: ModelConfig = {
    ...config,
    training: { ...config.training, steps: continued[0]?.steps ?? config.training.steps },
  };
  const differs = await differsFromPreset(home, { preset, config: planned });
  const given = differs.filter(({ key }) => !['network.imageSize', 'network.channels'].includes(key));
  const from = origin === undefined ? [] : ['--from', fromWords(origin)];
  return words([
    ...['covae', 'train', '--data', dataset.name, '--preset', preset, ...from, '--name', name],
    ...['--seed', String(seed), ...given.flatMap(({ key, value }) => setting(key, value))],
  ]);
}

function setting(key: string, value: unknown): [string, string] {
  return ['--set', `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`];
}

function fromWords({ kind, name, step }: NonNullable<RunManifest['origin']>): string {
  if (kind === 'starter') return `starter:${name}`;
  return kind === 'file' || step === null ? name : `${name}@${step}`;
}

function words(all: readonly string[]): string {
  return ['npx', ...all.map(shellWord)].join(' ');
}
