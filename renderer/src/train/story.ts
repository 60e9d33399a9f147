/** What became of a run, in the order in which it did. */
import type { RunEntry } from '../library/database.ts';
import { changesClause, type HistoryLine } from '../../../main/ipc/contract.ts';
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
      began: begun ? 'resumed' : step === 0 ? 'began' : 'went on',
      changed: `changed: ${changesClause(changes ?? {})}`,
      stopped: 'stopped',
      finished: 'finished',
      diverged: 'diverged',
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

/** Runs that began from this one: forks of its state, and those that took its weights. Earliest first. */
export function childrenOf(runs: readonly RunEntry[], id: string): { forks: RunEntry[]; others: RunEntry[] } {
  const children = runs
    .filter(({ parent }) => parent?.id === id)
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  return {
    forks: children.filter(({ parent }) => parent?.changed !== null),
    others: children.filter(({ parent }) => parent?.changed === null),
  };
}
