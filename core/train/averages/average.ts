/** An average of the weights of any length, made after the training from its snapshots. */
import { covaeModel } from '../../covae/model.ts';
import { UserError } from '../../errors.ts';
import { listSnapshots } from '../../run/snapshot-files.ts';
import { readRunManifest } from '../../run/run-folder.ts';
import { checkLength } from '../../run/average-lengths.ts';
import { exponentOf, type Profile, weightsFor } from './power.ts';
import { readSnapshotProfiles, readTrackedAverage } from './snapshots.ts';

/** The snapshots that averages are made from. */
export interface Snapshots {
  /** Of the newest of them, at which the averages end. */
  step: number;
  /** Steps of them, by rising step, with the profiles of their averages. */
  all: { step: number; profiles: Profile[] }[];
}

/**
 * The snapshots of a run up to a step.
 *
 * @param step default: all of them
 * @throws UserError when there is none, or one is damaged
 */
export async function openSnapshots(runDir: string, step = Infinity): Promise<Snapshots> {
  const found = await listSnapshots(runDir);
  const steps = found.filter((each) => each <= step);
  const last = steps.at(-1);
  if (last === undefined) {
    const { id } = await readRunManifest(runDir);
    throw new UserError(
      `The run ${id} has no snapshots${found.length === 0 ? '' : ` up to step ${step.toLocaleString('en-US')}`} to make an average from; train with training.snapshotEvery, say a fiftieth of the steps.`,
      { code: 'not-found', file: runDir },
    );
  }
  const all = [];
  for (const each of steps) all.push({ step: each, profiles: await readSnapshotProfiles(runDir, each) });
  return { step: last, all };
}

/**
 * The average of a length at the step of the newest of the snapshots.
 *
 * @param length σ_rel: the standard deviation of the averaging profile as a share of the training up to there
 * @returns [parameters of the networks], as the state of a program has them
 * @throws UserError when the length is none, or a snapshot is damaged or of other networks; the signal's reason
 */
export async function averageOf(
  runDir: string,
  { all }: Snapshots,
  length: number,
  signal?: AbortSignal,
): Promise<Float32Array<ArrayBuffer>> {
  checkLength(length);
  const { config } = await readRunManifest(runDir);
  const model = covaeModel(config.network, config.objective);
  const each = all.flatMap(({ step, profiles }) =>
    profiles.map((profile, which) => ({ step, which, profile })),
  );
  const t = each.at(-1)!.profile.t;
  const shares = weightsFor(
    each.map(({ profile }) => profile),
    { t, gamma: exponentOf(length) },
  );
  const sum = new Float64Array(model.plan.layout.size);
  for (const [i, { step, which }] of each.entries()) {
    signal?.throwIfAborted();
    const share = shares[i]!;
    // What brings nothing is not read.
    if (share === 0) continue;
    const { values } = await readTrackedAverage(runDir, model, step, which);
    for (let k = 0; k < sum.length; k++) sum[k]! += share * values[k]!;
  }
  return Float32Array.from(sum);
}
