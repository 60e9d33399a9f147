/** Reads the weights that a training starts from, wherever they lie. */
import { UserError } from '../../errors.ts';
import { sha256OfFile } from '../../files.ts';
import { runFolder } from '../../library.ts';
import type { NamedArrays } from '../../nn/parameters.ts';
import { weightsHash } from '../../run/checkpoint-hash.ts';
import { readRunManifest } from '../../run/run-folder.ts';
import type { Origin, StartPoint } from '../../run/start-point.ts';
import { starterNamed } from '../../run/starters.ts';
import { stepOfCheckpoint, useCheckpoint } from '../../run/which-checkpoint.ts';
import { DISCRIMINATOR_PREFIX } from '../state.ts';
import { openWeightsFile, type WeightsFile } from '../weights-file.ts';
import { FORMS, plainNames } from '../weights-forms.ts';
import { stepInFile } from './config-of-start.ts';
import { sideOf } from './fit.ts';

/** Weights to start from. */
export interface Start {
  origin: Pick<Origin, 'kind' | 'name' | 'step' | 'hash'>;
  /** By the names of the networks: the EMA weights where there are such, and the discriminator's, if there is one. */
  tensors: NamedArrays;
}

/**
 * Reads the weights of a start.
 *
 * @throws UserError when they are missing or damaged, or hold a value that is not finite
 */
export async function readStart(home: string, start: StartPoint): Promise<Start> {
  const found = start.kind === 'run' ? await ofRun(home, start) : await ofFile(start);
  const wrong = Object.entries(found.tensors).find(([, { data }]) => !data.every(Number.isFinite));
  if (wrong !== undefined) {
    throw new UserError(
      `${found.origin.name}: tensor ${wrong[0]} holds a value that is not finite; nothing can start from such weights.`,
      { code: 'unreadable' },
    );
  }
  return found;
}

async function ofRun(home: string, { id, checkpoint }: StartPoint & { kind: 'run' }): Promise<Start> {
  const folder = runFolder(home, id);
  await readRunManifest(folder);
  const asked = await stepOfCheckpoint(folder, checkpoint ?? 'newest');
  const found = await useCheckpoint(folder, asked, ({ ema, model }) => ({
    ...ema,
    ...Object.fromEntries(Object.entries(model).filter(([name]) => name.startsWith(DISCRIMINATOR_PREFIX))),
  }));
  if (found === null) {
    throw new UserError(`The run ${id} has no checkpoint to start from; train it for a while first.`, {
      code: 'not-found',
    });
  }
  const { step } = found.checkpoint;
  const hash = await weightsHash(folder, step, 'ema');
  return { origin: { kind: 'run', name: id, step, hash: `sha256:${hash ?? ''}` }, tensors: found.used };
}

async function ofFile(start: StartPoint & { kind: 'file' | 'starter' }): Promise<Start> {
  const file = start.kind === 'file' ? start.file : (await starterNamed(start.name)).file;
  const source = await openWeightsFile(file);
  try {
    return await fromFile(source, start, file);
  } finally {
    await source.close();
  }
}

async function fromFile(
  source: WeightsFile,
  start: StartPoint & { kind: 'file' | 'starter' },
  file: string,
): Promise<Start> {
  const { shapes, plainOf } = plainNames(source, file);
  const names = Object.keys(shapes);
  const network = /^(encoder|decoder|map_layer0|map_layer1|map_label|map_augment)\./;
  const within = (prefix: string): string[] =>
    names.filter((name) => name.startsWith(prefix) && network.test(name.slice(prefix.length)));
  // The form that explains most of the names, and its averages before its weights in training.
  const form = FORMS.reduce((best, next) =>
    within(next.weights).length > within(best.weights).length ? next : best,
  );
  const prefix = form.averages !== null && within(form.averages).length > 0 ? form.averages : form.weights;
  const wanted = new Map(within(prefix).map((name) => [name, name.slice(prefix.length)]));
  if (sideOf([...wanted.values()]) === null) {
    throw new UserError(`${file} holds no weights of a CoVAE's networks; nothing can start from it.`, {
      code: 'unreadable',
      file,
    });
  }
  for (const name of names) {
    if (name.startsWith(form.discriminator)) {
      wanted.set(name, `${DISCRIMINATOR_PREFIX}${name.slice(form.discriminator.length)}`);
    }
  }
  // Filters and counters are no weights.
  const beside = /resample_filter$|num_batches_tracked$/;
  const read = await source.readFloats((name) => wanted.has(plainOf(name) ?? '') && !beside.test(name));
  const step = await stepInFile(file);
  return {
    origin: {
      kind: start.kind,
      name: start.kind === 'file' ? file : start.name,
      step,
      hash: `sha256:${await sha256OfFile(file)}`,
    },
    tensors: Object.fromEntries(
      Object.entries(read).map(([name, tensor]) => [wanted.get(plainOf(name) ?? '') ?? name, tensor]),
    ),
  };
}
