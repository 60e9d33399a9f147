/** `covae parity`: is what this program computes what the reference computes? */
import { Option, type Command } from 'commander';
import { TOLERANCES, type Check, type Group } from '../../../core/train/parity/compare.ts';
import type { CaseOutcome } from '../../../core/train/parity/parity.ts';
import { EXIT } from '../../exit-codes.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import { parsePath } from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import { countOf, plural } from '../../../core/words.ts';

interface ParityOptions {
  compiled?: boolean;
  json?: boolean;
}

/** Groups of checks with a column each; the others are told only when they fail. */
const COLUMNS: readonly (readonly [Group, string])[] = [
  ['forward', 'forward'],
  ['loss', 'loss'],
  ['gradient', 'gradients'],
  ['sampling', 'sampling'],
  ['trainingLoss', 'training'],
  ['training', 'weights'],
];

export function addParityCommand(program: Command, bind: Bind): void {
  program
    .command('parity')
    .description(
      'Compare this program with numbers of the official PyTorch implementation: network, losses, gradients, ' +
        'sampling and training steps. Ends with 1 when a case is beyond its tolerance.',
    )
    .argument('<dir>', 'folder of golden cases, pairs of NAME.json and NAME.safetensors', parsePath)
    .addOption(new Option('--compiled', 'run what trainings run, one native call a step (default: op by op)'))
    .option('--json', 'print JSON lines for machines instead of text')
    .action(bind(parity));
}

async function parity(output: Output, options: ParityOptions, folder = '.'): Promise<number> {
  const { checkFolder } = await import('../../../core/train/parity/parity.ts');
  let widest = 0;
  const compare = (signal: AbortSignal) =>
    checkFolder(folder, {
      execution: options.compiled === true ? 'compiled' : 'eager',
      signal,
      onCases: (names) => {
        widest = Math.max(...names.map((name) => name.length));
        output.event('cases', { names, tolerances: TOLERANCES });
        for (const line of heading(widest)) output.line(line);
      },
      onCase: (outcome) => {
        output.event('case', outcome);
        output.line(caseLine(outcome, widest));
        if (outcome.untouched.length > 0) {
          output.warn(`${outcome.name}: nothing to compare ${listed(outcome.untouched)} with.`);
        }
      },
    });
  const outcomes = await unlessInterrupted(compare, () => output.warn('Stopping after this case.'));
  if (outcomes === null) return stoppedWithNothing(output);
  const failed = outcomes.filter(({ passed }) => !passed).map(({ name }) => name);
  const sentence =
    failed.length === 0
      ? `${outcomes.length === 1 ? 'The one case agrees' : `All ${countOf(outcomes.length, 'case')} agree`} with the reference.`
      : `${failed.length} of ${countOf(outcomes.length, 'case')} ${plural(failed.length, 'does', 'do')} not agree with the reference: ${failed.join(', ')}.`;
  const code = failed.length === 0 ? EXIT.DONE : EXIT.FAILED;
  output.result({ ok: failed.length === 0, cases: outcomes.length, failed }, [sentence], code);
  if (failed.length > 0 && output.json) output.failure(`covae: ${sentence}`);
  return code;
}

/** The columns' names, and below each the error that is allowed. */
function heading(widest: number): string[] {
  return [
    row(
      widest,
      'case',
      'run',
      'result',
      COLUMNS.map(([, title]) => title),
    ),
    row(
      widest,
      '',
      '',
      'allowed',
      COLUMNS.map(([group]) => errorText(TOLERANCES[group])),
    ),
  ];
}

/** A case's line: the largest error of each column, and when it fails why. */
export function caseLine(outcome: CaseOutcome, widest: number): string {
  const { name, execution, passed, worst } = outcome;
  const errors = COLUMNS.map(([group]) => {
    const check = worst[group];
    return check === null ? '–' : errorText(check.error);
  });
  const line = row(widest, name, execution, passed ? 'pass' : 'FAIL', errors);
  return passed ? line : `${line}  ${reason(outcome)}`;
}

function row(widest: number, name: string, run: string, result: string, cells: readonly string[]): string {
  const columns = cells.map((cell) => cell.padEnd(9)).join('  ');
  return `${name.padEnd(widest)}  ${run.padEnd(8)}  ${result.padEnd(7)}  ${columns}`.trimEnd();
}

function reason({ problem, failures }: CaseOutcome): string {
  const [first, ...more] = failures;
  const worst = first && `worst: ${failureText(first)}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
  return [problem, worst].filter(Boolean).join(' ');
}

function failureText({ name, error, group }: Check): string {
  if (group === 'structure' && !Number.isFinite(error)) return `${name} is not the same`;
  const allowed = errorText(TOLERANCES[group]);
  return Number.isFinite(error)
    ? `${name} is off by ${errorText(error)}, ${allowed} is allowed`
    : `${name} is missing, of another shape or not a number`;
}

/** Two digits, `2.5e-6`, `1e-4`; `∞` for what is no number. */
function errorText(error: number): string {
  if (error === 0) return '0';
  return Number.isFinite(error) ? Number(error.toPrecision(2)).toExponential() : '∞';
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
