/**
 * How long the measures of images take: mean, covariance and Fréchet distance of features as wide as Inception's.
 * `node bench/measures.mjs [count]` prints what {@link benchMeasures} gives. Nothing else should run meanwhile.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const SIZE = 2048;
/** More images than features: covariances of full rank take longest. */
const COUNT = 4096;

/** Runs in a process of its own, so that its memory is its own. */
const PROGRAM = `
import { frechetDistance } from './core/metrics/frechet.ts';
import { MomentSums } from './core/metrics/moments.ts';
const [size, count] = process.argv.slice(2).map(Number);
let state = 1;
const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const seconds = { moments: 0 };
const made = () => {
  const sums = new MomentSums(size);
  for (let done = 0; done < count; done += 1024) {
    const rows = Math.min(1024, count - done);
    const values = Float32Array.from({ length: rows * size }, next);
    const start = performance.now();
    sums.add({ count: rows, size, values });
    seconds.moments += (performance.now() - start) / 1000;
  }
  return sums.moments();
};
const [a, b] = [made(), made()];
const start = performance.now();
frechetDistance(a, b);
seconds.frechet = (performance.now() - start) / 1000;
console.log(JSON.stringify({ size, count, seconds, peakMB: Math.round(process.resourceUsage().maxRSS / 1024) }));
`;

/** @returns {Promise<{size: number, count: number, seconds: {moments: number, frechet: number}, peakMB: number}>} */
export async function benchMeasures(count = COUNT) {
  // Inside node_modules, so that TensorFlow is found.
  const folder = await mkdtemp(path.join(root, 'node_modules', '.covae-bench-'));
  try {
    const outfile = path.join(folder, 'measures.cjs');
    await build({
      stdin: { contents: PROGRAM, resolveDir: root, loader: 'ts' },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['@tensorflow/tfjs-node-gpu'],
      logLevel: 'silent',
    });
    const { stdout } = await promisify(execFile)(process.execPath, [outfile, String(SIZE), String(count)]);
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(JSON.stringify(await benchMeasures(Number(process.argv[2] ?? COUNT))));
}
