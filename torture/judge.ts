/** Whether a command that did not do what it was asked said so as it should. */
import { checkSentence } from '../fuzz/outcome.ts';
import type { Told } from './crew.ts';

/** Problems of what a command said that was not killed: hung, died, a trace, no sentence, more than one. */
export function speechProblems({ code, signal, hung, stderr }: Told): string[] {
  if (hung) return ['it hung'];
  if (code === null) return [`it died: ${signal ?? 'without a word'}`];
  const trace = /^\s+at .+[:(]\d+|something went wrong that should not|UnhandledPromiseRejection/m.exec(
    stderr,
  );
  if (trace !== null) return [`it told of its insides: ${trace[0]}`];
  if (code === 0) return [];
  const refusals = stderr.split('\n').filter((line) => line.startsWith('covae: '));
  if (refusals.length === 0) return stderr.trim() === '' ? [`it ended with code ${code} without a word`] : [];
  if (refusals.length > 1) return [`it refused ${refusals.length} times`];
  try {
    checkSentence(refusals[0]!.slice('covae: '.length));
    return [];
  } catch (error) {
    return [String(error)];
  }
}

/** Steps whose checkpoints a training told of. */
export function savedSteps(stdout: string): number[] {
  return [...stdout.matchAll(/"event":"checkpoint","step":(\d+)/g)].map(([, step]) => Number(step));
}

/** The run that a training told of. */
export function runOf(stdout: string): string | null {
  return /"event":"run","id":"([^"]+)"/.exec(stdout)?.[1] ?? null;
}
