/** The program behind `npm run fuzz`; see scripts/fuzz.mjs. */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Bench } from './case.ts';
import { FORMATS, formatNamed } from './formats.ts';
import { caseSeed } from './random.ts';
import { supervise } from './supervise.ts';

const HELP = `npm run fuzz -- [--minutes N] [--seed N] [--formats png,zip,…] [--out DIR] [--seconds N] [--memory MB]
npm run fuzz -- --case FORMAT:SEED     one case again, with the trace of what goes wrong
formats: ${Object.keys(FORMATS).join(', ')}
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    formats: { type: 'string', default: Object.keys(FORMATS).join(',') },
    out: { type: 'string', default: path.join('out', 'fuzz') },
    seconds: { type: 'string', default: '60' },
    memory: { type: 'string', default: '2000' },
    case: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [program = '', root = ''] = [process.env['FUZZ_CHILD'], process.env['FUZZ_ROOT']];
const say = (text: string): unknown => process.stdout.write(`${text}\n`);

/** One case again, in this process, so that a debugger sees it. */
async function again(which: string, folder: string): Promise<number> {
  const [, format = '', seed = ''] = /^(.*):([0-9a-f]+)$/.exec(which) ?? [];
  formatNamed(format);
  const bench = await Bench.open(root, path.join(folder, 'again'));
  try {
    const { bytes, from } = await bench.input(format, parseInt(seed, 16));
    const kept = path.join(folder, nameOf(format, seed));
    fs.writeFileSync(kept, bytes);
    say(`${kept}, made from ${from}`);
    say(await bench.run(format, parseInt(seed, 16), bytes));
    return 0;
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  } finally {
    await bench.close();
  }
}

function nameOf(format: string, seed: string): string {
  return `${format.replace(/[^a-z]/g, '-')}-${seed}${formatNamed(format).ending}`;
}

async function run(folder: string): Promise<number> {
  const formats = values.formats.split(',');
  for (const format of formats) formatNamed(format);
  const runSeed = Number(values.seed);
  const tried = new Map(formats.map((format) => [format, { cases: 0, results: 0, slowest: 0 }]));
  let peak = 0;
  let findings = 0;
  say(`Seed ${runSeed}, ${values.minutes} minutes, ${formats.length} formats, at most ${values.memory} MB.`);
  const started = performance.now();
  await supervise({
    ...{ program, root, folder },
    order: { runSeed, formats, first: 0, cases: 2 ** 40, milliseconds: 60_000 * Number(values.minutes) },
    limits: { seconds: Number(values.seconds), memory: 1e6 * Number(values.memory) },
    onTold({ number, outcome, milliseconds, peak: memory }) {
      const one = tried.get(formats[number % formats.length]!)!;
      one.cases++;
      if (outcome === 'result') one.results++;
      one.slowest = Math.max(one.slowest, milliseconds);
      peak = Math.max(peak, memory);
    },
    async onFinding({ number, what }) {
      findings++;
      const format = formats[number % formats.length]!;
      const seed = caseSeed(runSeed, number).toString(16);
      const bench = await Bench.open(root, path.join(folder, 'again'));
      const made = await bench.input(format, parseInt(seed, 16)).catch(() => null);
      await bench.close();
      const { bytes, from } = made ?? { bytes: new Uint8Array(), from: 'nothing: the mutator failed' };
      const kept = path.join(folder, nameOf(format, seed));
      fs.writeFileSync(kept, bytes);
      fs.writeFileSync(
        `${kept}.txt`,
        `${what}\n\nmade from ${from}; again with: npm run fuzz -- --case ${format}:${seed}\n`,
      );
      say(`FOUND ${format}:${seed}, kept as ${kept}: ${what.split('\n', 1)[0] ?? ''}`);
    },
  });
  const all = [...tried.values()].reduce((sum, { cases }) => sum + cases, 0);
  for (const [format, { cases, results, slowest }] of tried) {
    say(
      `${format.padEnd(20)} ${String(cases).padStart(7)} tried, ${results} gave a result; slowest ${Math.round(slowest)} ms`,
    );
  }
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  say(`${all} inputs in ${minutes} minutes, at most ${Math.round(peak / 1e6)} MB; ${findings} findings.`);
  return findings === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  if (values.help) {
    say(HELP);
    return 0;
  }
  const folder = path.resolve(values.out);
  fs.mkdirSync(folder, { recursive: true });
  return values.case === undefined ? run(folder) : again(values.case, folder);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 2;
  },
);
