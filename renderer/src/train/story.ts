/** What became of a run, in the order in which it did. */
import type { RunEntry } from '../library/database.ts';
import { changesClause, descentOf, type HistoryLine } from '../../../main/ipc/contract.ts';
import { word } from '../../../text/say.ts';
import { formatCount, formatPlural } from '../format.ts';

/** Something that happened to a run. */
export interface StoryLine {
  at: string;
  step: number;
  words: string;
}

/** History and continuations as one list, oldest first. */
export function storyOf(
  history: readonly HistoryLine[],
  { continued = [], steps }: Pick<RunEntry, 'continued' | 'steps'>,
): StoryLine[] {
  let begun = false;
  const lines = history.map(({ at, step, what, changes }): StoryLine => {
    const words = {
      began: begun ? word('resumed') : step === 0 ? word('began') : 'went on',
      changed: `changed: ${changesClause(changes ?? {})}`,
      stopped: word('stopped'),
      finished: word('finished'),
      diverged: word('diverged'),
    }[what];
    begun ||= what === 'began';
    return { at, step, words };
  });
  continued.forEach(({ at, from, steps: before }, index) => {
    const after = continued[index + 1]?.steps ?? steps;
    const words = `given ${formatPlural(after - before, 'further step')}, ${formatCount(after)} in all`;
    lines.push({ at, step: from, words });
  });
  return lines.sort((a, b) => a.at.localeCompare(b.at));
}

/** Runs that began from this one, earliest first. */
export interface Children {
  /** Of its state. */
  forks: RunEntry[];
  /** Its state, with weights that are averaged over its training. */
  averages: RunEntry[];
  /** Those that took its weights. */
  others: RunEntry[];
}

/** Runs that began from this one, by what they took of it. */
export function childrenOf(runs: readonly RunEntry[], id: string): Children {
  const children = runs
    .filter(({ parent }) => parent?.id === id)
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const which = (descent: ReturnType<typeof descentOf>): RunEntry[] =>
    children.filter(({ parent }) => parent !== undefined && descentOf(parent) === descent);
  return { forks: which('fork'), averages: which('average'), others: which('weights') };
}
