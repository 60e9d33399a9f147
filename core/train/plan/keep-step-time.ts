import type { ModelConfig } from '../../config/model.ts';

import type { RunManifest } from '../../run/manifest.ts';

import { describeModel } from '../describe.ts';
import { trainingDevice } from './machine.ts';
import { StepTimes } from './step-times.ts';
import { type Trial, tryOut } from './trial.ts';

/** Keeps what a training's steps took on this machine, for the plans of later ones. @param seconds null: too few were measured */
export async function keepStepTime(
  { id, config }: Pick<RunManifest, 'id' | 'config'>,
  seconds: number | null,
): Promise<void> {
  if (seconds !== null) await keep(config, { seconds, from: 'run', runId: id });
}

/** Makes a trial of a configuration and keeps it likewise; throws as {@link tryOut} does. */
export async function measureStep(
  config: ModelConfig,
  options?: Parameters<typeof tryOut>[1],
): Promise<Trial> {
  const trial = await tryOut(config, options);
  await keep(config, { seconds: trial.seconds, from: 'trial', runId: null });
  return trial;
}

async function keep(
  config: ModelConfig,
  time: { seconds: number; from: 'run' | 'trial'; runId: string | null },
): Promise<void> {
  const { kind, name, cores } = await trainingDevice();
  new StepTimes().keep(config, { kind, name, cores }, { ...time, work: describeModel(config).work.total });
}
