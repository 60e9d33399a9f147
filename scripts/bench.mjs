/**
 * `npm run bench [-- --quick] [-- --out FILE]`: measures training steps, drawing, memory and start of three presets,
 * operation by operation, compiled, and in PyTorch where there is one, each in a process of its own. Prints a table
 * and how far the goals are reached, how fast images come in against sharp alone and are looked at against torchvision,
 * how long measures of images take, and writes all of it as JSON. On two cores it takes about 25 minutes, 6 with
 * --quick; nothing else should run meanwhile. `npm run bench -- --quality` measures how good pictures are instead
 * (scripts/bench/quality.mjs).
 */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build } from './build.mjs';
import { plan } from './bench/plan.mjs';
import { featureLines, goals, importLines, lines, measureLines, summarise } from './bench/report.mjs';
import { root } from './setup/paths.mjs';
import { failureText } from './setup/report.mjs';

/** More of the processors than this taken by others makes times worthless. */
const BUSY_SHARE = 0.1;

/** Runs a program and gives what it printed; its last line on stderr is the reason when it fails. */
function run(command, args) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', fail);
    // A signal to this program alone must not leave a measurement running.
    const stop = () => {
      child.kill();
      process.exit(143);
    };
    process.once('SIGTERM', stop);
    child.on('close', () => process.off('SIGTERM', stop));
    child.on('close', (code, signal) =>
      code === 0
        ? done(out)
        : fail(new Error(err.trim().split('\n').at(-1) || `it ended with ${signal ?? code}`)),
    );
  });
}

/** A Python that has PyTorch and safetensors: COVAE_TORCH_PYTHON, else python3; null when there is none. */
async function findTorch() {
  const python = process.env.COVAE_TORCH_PYTHON || 'python3';
  try {
    const version = await run(python, ['-c', 'import torch, safetensors; print(torch.__version__)']);
    return { python, version: version.trim() };
  } catch {
    return null;
  }
}

/** Share of all processors that was in use over a second. */
async function busyShare() {
  const sum = () => {
    const all = { busy: 0, total: 0 };
    for (const { times } of os.cpus()) {
      const total = Object.values(times).reduce((a, b) => a + b, 0);
      all.total += total;
      all.busy += total - times.idle;
    }
    return all;
  };
  const before = sum();
  await new Promise((done) => setTimeout(done, 1000));
  const after = sum();
  return (after.busy - before.busy) / Math.max(1, after.total - before.total);
}

async function measure({ preset, batch, steps, torch, args }, python) {
  const file = torch ? join(root, 'assets', 'presets', `${preset}.json`) : preset;
  const common = ['--preset', file, '--batch', String(batch), '--steps', String(steps), ...args];
  const text = torch
    ? await run(python, [join(root, 'bench', 'pytorch', 'bench.py'), ...common])
    : await run(process.execPath, [join(root, 'bin', 'covae.mjs'), 'bench', ...common, '--json']);
  return JSON.parse(text);
}

/** Images a second that are looked at by MobileNetV2, here and in torchvision in both of its layouts, in turn. */
async function measureFeatures(quick, python) {
  const images = String(quick ? 1000 : 5000);
  const own = async () => {
    const args = [join(root, 'bin', 'covae.mjs'), 'bench', '--features', images, '--json'];
    return JSON.parse((await run(process.execPath, args)).trim().split('\n').at(-1)).imagesPerSecond;
  };
  const theirs = async (...layout) => {
    const args = [join(root, 'bench', 'pytorch', 'features.py'), '--images', images, ...layout];
    return JSON.parse(await run(python, args)).imagesPerSecond;
  };
  const ours = await own();
  if (python === undefined) return { images: Number(images), ours, torchvision: null, channelsLast: null };
  try {
    return {
      ...{ images: Number(images), ours },
      torchvision: await theirs(),
      channelsLast: await theirs('--channels-last'),
    };
  } catch (error) {
    return { images: Number(images), ours, torchvision: null, channelsLast: null, reason: error.message };
  }
}

async function main() {
  const words = process.argv.slice(2);
  const quick = words.includes('--quick');
  const at = words.indexOf('--out');
  const file = resolve(at >= 0 && words[at + 1] ? words[at + 1] : join('out', 'bench.json'));
  await build();
  const torch = await findTorch();
  const say = (text) => process.stdout.write(`${text}\n`);
  if (words.includes('--quality')) {
    // Loaded here only, since it needs what the build installs.
    const { quality } = await import('./bench/quality.mjs');
    return quality(words, torch, say);
  }
  const machine = {
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGB: Math.round(os.totalmem() / 2 ** 30),
    node: process.version,
    torch: torch?.version ?? null,
  };
  say(`${machine.processor}, ${machine.cores} cores, ${machine.memoryGB} GB, Node ${machine.node}`);
  say(
    torch
      ? `PyTorch ${torch.version} of ${torch.python}`
      : 'No PyTorch found (set COVAE_TORCH_PYTHON to a Python that has torch and safetensors): not compared.',
  );
  const list = plan({ quick, torch: torch !== null });
  const measured = [];
  const failures = [];
  let wasBusy = 0;
  const started = Date.now();
  for (const [i, one] of list.entries()) {
    const name = `${one.preset}, batch ${one.batch}, ${one.way}`;
    const busy = await busyShare();
    wasBusy = Math.max(wasBusy, busy);
    try {
      const result = await measure(one, torch?.python);
      if (one.counts) measured.push({ ...one, busyBefore: busy, result });
      const note = `${one.counts ? '' : ' (warm-up)'}${busy > BUSY_SHARE ? `, others took ${(100 * busy).toFixed(0)} % before it` : ''}`;
      say(`${i + 1}/${list.length}  ${one.kind}  ${name}: ${result.stepMs} ms${note}`);
    } catch (error) {
      failures.push({ ...one, reason: error.message });
      say(`${i + 1}/${list.length}  ${one.kind}  ${name}: failed, ${error.message}`);
    }
  }
  let imports = null;
  try {
    // Loaded here only, since it needs what the build installs.
    const { benchDataImport } = await import('../bench/data-import.mjs');
    imports = await benchDataImport();
  } catch (error) {
    failures.push({ kind: 'data import', reason: error.message });
    say(`data import: failed, ${error.message}`);
  }
  let features = null;
  try {
    features = await measureFeatures(quick, torch?.python);
  } catch (error) {
    failures.push({ kind: 'features', reason: error.message });
    say(`features: failed, ${error.message}`);
  }
  let measures = null;
  try {
    const { benchMeasures } = await import('../bench/measures.mjs');
    measures = await benchMeasures();
  } catch (error) {
    failures.push({ kind: 'measures of images', reason: error.message });
    say(`measures of images: failed, ${error.message}`);
  }
  const rows = summarise(measured);
  const reached = goals(rows);
  say('');
  for (const line of lines(rows, reached)) say(line);
  if (imports) for (const line of ['', ...importLines(imports)]) say(line);
  if (features) for (const line of ['', ...featureLines(features)]) say(line);
  if (measures) for (const line of ['', ...measureLines(measures)]) say(line);
  if (wasBusy > BUSY_SHARE) {
    say(
      `\nOther programs took up to ${(100 * wasBusy).toFixed(0)} % of the processors: measure again when they are quiet.`,
    );
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  await mkdir(dirname(file), { recursive: true });
  const record = {
    format: 'covae-bench',
    version: 1,
    date: new Date().toISOString(),
    seconds,
    quick,
    machine,
  };
  await writeFile(
    file,
    `${JSON.stringify({ ...record, rows, goals: reached, imports, features, measures, failures, measured }, null, 1)}\n`,
  );
  say(`\nTook ${Math.floor(seconds / 60)} min ${seconds % 60} s. Written to ${file}.`);
  return failures.length === 0 ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    process.stderr.write(`${failureText('Benchmark', error)}\n`);
    process.exitCode = 1;
  },
);
