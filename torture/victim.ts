/**
 * The process that runs commands and is killed at times. It stays between commands, so that TensorFlow is loaded once.
 * What commands print goes out at once: what was told before a kill counts as promised.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { toErrorData } from '../core/error-data.ts';
import { runFolder } from '../core/library.ts';
import { listGrids } from '../core/run/grid-files.ts';
import { runCli } from '../main/cli/program.ts';
import { END, type VictimOrder } from './protocol.ts';

function write(descriptor: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let done = 0; done < bytes.length;) {
    try {
      done += fs.writeSync(descriptor, bytes, done);
    } catch (error) {
      // The reader is busy.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

/** What the window reads of the runs and of one of them, as a command. */
async function readAsWindow(home: string, id: string): Promise<number> {
  const { readGrid } = await import('../main/trainer/grids.ts');
  const { listDraws } = await import('../core/explore/draws/draw-store.ts');
  const { drawingInfo } = await import('../main/drawing-info.ts');
  const saved = await listDraws(runFolder(home, id));
  const newest = (await listGrids(runFolder(home, id))).findLast(({ kind }) => kind === 'passes-1');
  const { count, data } = newest ? await readGrid(home, id, newest) : { count: 0, data: new Uint8Array() };
  const { timeSteps } = await drawingInfo(home, id);
  const hash = createHash('sha256').update(data).digest('hex');
  write(1, `${JSON.stringify([saved, newest?.step ?? 0, count, hash, timeSteps])}\n`);
  return 0;
}

/** As `runCli` gives the sentence of a failure. */
async function windowCode(home = '', id = ''): Promise<number> {
  try {
    return await readAsWindow(home, id);
  } catch (error) {
    const { code, message } = toErrorData(error);
    write(
      2,
      `covae: ${code === 'internal' ? `something went wrong that should not: ${message}` : message}\n`,
    );
    return 1;
  }
}

async function callsCode([home = '', outside = '', seed = '', count = '']: string[]): Promise<number> {
  const { makeCalls } = await import('./calls.ts');
  const { came, problems } = await makeCalls(home, outside, parseInt(seed, 16), Number(count));
  write(1, `${JSON.stringify(came)}\n`);
  write(2, problems.map((text) => text.replaceAll('\n', ' ')).join('\n'));
  return problems.length === 0 ? 0 : 1;
}

async function codeOf([name = '', ...rest]: string[], stopAt: number | undefined): Promise<number> {
  if (name === '@window') return windowCode(rest[0], rest[1]);
  if (name === '@calls') return callsCode(rest);
  return runCommand([name, ...rest], stopAt);
}

const ownCache = process.env['COVAE_CACHE'] ?? '';

async function run({ args, stopAt, cache }: VictimOrder): Promise<void> {
  process.env['COVAE_CACHE'] = cache ?? ownCache;
  const code = await codeOf(args, stopAt);
  write(2, `${END}\n`);
  write(1, `${END}${code}\n`);
}

async function runCommand(args: string[], stopAt: number | undefined): Promise<number> {
  const { stopRunning } = await import('../main/cli/interrupt.ts');
  return runCli(args, {
    stdout: {
      write: (text) => {
        write(1, text);
        if (stopAt !== undefined && text.includes(`"event":"checkpoint","step":${stopAt},`)) stopRunning();
      },
    },
    stderr: { write: (text) => write(2, text) },
  });
}

async function begin(): Promise<void> {
  if (process.argv.includes('--tensors')) await import('../core/tensor/tf.ts');
  process.on('message', (order: VictimOrder) => void run(order));
  // What TensorFlow printed while it was loaded is nobody's answer.
  write(2, `${END}\n`);
  write(1, `${END}0\n`);
}

void begin();
