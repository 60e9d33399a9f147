/**
 * Wrong calls from a page: made up from the contract's own schemas, answered by the real gate, studio and image reader,
 * over a library of its own. Nothing that answers a call may throw, hang, or speak of its insides.
 */
import fs from 'node:fs';
import path from 'node:path';
import { checkSentence } from '../fuzz/outcome.ts';
import { Random } from '../fuzz/random.ts';
import { listDatasets } from '../core/data/catalogue.ts';
import { listRuns } from '../core/run/catalogue.ts';
import { Calls, PixelCalls } from '../main/ipc/contract.ts';
import { CallGate, type Log, PixelGate, type Sender } from '../main/ipc/gate.ts';
import { Messages } from '../main/messages.ts';
import { PreferenceStore } from '../main/preferences.ts';
import { ExporterProtocol } from '../main/process/exporter-protocol.ts';
import { EvaluatorProtocol } from '../main/process/evaluator-protocol.ts';
import { ImagesProtocol } from '../main/process/images-protocol.ts';
import type { ReplyMessage, RequestMessage } from '../main/process/protocol.ts';
import { type ChildProcess, Supervisor } from '../main/process/supervisor.ts';
import { TrainerProtocol } from '../main/process/trainer-protocol.ts';
import { Studio } from '../main/studio.ts';
import { serveImages } from '../main/trainer/images.ts';
import { MadeUp } from './made-up.ts';

const SECONDS = 30;
const PAGE: Sender = { processId: 1, routingId: 1, origin: 'app://studio' };

/** The image reader in this process. */
function reader(home: string): ChildProcess {
  let toMain: (message: unknown) => void = () => undefined;
  let toReader: (message: unknown) => void = () => undefined;
  const waiting: ReplyMessage[] = [];
  const port = {
    onMessage: (listener: (message: unknown) => void) => void (toReader = listener),
    postMessage: (message: ReplyMessage): void => {
      waiting.push(message);
      setImmediate(flush);
    },
  };
  const flush = (): void => waiting.splice(0).forEach((message) => toMain(message));
  return {
    pid: 1,
    postMessage: (message: RequestMessage) => void setImmediate(() => toReader(message)),
    onMessage(listener) {
      toMain = listener;
      serveImages(port, home);
    },
    onGone: () => undefined,
    kill: () => undefined,
  };
}

/** A trainer or an evaluator that has other things to do. */
function busy(ready: object): ChildProcess {
  let toMain: (message: unknown) => void = () => undefined;
  return {
    pid: 2,
    postMessage({ id }) {
      const failure = { code: 'busy', message: 'The process is busy; wait until it has finished.' };
      setImmediate(() => toMain({ type: 'failure', id, ...failure }));
    },
    onMessage(listener) {
      toMain = listener;
      setImmediate(() => toMain({ type: 'event', kind: 'ready', payload: ready }));
    },
    onGone: () => undefined,
    kill: () => undefined,
  };
}

/**
 * Makes calls.
 *
 * @param home a library that may be changed
 * @param outside folder beside it, which no call may touch
 * @returns how many there were of each outcome, and what went wrong
 */
export async function makeCalls(
  home: string,
  outside: string,
  seed: number,
  count: number,
): Promise<{ came: Record<string, number>; problems: string[] }> {
  const random = new Random(seed);
  const problems: string[] = [];
  const came: Record<string, number> = {};
  const log: Log = (message, error) => {
    // What the gate does not know how to tell it logs.
    if (error !== undefined) problems.push(`logged: ${message}: ${stackOf(error)}`);
  };
  const studio = new Studio({
    home,
    trainer: new Supervisor({
      name: 'trainer',
      protocol: TrainerProtocol,
      fork: () => busy({ device: 'CPU' }),
      log,
    }),
    evaluator: new Supervisor({ name: 'evaluator', protocol: EvaluatorProtocol, fork: () => busy({}), log }),
    exporter: new Supervisor({ name: 'exporter', protocol: ExporterProtocol, fork: () => busy({}), log }),
    images: new Supervisor({ name: 'reader', protocol: ImagesProtocol, fork: () => reader(home), log }),
    platform: {
      choose: async () => [],
      choosePath: async () => null,
      showInFolder: () => undefined,
      copyImage: async () => undefined,
      offerActions: () => undefined,
      abilities: () => ({ notifications: true, tray: 'yes' }),
    },
    emit: () => undefined,
    log,
    electronVersion: '0',
    messages: new Messages(),
    preferences: new PreferenceStore(path.join(home, 'preferences.json')),
    startedBefore: false,
  });
  const gate = new CallGate({ handlers: studio.calls, trusted: (sender) => sender === PAGE, log });
  const pixels = new PixelGate(studio.pixels, log);
  const datasets = (await listDatasets(home)).map(({ name }) => name);
  const known = [...datasets, ...(await listRuns(home)).map(({ id }) => id)];
  const madeUp = new MadeUp(random, known);
  const marker = path.join(outside, 'not-yours.txt');
  fs.writeFileSync(marker, 'not yours');
  const asked = [
    ...Object.entries(Calls).map(([channel, { params }]) => ({ channel, params, pixel: false })),
    ...Object.entries(PixelCalls).map(([channel, { params }]) => ({ channel, params, pixel: true })),
  ];
  for (let number = 0; number < count; number++) {
    const { channel, params: schema, pixel } = random.pick(asked);
    const params = madeUp.value(schema);
    const answer = await inTime(
      pixel
        ? pixels.answer({ id: number, kind: channel, params })
        : gate.answer(PAGE, channel, params, random.chance(0.5) ? number : undefined),
    );
    const problem = problemOf(answer);
    if (problem !== null) problems.push(`${channel} ${shown(params)}: ${problem}`);
    const outcome = isFailure(answer) ? `refused (${answer.code})` : 'answered';
    came[outcome] = (came[outcome] ?? 0) + 1;
    if (fs.readFileSync(marker, 'utf8') !== 'not yours') problems.push(`${channel} touched ${marker}`);
  }
  return { came, problems };
}

async function inTime(answer: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve('hung'), 1000 * SECONDS);
  });
  return Promise.race([answer, late])
    .catch((error: unknown) => `threw ${stackOf(error)}`)
    .finally(() => clearTimeout(timer));
}

function isFailure(answer: unknown): answer is { ok: false; code: string; message: string } {
  return typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === false;
}

function problemOf(answer: unknown): string | null {
  if (typeof answer === 'string') return answer;
  if (answer === null) return 'no answer';
  if (!isFailure(answer)) return null;
  if (answer.code === 'internal') return `told of its insides: ${answer.message}`;
  try {
    checkSentence(answer.message);
    return null;
  } catch (error) {
    return String(error);
  }
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? '') : String(error));

function shown(params: unknown): string {
  try {
    const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? '10n' : value);
    return JSON.stringify(params, plain).slice(0, 300);
  } catch {
    return '(not to be written down)';
  }
}
