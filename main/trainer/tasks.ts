/** What the window has done in the background: exports, models for other programs, archives of runs, moving the library. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { formatNumber } from '../../core/digits.ts';
import { runFolder } from '../../core/library.ts';
import { moveLibrary } from '../../core/move-library.ts';
import { exportModel } from '../../core/portable/export-model.ts';
import { exportWithCard } from '../../core/portable/export-weights.ts';
import { stepOfCheckpoint } from '../../core/run/which-checkpoint.ts';
import { exportRun } from '../../core/takeout/runs/run-archive.ts';
import { importRun } from '../../core/takeout/runs/run-import.ts';
import { takeOut } from '../../core/takeout/take-out.ts';
import { countOf } from '../../core/words.ts';
import type { ExportProgress, Task } from '../ipc/export-contract.ts';

export interface TaskResult {
  /** What came of it. */
  sentence: string;
  /** What was written; what is wanted first. */
  files: string[];
  /** What a person should know. */
  remarks: string[];
}

export interface TaskOptions {
  signal?: AbortSignal | undefined;
  onProgress: (progress: ExportProgress) => void;
}

type TaskOf<K extends Task['kind']> = Extract<Task, { kind: K }>;

/**
 * Does a task.
 *
 * @param to file or folder that is written, or read; the dialog has asked whether one that is there is to be replaced
 * @throws UserError in one sentence; the signal's reason when aborted. Nothing is left behind then
 */
export function runTask(home: string, task: Task, to: string, options: TaskOptions): Promise<TaskResult> {
  switch (task.kind) {
    case 'export':
      return exportPictures(home, task, to, options);
    case 'model':
      return writeModel(home, task, to, options);
    case 'archive':
      return archive(home, task, to, options);
    case 'import':
      return takeIn(home, to, options);
    case 'move':
      return move(home, to, options);
  }
}

const NONE = { done: 0, total: null, perSecond: null, secondsLeft: null };

async function exportPictures(
  home: string,
  { runId, order }: TaskOf<'export'>,
  to: string,
  { signal, onProgress }: TaskOptions,
): Promise<TaskResult> {
  const remarks: string[] = [];
  let phase = 'Starting';
  const { images, word, files } = await takeOut({
    ...{ home, runId, order, signal, force: true },
    ...(order.as !== 'dataset' && { out: to }),
    onPhase: (words) => {
      phase = words;
      onProgress({ phase, unit: 'images', ...NONE });
    },
    onRemark: (sentence) => remarks.push(sentence),
    onProgress: ({ word: _, ...told }) => onProgress({ phase, unit: 'images', ...told }),
  });
  return { sentence: `${countOf(images, word)} written to ${files[0] ?? to}.`, files, remarks };
}

async function writeModel(
  home: string,
  { runId, as, step: which, weights, licence }: TaskOf<'model'>,
  to: string,
  { signal, onProgress }: TaskOptions,
): Promise<TaskResult> {
  const folder = runFolder(home, runId);
  onProgress({ phase: 'Opening the model', unit: 'bytes', ...NONE });
  const step = await stepOfCheckpoint(folder, which);
  const asked = { home, weights, licence, ...(step !== undefined && { step }) };
  if (as === 'safetensors') {
    const written = await exportWithCard(folder, to, { ...asked, force: true });
    signal?.throwIfAborted();
    const { file, cards, alerts } = written;
    const sentence = `The weights of step ${written.step} are written to ${file}, with their model card.`;
    return { sentence, files: [file, ...cards], remarks: alerts };
  }
  const written = await exportModel(folder, to, {
    ...{ ...asked, as, signal },
    // Bundled beside this very file.
    pageScript: () => readFile(path.join(__dirname, 'page.js'), 'utf8'),
    onPhase: (phase) => onProgress({ phase, unit: 'bytes', ...NONE }),
  });
  const worst = written.card.rounding?.at(-1);
  const lost =
    worst === undefined
      ? ''
      : ` With weights of 8 bits samples differ by ${formatNumber(worst.mean)} of 255 on average and ${worst.largest} at most.`;
  return {
    sentence: `The model of step ${written.step} is written to ${written.folder}; its README.md says how to use it.${lost}`,
    files: [written.folder],
    remarks: written.alerts,
  };
}

async function archive(
  home: string,
  { runId }: TaskOf<'archive'>,
  to: string,
  { signal, onProgress }: TaskOptions,
): Promise<TaskResult> {
  const tell = inBytes('Writing the archive', onProgress);
  const { file } = await exportRun(home, runId, to, { force: true, signal, onProgress: tell });
  return { sentence: `The run is written to ${file}.`, files: [file], remarks: [] };
}

async function takeIn(home: string, from: string, { signal, onProgress }: TaskOptions): Promise<TaskResult> {
  const tell = inBytes('Importing the run', onProgress);
  const { id, outcome, dataset, remark } = await importRun(home, from, { signal, onProgress: tell });
  const told = {
    there: `The run ${id} is in the library already, with all of this history.`,
    longer: `The run ${id} has the longer history of the archive now.`,
    new: `The run ${id} is imported${dataset === null ? '' : `; its data set is ${dataset}`}.`,
  };
  return { sentence: told[outcome], files: [], remarks: remark === null ? [] : [remark] };
}

async function move(home: string, to: string, { signal, onProgress }: TaskOptions): Promise<TaskResult> {
  const tell = {
    copying: inBytes('Copying the library', onProgress),
    comparing: inBytes('Comparing the copy', onProgress),
  };
  const moved = await moveLibrary(home, to, {
    signal,
    onProgress: ({ phase, ...progress }) => tell[phase](progress),
  });
  return {
    sentence: `The library is in ${moved.to} now; ${moved.from} is a link to it.`,
    files: [moved.to],
    remarks: [],
  };
}

/** Adds rate and time left to bytes. */
function inBytes(
  phase: string,
  onProgress: TaskOptions['onProgress'],
): (progress: { done: number; total: number }) => void {
  let started: number | null = null;
  return ({ done, total }) => {
    started ??= performance.now();
    const seconds = (performance.now() - started) / 1000;
    const perSecond = seconds > 0 && done > 0 ? done / seconds : null;
    const secondsLeft = perSecond === null ? null : (total - done) / perSecond;
    onProgress({ phase, unit: 'bytes', done, total, perSecond, secondsLeft });
  };
}
