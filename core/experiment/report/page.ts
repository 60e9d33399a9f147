/** The page of a report, in Markdown. */
import { printable, printableJson } from '../../printable.ts';
import { APP_VERSION } from '../../version.ts';
import type { Chart } from '../charts/chart.ts';
import { measurementOf, type Recipe, type Size } from '../recipe.ts';
import { type Figure, type RunResult, summarizeArms } from '../results.ts';
import { findings, meanText } from '../sentences.ts';
import type { ReportContents } from './contents.ts';
import { columns, type Row } from './tables.ts';
import { countOf } from '../../words.ts';
import { formatNumber } from '../../digits.ts';

export function page(given: ReportContents, measured: readonly Row[], charts: readonly Chart[]): string {
  const contents = { ...given, recipe: recipeInMarkdown(given.recipe) };
  const rows = measured.map(({ result, quantities }) => ({
    result: { ...result, label: inMarkdown(result.label) },
    quantities,
  }));
  const { recipe, size } = contents;
  const parts = [
    `# ${recipe.title}${size === 'full' ? '' : `, ${size} size`}`,
    recipe.question,
    '## What the numbers show',
    list(findings(rows)),
    ...(size === 'quick' ? ['This is the quick size: small networks, few steps, few images.'] : []),
    '## Over seeds',
    summaryTable(rows),
    'Mean ± standard deviation over seeds (n − 1). Every run: [table.csv](table.csv); this table: [summary.csv](summary.csv).',
    ...(charts.length > 0
      ? ['## Plots', ...charts.map(({ file, title }) => figure(inMarkdown(title), `${file}.svg`))]
      : []),
    ...figures(rows),
    '## How it was measured',
    list(methods(contents, rows)),
    '## Runs',
    runTable(rows),
    '## Configuration',
    ...configurations(contents, rows),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** A text that somebody wrote, so that no character of it means something to Markdown. Tables see to `|` themselves. */
function inMarkdown(text: string): string {
  return printable(text).replace(/[\\`*_[\]<>~&]|^[#+-]/g, '\\$&');
}

function recipeInMarkdown(recipe: Recipe): Recipe {
  return {
    ...recipe,
    title: inMarkdown(recipe.title),
    question: inMarkdown(recipe.question),
    arms: recipe.arms.map((arm) => ({ ...arm, label: inMarkdown(arm.label) })),
  };
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

function figure(title: string, file: string): string {
  return `![${title}](${file})`;
}

function markdownTable(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}

function summaryTable(rows: readonly Row[]): string {
  const summaries = summarizeArms(rows);
  const arms = [...new Map(summaries.map(({ arm, label }) => [arm, label]))];
  return markdownTable(
    [
      '',
      ...arms.map(([arm, label]) => {
        const runs = rows.filter(({ result }) => result.arm === arm).length;
        return `${label} (${countOf(runs, 'run')})`;
      }),
    ],
    columns(rows).map((id) => {
      const ofQuantity = summaries.filter((summary) => summary.id === id);
      return [
        ofQuantity[0]?.quantity ?? id,
        ...arms.map(([arm]) => {
          const summary = ofQuantity.find((candidate) => candidate.arm === arm);
          if (summary === undefined) return '–';
          // Where runs have not got it, the others' mean is no fair comparison.
          const runs = rows.filter(({ result }) => result.arm === arm).length;
          return summary.n === runs ? meanText(summary) : `${meanText(summary)} (of ${summary.n})`;
        }),
      ];
    }),
  );
}

/** Picture by image, all runs under each other. */
function figures(rows: readonly Row[]): string[] {
  const titles = [...new Set(rows.flatMap(({ result }) => result.figures.map(({ title }) => title)))];
  return titles.flatMap((title) => [
    `## ${title}`,
    ...rows.flatMap(({ result }) => {
      const found = result.figures.find((p: Figure) => p.title === title);
      if (found === undefined) return [];
      const who = `${result.label}, seed ${result.seed}`;
      return [`${who}:`, figure(`${title}: ${who}`, found.file)];
    }),
  ]);
}

/** What each number is. */
function methods({ recipe, size, firstSeed, chosen }: ReportContents, rows: readonly Row[]): string[] {
  const lines: string[] = [];
  const images = (wanted: Record<Size, number>): number => Math.min(wanted[size], chosen.indices.length);
  const training = measurementOf(recipe, 'training');
  if (training !== null) {
    lines.push(
      '"At the end" is the mean over the last tenth of the logged steps. The loss is the weighted objective, so arms ' +
        'with other terms or weights cannot be compared by it.',
      'The gradient norm is that of the weighted objective before clipping; its median and largest value leave out the ' +
        'first tenth of the logged steps.',
      "The reconstruction loss is unweighted. Above the smallest t its target is the model's own output at the time " +
        'before, so it is small, too, where all outputs are alike; the reconstruction error has the image as its target.',
    );
  }
  const drawn = 'with the EMA weights';
  const samples = measurementOf(recipe, 'samples');
  if (samples !== null)
    lines.push(`Samples are drawn ${drawn}, from the same noise (seed ${firstSeed}) in every run.`);
  const error = measurementOf(recipe, 'reconstruction-error');
  if (error !== null) {
    lines.push(
      `The reconstruction error is the mean squared difference between image and reconstruction (encoded to the ` +
        `posterior's mean and decoded at the same t, ${drawn}), over pixels and channels with black 0 and white 1, of ` +
        `${countOf(images(error.images), 'image')} at up to ${countOf(error.times[size], 'time')}.`,
    );
  }
  const spread = measurementOf(recipe, 'spread');
  if (spread !== null) {
    lines.push(
      `The spread of samples is the mean Euclidean distance between two of ${countOf(images(spread.count), 'sample')} over that ` +
        `between two of as many images: 1 when samples differ from each other as images do.`,
    );
  }
  const evaluations = rows.flatMap(({ result }) => result.evaluations);
  // Those of all runs differ in nothing but the step of the weights.
  const first = evaluations.filter(({ run }) => run.id === evaluations[0]?.run.id);
  for (const sentence of new Set(first.flatMap(({ protocol }) => protocol))) lines.push(sentence);
  for (const warning of new Set(evaluations.flatMap(({ warnings }) => warnings))) lines.push(warning);
  const latents = measurementOf(recipe, 'latents');
  if (latents !== null) {
    lines.push(
      `Latents are the posterior's means of ${countOf(images(latents.images), 'image')} at up to ${latents.times[size]} of the final ` +
        `time steps, ${drawn}. Both maps show the latents of all times together. t-SNE is the exact method, perplexity ` +
        `${latents.perplexity}; distances between its clusters mean little.`,
      'A neighbour is the nearest other latent at the same t, by Euclidean distance. Neighbours are those of the means: ' +
        'what a sampled latent still says of its image depends on the standard deviation, too.',
    );
  }
  lines.push(
    chosen.heldOut === null
      ? `Images are drawn at random (seed ${firstSeed}) from the data set that the models learned from: none are held out.`
      : `Images are drawn at random (seed ${firstSeed}) from the ${countOf(chosen.heldOut, 'image')} held out of training: no ` +
          'model learned from them.',
  );
  return lines;
}

function runTable(rows: readonly Row[]): string {
  return markdownTable(
    ['run', 'arm', 'seed', 'end', 'steps', 'parameters', 'training time', 'alarms'],
    rows.map(({ result: { id, label, seed, end, step, manifest, metrics, alarms } }) => [
      `\`${id}\``,
      label,
      String(seed),
      end,
      `${step} of ${manifest.config.training.steps}`,
      manifest.parameters.toLocaleString('en-US'),
      `${formatNumber(metrics.at(-1)?.seconds ?? 0)} s`,
      alarms.length === 0 ? 'none' : alarmText(alarms),
    ]),
  );
}

/** `Gradient norm rose suddenly (3)` */
function alarmText(alarms: RunResult['alarms']): string {
  const counts = new Map<string, number>();
  for (const { name } of alarms) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, n]) => (n === 1 ? name : `${name} (${n})`)).join(', ');
}

function configurations({ recipe, size, firstSeed, record }: ReportContents, rows: readonly Row[]): string[] {
  const { preset, set, seeds } = recipe.sizes[size];
  const versions = rows[0]?.result.manifest.versions;
  const first = new Map<string, RunResult>();
  for (const { result } of rows) if (!first.has(result.arm)) first.set(result.arm, result);
  return [
    list([
      `Experiment \`${recipe.name}\`, ${size} size: preset \`${preset}\`${settingsText(set)}; ${countOf(seeds, 'seed')} ` +
        `from ${firstSeed}.`,
      ...recipe.arms.map(
        ({ name, label, set: changes }) => `Arm \`${name}\` (${label})${settingsText(changes)}.`,
      ),
      `Data set "${record.name}": ${countOf(record.count, 'image')} of ${record.width} × ${record.height} pixels, ` +
        `\`${record.fingerprint}\`.`,
      `CoVAE Studio ${APP_VERSION}, TensorFlow ${versions?.tensorflow ?? 'unknown'}, tfjs-node ` +
        `${versions?.tfjs ?? 'unknown'}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}.`,
    ]),
    ...[...first.values()].flatMap(({ label, manifest }) => [
      `The whole configuration of ${label}:`,
      `\`\`\`json\n${JSON.stringify(manifest.config, null, 2)}\n\`\`\``,
    ]),
  ];
}

function settingsText(settings: Readonly<Record<string, unknown>>): string {
  const all = Object.entries(settings).map(
    ([key, value]) => `\`${key}\` = \`${printableJson(value).replaceAll('`', '\\u0060')}\``,
  );
  return all.length === 0 ? '' : ` with ${all.join(', ')}`;
}
