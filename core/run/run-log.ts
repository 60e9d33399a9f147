/**
 * What went wrong and what was measured while a run was trained: `alarms.jsonl`, `diagnostics.jsonl` and
 * `evaluations.jsonl`.
 */
import path from 'node:path';
import { thin } from '../thin.ts';
import { type Alarm, AlarmSchema, type Diagnostics, DiagnosticsSchema } from './diagnostics.ts';
import type { EvaluationLine } from './evaluation-line.ts';
import { openEvaluationLog } from './evaluations.ts';
import { openHistory } from './history.ts';
import type { HistoryLine } from './history-line.ts';
import { type LineLog, openLineLog, readLastLine, readLines } from './line-log.ts';
import { ALARMS_FILE, EVALUATIONS_FILE } from './lines.ts';
import type { LogMarks } from './log-marks.ts';

export const DIAGNOSTICS_FILE = 'diagnostics.jsonl';

const alarmsFile = (runDir: string): string => path.join(runDir, ALARMS_FILE);
const diagnosticsFile = (runDir: string): string => path.join(runDir, DIAGNOSTICS_FILE);

export interface RunLog {
  alarms: LineLog<Alarm>;
  diagnostics: LineLog<Diagnostics>;
  evaluations: LineLog<EvaluationLine>;
  /** Not among the marks: lines may follow the checkpoint of their own step. */
  history: LineLog<HistoryLine>;
  /** What there is in the files by now. */
  marks(): LogMarks;
  close(): void;
}

/**
 * Opens the files for appending, without the lines of steps after `lastStep`. The alarm of a step that was not
 * finite bears the number of the step before it, so it stays when the run goes on from there.
 *
 * @param lastStep step the training goes on from; 0 for a new one
 * @throws UserError when a file is damaged before its last line or cannot be written
 */
export function openRunLog(runDir: string, lastStep: number): RunLog {
  const opened: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(log: T): T => {
    opened.push(log);
    return log;
  };
  const close = (): void => opened.forEach((log) => log.close());
  try {
    const alarms = keep(openLineLog(alarmsFile(runDir), AlarmSchema, lastStep, 'list of alarms'));
    const what = 'log of the diagnostics';
    const diagnostics = keep(openLineLog(diagnosticsFile(runDir), DiagnosticsSchema, lastStep, what));
    const evaluations = keep(openEvaluationLog(runDir, lastStep));
    const history = keep(openHistory(runDir, lastStep));
    return {
      ...{ alarms, diagnostics, evaluations, history, close },
      marks: () => ({
        [ALARMS_FILE]: alarms.mark(),
        [DIAGNOSTICS_FILE]: diagnostics.mark(),
        [EVALUATIONS_FILE]: evaluations.mark(),
      }),
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The alarms of a run, oldest first. @throws UserError naming a damaged line */
export function readAlarms(runDir: string): Promise<Alarm[]> {
  return readLines(alarmsFile(runDir), AlarmSchema);
}

/**
 * What was measured of a run, oldest first, thinned to at most `limit` evenly spaced ones with the first and the
 * last among them.
 *
 * @throws UserError naming a damaged line
 */
export async function readDiagnostics(runDir: string, limit = Infinity): Promise<Diagnostics[]> {
  return thin(await readLines(diagnosticsFile(runDir), DiagnosticsSchema), limit);
}

/** What was measured last, and the last alarm; null where there is none, or the file is damaged. */
export async function readLast(
  runDir: string,
): Promise<{ lastAlarm: Alarm | null; lastDiagnostics: Diagnostics | null }> {
  const [lastAlarm, lastDiagnostics] = await Promise.all([
    readLastLine(alarmsFile(runDir), AlarmSchema).catch(() => null),
    readLastLine(diagnosticsFile(runDir), DiagnosticsSchema).catch(() => null),
  ]);
  return { lastAlarm, lastDiagnostics };
}
