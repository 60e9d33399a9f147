/** Single pictures of the window as files, and files that say which run drew them. */
import { isDeepStrictEqual } from 'node:util';
import { sampleCommand } from '../../core/explore/draw-command.ts';
import { drawDetails } from '../../core/explore/draw-details.ts';
import { inputsOf } from '../../core/explore/inputs.ts';
import { readViewCommand } from '../../core/explore/read-view-command.ts';
import { commandOfView } from '../../core/explore/view-command.ts';
import { type DrawingDetails, provenanceOf } from '../../core/explore/provenance.ts';
import { encodePng, type PngText } from '../../core/export/png.ts';
import { UserError } from '../../core/errors.ts';
import { runFolder } from '../../core/library.ts';
import { readProvenance } from '../../core/provenance/read.ts';
import { checkpointHash } from '../../core/run/checkpoint-hash.ts';
import { listRuns, summarizeRun } from '../../core/run/catalogue.ts';
import { readRunManifest } from '../../core/run/run-folder.ts';
import { stepOfCheckpoint } from '../../core/run/which-checkpoint.ts';
import { countOf } from '../../core/words.ts';
import { defined } from '../defined.ts';
import type { CallResult } from '../ipc/contract.ts';
import type { Picture } from '../ipc/export-contract.ts';

/** @throws UserError when the pixels are not as many as the picture says */
export async function pictureAsPng(home: string, { origin, ...raster }: Picture): Promise<Uint8Array> {
  const { height, width, channels, data } = raster;
  const expected = height * width * channels;
  if (data.length !== expected) {
    throw new UserError(
      `The picture has ${countOf(data.length, 'value')} where ${width} × ${height} pixels have ${expected.toLocaleString('en-US')}.`,
    );
  }
  return encodePng(raster, origin === null ? {} : await textOf(home, origin));
}

type Origin = NonNullable<Picture['origin']>;

async function textOf(home: string, origin: Origin): Promise<PngText> {
  const { runId, checkpoint } = origin;
  const folder = runFolder(home, runId);
  const manifest = await readRunManifest(folder);
  const chosen = await stepOfCheckpoint(folder, checkpoint ?? 'newest');
  const step = chosen ?? (await summarizeRun(home, runId)).step;
  const details = 'view' in origin ? viewDetails(origin, step) : draw(origin, step);
  const weights = ('view' in origin ? origin.look.weights : origin.weights) ?? 'ema';
  const hash = await checkpointHash(folder, step, weights);
  const inputs = 'view' in origin ? await inputsOf(folder, origin.view) : {};
  return provenanceOf(manifest, step, {
    ...details,
    ...(hash !== null && { checkpoint: hash }),
    ...(Object.keys(inputs).length > 0 && { inputs }),
    index: origin.index,
  });
}

function draw(
  { runId: run, checkpoint: _, index: __, ...asked }: Exclude<Origin, { view: unknown }>,
  step: number,
): DrawingDetails {
  const options = defined(asked);
  return { ...drawDetails(options), command: sampleCommand({ run, step, scale: 1 }, options) };
}

/** A place between two frames is none that a command could name. */
function viewDetails(
  { runId: run, view, look }: Extract<Origin, { view: unknown }>,
  step: number,
): DrawingDetails {
  const command = commandOfView(view, defined(look), { run, step, files: { as: 'png', scale: 1 } });
  const isSame = isDeepStrictEqual(readViewCommand(command)?.view, view);
  return { kind: view.kind, ...(isSame && { command }) };
}

/** What a file says of the run that drew it; null for any other file. */
export async function originOfFile(home: string, path: string): Promise<CallResult<'files.origin'>> {
  let origin: Record<string, unknown>;
  try {
    ({ origin } = await readProvenance(path));
  } catch (error) {
    // Whoever wants its images hears what else is wrong with it.
    if (error instanceof UserError) return null;
    throw error;
  }
  const { run, step } = origin;
  if (typeof run !== 'string') return null;
  const found = (await listRuns(home)).find(({ id }) => id === run);
  return {
    run,
    here: found !== undefined,
    stepHere: found?.checkpoints.includes(Number(step)) ?? false,
    origin,
    view: viewOf(origin),
  };
}

function viewOf({ command }: Record<string, unknown>): NonNullable<CallResult<'files.origin'>>['view'] {
  const found = typeof command === 'string' ? readViewCommand(command) : null;
  if (found === null) return null;
  const { again, ...look } = found.look;
  return { view: found.view, look: { ...look, ...(again && { again: [...again] }) } };
}
