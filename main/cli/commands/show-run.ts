/** `covae runs show`: what there is to know of one run. */
import path from 'node:path';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { readCheckpointManifest } from '../../../core/run/checkpoint-files.ts';
import { listCheckpoints } from '../../../core/run/checkpoint.ts';
import { listRuns } from '../../../core/run/catalogue.ts';
import { descentOf } from '../../../core/run/descent.ts';
import { readEvaluationLines } from '../../../core/run/evaluations.ts';
import { bestWords, evaluationSentence } from '../../../core/run/evaluation-words.ts';
import { collapseSentence, outcomeText } from '../../../core/run/outcome.ts';
import { readHistory } from '../../../core/run/history.ts';
import { changesClause } from '../../../core/run/history-line.ts';
import { readRunManifest } from '../../../core/run/run-folder.ts';
import { readAlarms } from '../../../core/run/run-log.ts';
import { alarmSentence } from '../../../core/train/diagnostics/sentences.ts';
import { countOf, listOf } from '../../../core/words.ts';
import { formatBytes } from '../format.ts';
import type { CommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { findRun } from '../runs.ts';

export async function showRun(output: Output, options: CommonOptions, query?: string): Promise<number> {
  const home = libraryHome(options.home);
  const run = await findRun(home, query);
  const folder = runFolder(home, run.id);
  const checkpoints = await checkpointSizes(folder);
  const evaluations = await readEvaluationLines(folder);
  const alarms = await readAlarms(folder);
  const history = await readHistory(folder);
  const { continued = [], forked, averaged } = await readRunManifest(folder);
  const children = (await listRuns(home))
    .filter(({ parent }) => parent?.id === run.id)
    .map(({ id, parent }) => ({
      id,
      step: parent?.step ?? null,
      fork: parent !== undefined && descentOf(parent) === 'fork',
      average: parent?.average ?? null,
    }));
  const bytes = checkpoints.reduce((sum, checkpoint) => sum + checkpoint.bytes, 0);
  const last = evaluations.at(-1);
  output.result(
    {
      home,
      folder,
      run,
      checkpoints,
      bytes,
      best: run.best,
      evaluations,
      alarms,
      history,
      continued,
      forked: forked ?? null,
      children,
      averaged: averaged ?? null,
    },
    [
      `${run.id}: step ${run.step} of ${run.steps}, ${run.dataset === null ? 'no data set' : `trained on ${run.dataset}`}, preset ${run.preset ?? 'of its own'}, seed ${run.seed}.`,
      ...(run.startedFrom === undefined ? [] : [`Started from ${run.startedFrom}.`]),
      ...continued.map(
        ({ from, steps }, index) =>
          `Went on at step ${from} with ${countOf((continued[index + 1]?.steps ?? run.steps) - steps, 'further step')} (of ${countOf(steps, 'planned one')}).`,
      ),
      ...(averaged === undefined
        ? forked === undefined
          ? []
          : [forkSentence(forked.settings)]
        : [`Its EMA weights are an average of length ${averaged.length}, made afterwards.`]),
      ...children.map(
        ({ id, step, fork, average }) =>
          `${id} ${average === null ? (fork ? 'is a fork of it' : 'started from its weights') : `is an average of its weights, of length ${average}`}${step === null ? '' : `, at step ${step}`}.`,
      ),
      `${outcomeText(run.outcome, run.step)}. ${collapseSentence(run.outcome.collapsed) ?? ''}`.trim(),
      checkpoints.length === 0
        ? 'It has no checkpoint yet.'
        : `${countOf(checkpoints.length, 'checkpoint')} (${formatBytes(bytes)}), of ${checkpoints.length === 1 ? 'step' : 'steps'} ${listOf(checkpoints.map(({ step }) => String(step)))}.`,
      run.best === null
        ? 'No checkpoint that is there was evaluated while it was trained (training.evaluateEvery).'
        : `Best checkpoint: ${bestWords(run.best)}.`,
      ...(last === undefined ? [] : [evaluationSentence(last)]),
      ...history.flatMap(({ step, at, changes }) =>
        changes
          ? [`Changed at step ${step} (${at.slice(0, 16).replace('T', ' ')}): ${changesClause(changes)}.`]
          : [],
      ),
      ...alarms.map((alarm) => `${alarmSentence(alarm)}.`),
      `In ${path.resolve(folder)}.`,
    ],
  );
  if (run.damage !== null) output.warn(run.damage);
  return 0;
}

function forkSentence(settings: object): string {
  const changed = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return changed.length === 0
    ? 'It is a fork, with the same settings.'
    : `It is a fork, with ${listOf(changed)} from there on.`;
}

/** The checkpoints that can be used, with the bytes that each takes. */
async function checkpointSizes(folder: string): Promise<{ step: number; bytes: number }[]> {
  const usable = (await listCheckpoints(folder)).filter(({ problem }) => problem === null);
  return Promise.all(
    usable.map(async (entry) => {
      const { files } = await readCheckpointManifest(entry);
      return { step: entry.step, bytes: Object.values(files).reduce((sum, file) => sum + file.bytes, 0) };
    }),
  );
}
