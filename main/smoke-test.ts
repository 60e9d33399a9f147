import fs from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_SETTINGS } from '../core/data/import/settings.ts';
import { UserError } from '../core/errors.ts';
import { listPresets } from '../core/config/presets.ts';
import type { ImagesProtocol } from './process/images-protocol.ts';
import type { Supervisor } from './process/supervisor.ts';
import type { TrainerProtocol } from './process/trainer-protocol.ts';

export interface SmokeTestOptions {
  trainer: Supervisor<TrainerProtocol>;
  images: Supervisor<ImagesProtocol>;
  /** Where `sample.png` goes; made when missing. */
  folder: string;
}

/** Seconds until it is given up. */
const TIME_LIMIT = 150;

/**
 * Proves that the built application computes: imports the sample data set into the processes' library, trains one step
 * of the preset `smoke` and draws one sample.
 *
 * @returns the file written
 */
export async function smokeTest(options: SmokeTestOptions): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new UserError(`No sample was drawn within ${TIME_LIMIT} seconds.`)),
      TIME_LIMIT * 1_000,
    );
  });
  try {
    return await Promise.race([drawOne(options), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function drawOne({ trainer, images, folder }: SmokeTestOptions): Promise<string> {
  await fs.mkdir(folder, { recursive: true });
  const preset = (await listPresets()).find(({ name }) => name === 'smoke');
  if (preset === undefined) throw new UserError('The preset "smoke" is missing.');
  await images.request('import.run', {
    jobId: 'smoke',
    request: { kind: 'sample', paths: [] },
    name: 'sample',
    settings: DEFAULT_SETTINGS,
  });
  const trained = new Promise<void>((resolve, reject) => {
    trainer.on('training.state', (event) => {
      if (event.phase === 'finished') resolve();
      if (event.phase === 'failed') reject(new UserError(event.detail));
    });
  });
  const { runId } = await trainer.request('training.start', {
    dataset: 'sample',
    preset,
    name: undefined,
    seed: undefined,
    settings: { 'training.steps': 1 },
  });
  await trained;
  const { path: file } = await trainer.request('samples.write', {
    path: path.resolve(folder, 'sample.png'),
    runId,
    count: 1,
    seed: 0,
    passes: 1,
  });
  return file;
}
