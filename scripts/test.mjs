/**
 * `npm test`: sets up, then lint and types (side by side, as each keeps one core busy), unit tests and end-to-end tests,
 * up to the first that fails. The last line counts tests, `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmCommand } from './setup/npm-packages.mjs';
import { root } from './setup/paths.mjs';
import { sideBySide } from './side-by-side.mjs';
import { countPlaywright, countVitest, summary } from './test-counts.mjs';
import { setUp } from './setup.mjs';

const [npm, ...npmFirst] = npmCommand();
const reports = await mkdtemp(join(tmpdir(), 'covae-test-'));
const screenNeeded = process.platform === 'linux' && !process.env.DISPLAY;

const checks = [
  { title: 'Lint', command: [npm, ...npmFirst, 'run', '--silent', 'lint'] },
  { title: 'Types', command: [npm, ...npmFirst, 'run', '--silent', 'typecheck'] },
];

const stages = [
  {
    title: 'Unit tests',
    command: [
      ...[npm, ...npmFirst, 'run', '--silent', 'test:unit', '--', '--reporter=default'],
      ...['--reporter=json', `--outputFile.json=${join(reports, 'vitest.json')}`],
    ],
    count: async () => countVitest(await readReport('vitest.json')),
  },
  {
    title: 'End-to-end tests',
    command: [
      ...(screenNeeded ? ['xvfb-run', '-a', '-s', '-screen 0 1600x1000x24'] : []),
      ...[npm, ...npmFirst, 'run', '--silent', 'test:e2e', '--', '--reporter=list,json'],
    ],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: join(reports, 'playwright.json') },
    count: async () => countPlaywright(await readReport('playwright.json')),
  },
];

async function readReport(name) {
  try {
    return JSON.parse(await readFile(join(reports, name), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Exit code of a command whose output goes straight through. */
function show([command, ...args], env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(127);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

async function main() {
  const total = { passed: 0, failed: 0 };
  process.stdout.write('\n== Set-up\n');
  if (!(await setUp({ screen: true, films: true }))) return { passed: 0, failed: 1 };
  const codes = await sideBySide(checks, { cwd: root, write: (text) => process.stdout.write(text) });
  const wrong = checks.filter((_, i) => codes[i] !== 0).map(({ title }) => title);
  if (wrong.length > 0) {
    process.stdout.write(`\n${wrong.join(' and ')} failed; what comes after was not run.\n`);
    return { passed: 0, failed: wrong.length };
  }
  for (const { title, command, env, count } of stages) {
    process.stdout.write(`\n== ${title}\n`);
    const code = await show(command, env);
    const counted = (await count?.()) ?? { passed: 0, failed: 0 };
    total.passed += counted.passed;
    // A stage can fail without a failed test: a crash, an error outside of any test, lint.
    total.failed += code === 0 ? counted.failed : Math.max(1, counted.failed);
    if (total.failed > 0) {
      process.stdout.write(`\n${title} failed; what comes after it was not run.\n`);
      break;
    }
  }
  return total;
}

const total = await main().finally(() => rm(reports, { recursive: true, force: true }));
process.stdout.write(`\n${summary(total)}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
