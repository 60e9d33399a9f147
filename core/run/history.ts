/** The history of a run: when it began, was gone on with, was changed and ended. */
import path from 'node:path';
import { type HistoryLine, HistoryLineSchema } from './history-line.ts';
import { type LineLog, openLineLog, readLines } from './line-log.ts';

export const HISTORY_FILE = 'history.jsonl';

const historyFile = (runDir: string): string => path.join(runDir, HISTORY_FILE);

/**
 * Opens the history for appending, without the lines of steps after `lastStep`.
 *
 * @throws UserError when it is damaged before its last line or cannot be written
 */
export function openHistory(runDir: string, lastStep: number): LineLog<HistoryLine> {
  return openLineLog(historyFile(runDir), HistoryLineSchema, lastStep, 'history of the run');
}

/** What happened to a run, oldest first; nothing is known of runs of older versions. @throws UserError naming a damaged line */
export function readHistory(runDir: string): Promise<HistoryLine[]> {
  return readLines(historyFile(runDir), HistoryLineSchema);
}
