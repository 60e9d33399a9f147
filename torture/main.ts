/** The program behind `npm run torture`; see scripts/torture.mjs. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { attempt, campaign, type Finding, tableOf } from './campaign.ts';
import type { Bench, Kind } from './case.ts';
import { Crew } from './crew.ts';
import { KIND_NAMES, kindsFor } from './kinds.ts';
import { compileShim } from './shim.ts';
import { makeTemplate } from './template.ts';

const HELP = `npm run torture -- [--minutes N] [--seed N] [--only kill,mutation,…] [--cases N] [--workers N] [--seconds N] [--out DIR]
npm run torture -- --case KIND:NAME     one case again
kinds: ${KIND_NAMES.join(', ')}
--cases: of each kind at most; --seconds: longest time of one command
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    only: { type: 'string' },
    cases: { type: 'string' },
    workers: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '90' },
    out: { type: 'string', default: path.join('out', 'torture') },
    case: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const { TORTURE_VICTIM: program = '', TORTURE_CLI: cli = '', TORTURE_ROOT: root = '' } = process.env;
const say = (text: string): unknown => process.stdout.write(`${text}\n`);

function report({ id, outcome }: Finding, out: string): void {
  const file = path.join(out, `${id.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 100)}.txt`);
  const again = `npm run torture -- --case '${id}'`;
  fs.writeFileSync(
    file,
    [...outcome.problems, '', ...outcome.detail, '', `again with: ${again}`, ''].join('\n'),
  );
  say(`LOST ${id}: ${outcome.problems[0]!.split('\n', 1)[0]!} (${path.relative('', file)}; ${again})`);
}

async function main(): Promise<number> {
  if (values.help) {
    say(HELP);
    return 0;
  }
  const out = path.resolve(values.out);
  fs.mkdirSync(out, { recursive: true });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-torture-'));
  const shim = compileShim(root, folder);
  if (shim === null)
    say('There is no C compiler (cc or gcc) here: kills at operations on files are not tried.');
  const cache = path.join(folder, 'cache');
  const seconds = Number(values.seconds);
  const crews = Array.from({ length: Number(values.workers) }, (_, i) => {
    const own = path.join(folder, `worker-${i}`);
    fs.mkdirSync(own);
    return new Crew({ program, shim, folder: own, cache, seconds });
  });
  try {
    const started = performance.now();
    const template = await makeTemplate(path.join(folder, 'template'), crews[0]!);
    const seen = new Set<string>();
    const benches: Bench[] = crews.map((crew) => ({
      ...{ crew, template, folder: crew.options.folder, cli, seen, cache, seconds },
    }));
    const asked = values.case === undefined ? values.only?.split(',') : [values.case.split(':', 1)[0]!];
    const kinds = kindsFor(benches[0]!, asked ?? KIND_NAMES);
    const left = (asked ?? KIND_NAMES).filter((name) => kinds[name] === undefined);
    if (left.length > 0) say(`Not possible on this machine, and not tried: ${left.join(', ')}.`);
    say(`Prepared in ${((performance.now() - started) / 1000).toFixed(0)} s.`);
    if (values.case !== undefined) return await again(kinds, benches[0]!, values.case);
    say(`Seed ${values.seed}, ${values.minutes} minutes, ${benches.length} workers.`);
    const stop = new AbortController();
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
    let findings = 0;
    const counts = await campaign({
      ...{ kinds, benches, seed: Number(values.seed), milliseconds: 60_000 * Number(values.minutes) },
      signal: stop.signal,
      ...(values.cases !== undefined && { cases: Number(values.cases) }),
      onFinding(finding) {
        findings++;
        report(finding, out);
      },
      onCase: (id, { came }, took) => {
        if (values.verbose) say(`${id}  ${came}  ${Math.round(took)} ms`);
      },
    });
    say(tableOf(kinds, counts).join('\n'));
    say(
      `${findings} findings in ${((performance.now() - started) / 60_000).toFixed(1)} minutes, seed ${values.seed}.`,
    );
    return findings === 0 ? 0 : 1;
  } finally {
    await Promise.all(crews.map((crew) => crew.close()));
    if (values.case === undefined) fs.rmSync(folder, { recursive: true, force: true });
    else say(`The case's files are in ${folder}.`);
  }
}

async function again(kinds: Record<string, Kind>, bench: Bench, id: string): Promise<number> {
  const [kind, name] = [id.slice(0, id.indexOf(':')), id.slice(id.indexOf(':') + 1)];
  const { problems, came, detail } = await attempt(kinds[kind]!, bench, name);
  say([...detail, '', ...(problems.length > 0 ? problems : [came])].join('\n'));
  return problems.length === 0 ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 2;
  },
);
