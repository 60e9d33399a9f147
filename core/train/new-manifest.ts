import type { ModelConfig } from '../config/model.ts';
import type { Settings } from '../config/settings.ts';
import { newRunId } from '../library.ts';
import type { RunManifest } from '../run/manifest.ts';
import type { Origin } from '../run/start-point.ts';
import type { Continuation } from '../schedule/continuation.ts';
import { libraryVersion } from '../tensor/tf.ts';
import { APP_VERSION } from '../version.ts';

/** What a new run is made from. */
export interface NewRun {
  name: string;
  /** Default: one of its own. */
  id?: string;
  /** The preset that the configuration began as; null when given whole. */
  preset: string | null;
  seed: number;
  /** Where its first weights come from, unless they are drawn at random. */
  startsFrom?: 'weights';
  origin?: Origin;
  /** Of a fork: what is changed of the settings of the run it came from. */
  forked?: { settings: Settings };
  /** Of one whose EMA weights were made after a training: the length of that average, σ_rel. */
  averaged?: { length: number };
  continued?: Continuation[];
  /** null for a run made from weights that came without their data. */
  dataset: RunManifest['dataset'];
  config: ModelConfig;
  /** Number of trained values. */
  parameters: number;
}

/** The manifest of a new run, with an id of its own; nothing is written. @throws UserError when the name is none */
export function newManifest({ name, id = newRunId(name), ...run }: NewRun): RunManifest {
  const { tensorflow, tfjs } = libraryVersion();
  return {
    format: 'covae-run',
    version: 1,
    id,
    name,
    createdAt: new Date().toISOString(),
    ...run,
    versions: { app: APP_VERSION, tensorflow, tfjs },
  };
}
