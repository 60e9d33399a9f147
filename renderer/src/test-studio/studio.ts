/** For tests: a studio whose main process answers as a test says. */
import { vi } from 'vitest';
import type { DatasetRecord } from '../../../core/data/dataset.ts';
import { DEFAULT_PREFERENCES } from '../../../main/ipc/contract.ts';
import type {
  CallName,
  CallParams,
  CallResult,
  CovaeBridge,
  EventName,
  EventPayload,
  PixelCallName,
  PixelParams,
  PixelResult,
} from '../../../main/ipc/contract.ts';
import type { CatalogueDatabase, DatasetEntry } from '../library/database.ts';
import { Studio } from '../studio.ts';

/** An entry of the catalogue that can be used. */
export function datasetEntry(name: string, more: Partial<DatasetRecord> = {}): DatasetEntry {
  const record: DatasetRecord = {
    format: 'covae-dataset',
    version: 2,
    name,
    createdAt: '2026-01-01T00:00:00.000Z',
    count: 100,
    height: 28,
    width: 28,
    channels: 1,
    source: {
      kind: 'folder',
      paths: [`/home/me/Pictures/${name}`],
      description: 'A folder with 100 images.',
    },
    settings: null,
    fingerprint: `sha256:${Array.from(name, (letter) => letter.charCodeAt(0).toString(16))
      .join('')
      .padStart(64, '0')}`,
    mean: [33],
    std: [78],
    heldOut: 0,
    flip: null,
    leftOut: { all: 0, duplicates: 0, small: 0 },
    skipped: [],
    ...more,
  };
  return { name, record, problem: null, missing: false, lost: false };
}

type Answers = { [C in CallName]?: (params: CallParams<C>) => CallResult<C> | Promise<CallResult<C>> };
type Pixels = { [C in PixelCallName]?: (params: PixelParams<C>) => PixelResult<C> };

/** What few tests are about. */
const DEFAULT_ANSWERS: Answers = {
  'starters.list': () => [],
  'preferences.get': () => DEFAULT_PREFERENCES,
  'shell.offer': () => ({}),
  'shell.abilities': () => ({ notifications: true, tray: 'yes' }),
  'queue.get': () => ({ paused: false, entries: [] }),
};

/** A database that takes everything and keeps nothing. */
const NO_DATABASE = new Proxy(
  {},
  { get: () => new Proxy({}, { get: () => () => Promise.resolve() }) },
) as CatalogueDatabase;

/** A studio that is not started; `tell` sends it an event. Calls without an answer fail with a sentence. */
export function testStudio(answers: Answers = {}, pixels: Pixels = {}, database = NO_DATABASE) {
  const listeners = new Map<string, Set<(payload: never) => void>>();
  const calls = vi.fn();
  const covae: CovaeBridge = {
    async invoke(channel, params) {
      calls(channel, params);
      try {
        const answer = answers[channel] ?? DEFAULT_ANSWERS[channel];
        if (!answer) throw new Error(`No test answers ${channel}.`);
        return { ok: true, value: await answer(params) };
      } catch (error) {
        return {
          ok: false,
          code: 'invalid',
          message: error instanceof Error ? error.message : String(error),
        };
      }
    },
    cancel: () => undefined,
    on(event, listener) {
      const all = listeners.get(event) ?? new Set();
      listeners.set(event, all.add(listener));
      return () => all.delete(listener);
    },
    pathForFile: (file) => `/dropped/${file.name}`,
  };
  const studio = new Studio(covae, database);
  studio.pixels.request = async (kind, params) => {
    const answer = pixels[kind];
    if (!answer) throw new Error(`No test answers ${kind}.`);
    return answer(params);
  };
  const tell = <E extends EventName>(event: E, payload: EventPayload<E>) => {
    for (const listener of listeners.get(event) ?? [])
      (listener as (payload: EventPayload<E>) => void)(payload);
  };
  return { studio, calls, tell };
}
