/** Comparison with the official PyTorch implementation over a folder of golden cases. */
import { setImmediate as turn } from 'node:timers/promises';
import { sentenceOf } from '../../errors.ts';
import { listCases, readCase, type CaseFiles } from './case.ts';
import { checksOf } from './checks.ts';
import { GROUPS, TOLERANCES, passes, type Check, type Group } from './compare.ts';
import type { Execution } from './subject.ts';

/** What came of one case. */
export interface CaseOutcome {
  name: string;
  execution: Execution;
  passed: boolean;
  /** One sentence: why the case could not be compared to its end; null when it could. */
  problem: string | null;
  /** The check with the largest error of each group; null where the case holds nothing of it. */
  worst: Record<Group, Check | null>;
  /** Every check beyond its tolerance, the worst (as a share of it) first. */
  failures: Check[];
  /** Number of checks. */
  checks: number;
  /** Tensors in the case that were not compared with anything. */
  untouched: string[];
  seconds: number;
}

export interface ParityOptions {
  execution: Execution;
  /** Told which cases there are, before the first. */
  onCases?: (names: readonly string[]) => void;
  /** Told of each check. */
  onCheck?: (name: string, check: Check) => void;
  /** Told when a case is done. */
  onCase?: (outcome: CaseOutcome) => void;
  /** Stops before the next case. */
  signal?: AbortSignal;
}

/**
 * Runs every case of a folder, one after the other, by name. A case that is damaged or incomplete fails; the others
 * run all the same.
 * @throws UserError when the folder cannot be read or has no cases; the signal's reason when aborted
 */
export async function checkFolder(folder: string, options: ParityOptions): Promise<CaseOutcome[]> {
  const cases = await listCases(folder);
  options.onCases?.(cases.map(({ name }) => name));
  const outcomes: CaseOutcome[] = [];
  for (const files of cases) {
    await turn();
    options.signal?.throwIfAborted();
    const outcome = await checkCase(files, options);
    options.onCase?.(outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

/** Runs one case. Never throws: what goes wrong is the outcome's `problem`. */
export async function checkCase(
  files: CaseFiles,
  { execution, onCheck }: Pick<ParityOptions, 'execution' | 'onCheck'>,
): Promise<CaseOutcome> {
  const started = performance.now();
  const checks: Check[] = [];
  let problem: string | null = null;
  let untouched: string[] = [];
  try {
    const golden = await readCase(files);
    for (const check of checksOf(golden, execution)) {
      checks.push(check);
      onCheck?.(files.name, check);
    }
    untouched = golden.tensors.untouched();
    if (checks.every(({ group }) => group === 'structure')) {
      problem = `${files.safetensors} holds no numbers to compare with.`;
    }
  } catch (error) {
    problem = sentenceOf(error).split('\n', 1)[0] ?? '';
  }
  const failures = checks
    .filter((check) => !passes(check))
    .sort((a, b) => b.error / TOLERANCES[b.group] - a.error / TOLERANCES[a.group]);
  const worst = Object.fromEntries(
    GROUPS.map((group) => [group, worstOf(checks.filter((check) => check.group === group))]),
  ) as Record<Group, Check | null>;
  return {
    name: files.name,
    execution,
    passed: problem === null && failures.length === 0,
    problem,
    worst,
    failures,
    checks: checks.length,
    untouched,
    seconds: (performance.now() - started) / 1000,
  };
}

function worstOf(checks: readonly Check[]): Check | null {
  return checks.reduce<Check | null>(
    (worst, check) => (worst && worst.error >= check.error ? worst : check),
    null,
  );
}
