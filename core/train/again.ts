/** A run like another one, to be trained anew. */
import { UserError } from '../errors.ts';
import { runFolder } from '../library.ts';
import type { RunManifest } from '../run/manifest.ts';
import { readRunManifest } from '../run/run-folder.ts';
import { createRun } from './create-run.ts';

/**
 * Makes a run with the data set and settings of another one, as it was planned before it was trained further.
 *
 * @param seed default: one more than that of the other, since the same seed gives the same weights
 * @throws UserError when the other is a fork or an average, or was made from imported weights, or has no data set
 */
export async function createAgain(home: string, id: string, seed?: number): Promise<RunManifest> {
  const manifest = await readRunManifest(runFolder(home, id));
  const { name, preset, dataset, config, origin, forked, averaged, continued = [], startsFrom } = manifest;
  if (dataset === null || forked !== undefined || (startsFrom === 'weights' && origin === undefined)) {
    const copy =
      averaged === undefined
        ? 'it is a fork; fork once more instead'
        : 'it is an average of the weights of another; average them once more instead';
    throw new UserError(
      `The run ${id} cannot be made again as it was: ${dataset === null ? 'it has no data set' : forked === undefined ? 'its weights were imported' : copy}.`,
      { code: 'invalid' },
    );
  }
  const steps = continued[0]?.steps ?? config.training.steps;
  const planned = { ...config, training: { ...config.training, steps } };
  return createRun({
    home,
    dataset: dataset.name,
    preset: {
      format: 'covae-preset',
      version: 1,
      name: preset ?? 'own',
      title: '',
      description: '',
      config: planned,
    },
    // Images may ask for another one, and were asked before.
    settings: { 'training.horizontalFlip': config.training.horizontalFlip },
    name,
    seed: seed ?? (manifest.seed + 1) % 2 ** 32,
    ...(origin && {
      from:
        origin.kind === 'run'
          ? {
              kind: 'run' as const,
              id: origin.name,
              ...(origin.step !== null && { checkpoint: origin.step }),
            }
          : origin.kind === 'starter'
            ? { kind: 'starter' as const, name: origin.name }
            : { kind: 'file' as const, file: origin.name },
    }),
  });
}
