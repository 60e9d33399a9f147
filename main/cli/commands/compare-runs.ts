/** `covae runs compare`: runs held against each other. */
import type { Command } from 'commander';
import { formatNumber } from '../../../core/digits.ts';
import { libraryHome } from '../../../core/library.ts';
import { countOf } from '../../../core/words.ts';
import type { Bind } from '../bind.ts';
import { table } from '../format.ts';
import { type CommonOptions, forceOption, parsePath, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { namedRun } from '../runs.ts';

interface CompareOptions extends CommonOptions {
  out?: string;
  force?: boolean;
}

export function addCompareRunsCommand(runs: Command, bind: Bind): void {
  withCommonOptions(
    runs
      .command('compare')
      .description(
        'Hold two to eight runs against each other: in which settings they differ, how far they came, their losses and ' +
          'evaluations; with --out as one HTML page with overlaid curves and samples side by side.',
      )
      .argument('<runs...>', 'ids or names of runs, or the beginnings of their ids')
      .option('--out <file>', 'HTML file to write', parsePath)
      .addOption(forceOption()),
  ).action(bind(compare));
}

async function compare(output: Output, options: CompareOptions, ...queries: string[]): Promise<number> {
  const home = libraryHome(options.home);
  const ids = await Promise.all(queries.map(async (query) => (await namedRun(home, query)).id));
  const { compareRuns, comparisonJson, factsOf } = await import('../../../core/takeout/runs/compare.ts');
  if (options.out !== undefined) {
    const { writeComparison } = await import('../../../core/takeout/runs/compare-page.ts');
    const { file, bytes, comparison } = await writeComparison(home, ids, options.out, {
      force: options.force,
    });
    output.result({ home, file, bytes, ...comparisonJson(comparison) }, [
      `Compared ${countOf(ids.length, 'run')}; the page is ${file}.`,
    ]);
    return 0;
  }
  const comparison = await compareRuns(home, ids);
  const { runs, settings } = comparison;
  const words = (value: unknown): string =>
    typeof value === 'number'
      ? formatNumber(value, 4)
      : typeof value === 'string'
        ? value
        : value === null
          ? ''
          : JSON.stringify(value);
  const facts = runs.map(factsOf);
  output.result({ home, ...comparisonJson(comparison) }, [
    ...table([
      ['', ...ids],
      ...settings.map(({ key, values }) => [key, ...values.map(words)]),
      ...(facts[0] ?? []).map(([label], row) => [
        label.toLowerCase(),
        ...facts.map((all) => words(all[row]?.[1] ?? null)),
      ]),
    ]),
    ...(settings.length === 0 ? ['They differ in no setting.'] : []),
  ]);
  return 0;
}
