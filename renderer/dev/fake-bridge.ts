/**
 * Stands in for the application in a plain browser, for work on how the window looks: `vite renderer` and then
 * /dev/?scene=… . Never part of the built application. Images and numbers here are made up.
 */
import type { Preset } from '../../core/config/model.ts';
import {
  type Answer,
  type CallName,
  type CallParams,
  type CallResult,
  type CovaeBridge,
  type EventName,
  type EventPayload,
  curvesOf,
  DEFAULT_PREFERENCES,
  PIXEL_PORT_MESSAGE,
  picturesOf,
  type PixelCallName,
  type PixelParams,
  type PixelRequest,
  type PixelResult,
  type Preferences,
} from '../../main/ipc/contract.ts';
import { fakeRunCalls } from './fake-run-calls.ts';
import { fakeDatasetCalls } from './fake-dataset-calls.ts';
import { fakeEvaluationCalls } from './fake-evaluations.ts';
import { fakeExploreCalls } from './fake-explore.ts';
import { fakeDatasets } from './fake-datasets.ts';
import { batchOf, chance, DIGITS, fakeImage } from './fake-images.ts';
import { fakeAlarms, fakeDiagnostics } from './fake-diagnostics.ts';
import { fakeCheck, fakeOutlook } from './fake-plan.ts';
import { PRESETS } from './fake-presets.ts';
import { fakeDrawCalls } from './fake-draws.ts';
import { fakeMetrics, fakeRuns, run, type Run } from './fake-runs.ts';

export type Scene =
  | 'empty'
  | 'filled'
  | 'many'
  | 'importing'
  | 'preparing'
  | 'running'
  | 'paused'
  | 'failed'
  | 'diverged'
  | 'stuck'
  | 'long';

type CallTable = { [C in CallName]: (params: CallParams<C>) => CallResult<C> | Promise<CallResult<C>> };
type PixelTable = { [C in PixelCallName]: (params: PixelParams<C>) => PixelResult<C> };

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** `amount` 0: a, 1: b. */
function mix(a: Uint8Array, b: Uint8Array, amount: number): Uint8Array {
  return a.map((value, index) => value * (1 - amount) + (b[index] ?? 0) * amount);
}

function noisy(image: Uint8Array, seed: number, amount: number): Uint8Array {
  return image.map((value, index) => value * (1 - amount) + 255 * chance(seed, index) * amount);
}

/** Puts a `window.covae` there that behaves as the scene says. Returns the function that hands over a port for pixels. */
export function installFakeBridge(scene: Scene): () => void {
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  const emit = <E extends EventName>(event: E, payload: EventPayload<E>) => {
    for (const listener of listeners.get(event) ?? [])
      (listener as (payload: EventPayload<E>) => void)(payload);
  };

  const datasets = fakeDatasets(scene);
  const fakeData = fakeDatasetCalls(datasets, scene, emit);
  let runs: Run[] = fakeRuns(scene);
  const fakeEvaluations = fakeEvaluationCalls(() => runs, emit);
  const draws = fakeDrawCalls(scene, emit);
  let trainer: EventPayload<'trainer.status'> = { state: 'ready', reason: null, device: 'CPU' };
  let training: EventPayload<'training.state'> = { phase: 'idle', runId: null, detail: null };
  let step = 0;

  if (['preparing', 'running', 'paused', 'failed', 'diverged', 'stuck'].includes(scene)) {
    const live = 'sample-tiny-9d04';
    runs.unshift(run(live, { step: 1000, createdAt: new Date().toISOString() }));
    step = 1240;
    if (scene === 'diverged' || scene === 'stuck') {
      runs[0] = run(live, { step: 1240, createdAt: new Date().toISOString() });
      training = {
        phase: 'diverged',
        runId: live,
        detail:
          'The training diverged after step 1240 (the loss was not finite at t = 0.05): go on with a lower learning rate, 0.003 for instance.',
      };
    } else if (scene === 'failed') {
      trainer = { state: 'dead', reason: 'The trainer ran out of memory.', device: 'CPU' };
      training = {
        phase: 'failed',
        runId: live,
        detail:
          'The trainer ran out of memory: choose a smaller batch size, or close other programs and go on.',
      };
    } else {
      training = {
        phase: scene as 'preparing' | 'running' | 'paused',
        runId: live,
        detail: scene === 'preparing' ? 'Compiling the training step' : null,
      };
    }
  }

  const setTraining = (next: typeof training) => {
    training = next;
    emit('training.state', next);
  };
  const sizeOf = (runId: string): [number, 1 | 3] => {
    const found = runs.find((entry) => entry.id === runId);
    return [found?.imageSize ?? 28, found?.channels ?? 1];
  };

  setInterval(() => {
    const current = runs.find((entry) => entry.id === training.runId);
    if (training.phase !== 'running' || !current) return;
    step = Math.min(current.steps, step + 1);
    emit('training.progress', {
      ...fakeMetrics(step),
      runId: current.id,
      steps: current.steps,
      secondsLeft: (current.steps - step) / 5.4,
    });
    if (step % 10 === 0) emit('training.logged', { runId: current.id, lines: [fakeMetrics(step)] });
    if (step % 10 === 0) emit('training.samples', { runId: current.id, step });
    if (step === current.steps) {
      current.step = step;
      setTraining({ phase: 'finished', runId: current.id, detail: null });
      emit('library.changed', { what: 'runs' });
    }
  }, 150);

  let own: Preset[] = [];
  let preferences: Preferences = DEFAULT_PREFERENCES;
  const calls: CallTable = {
    'app.info': () => ({
      version: '0.1.0',
      home: `/home/mira/${scene}`,
      folder: `/home/mira/${scene}`,
      electron: '25',
      startedBefore: false,
      trainer,
      training,
    }),
    'app.notices': () => [],
    'app.reveal': () => ({}),
    'shell.offer': () => ({}),
    'shell.abilities': () => ({ notifications: true, tray: 'unknown' }),
    'preferences.get': () => preferences,
    'preferences.change': (change) => (preferences = { ...preferences, ...change } as Preferences),
    ...fakeData.calls,
    ...fakeEvaluations.calls,
    ...fakeExploreCalls(),
    ...fakeRunCalls(() => runs),
    'presets.list': () => [...PRESETS],
    'training.check': (params) => {
      const found = PRESETS.find((entry) => params.preset === null || entry.name === params.preset);
      if (!found) throw new Error(`There is no preset “${params.preset}”.`);
      return fakeCheck(params, found);
    },
    'training.advice': () => ({
      text: '300 images to train on, 32 × 32 in colour. Enough for the look of things, not for their variety.',
      ...{
        preset: 'tiny',
        fineTune: true,
        settings: {},
        passesOverData: 60,
        reason: 'Recommended for 300 colour images of 32 × 32.',
      },
    }),
    'training.startConfig': ({ from }) => (from.kind === 'file' ? null : (PRESETS[0]?.config ?? null)),
    'training.chooseStart': () => ({ file: '/home/mira/weights.safetensors' }),
    'starters.list': () => [
      { name: 'digits', title: 'Digits', description: 'Handwritten, grey.', imageSize: 28, channels: 1 },
    ],
    'starters.add': () => ({ runId: runs[0]?.id ?? '' }),
    'training.plan': ({ config }) => fakeOutlook(config),
    'training.trial': async () => {
      await sleep(1500);
      return { seconds: 0.12, startSeconds: 4 };
    },
    'presets.own': () => ({ presets: own, damaged: [] }),
    'presets.ofRun': ({ runId }) => {
      const [first] = PRESETS;
      if (!first) throw new Error('There is no preset.');
      return { ...first, title: `As in run ${runId}` };
    },
    'presets.save': ({ title, description, config }) => {
      const kept: Preset = {
        ...{ format: 'covae-preset', version: 1, name: `own-${own.length}` },
        ...{ title, description, config },
      };
      own.push(kept);
      return kept;
    },
    'presets.import': () => null,
    'presets.export': ({ preset }) => ({ path: `/home/mira/${preset}.json` }),
    'presets.remove': ({ preset }) => {
      own = own.filter(({ name }) => name !== preset);
      return {};
    },
    'runs.drawing': ({ runId }) => ({
      timeSteps: [
        0,
        ...Array.from(
          { length: 65 },
          (_, i) => (0.05 ** (1 / 7) + (i / 64) * (3 ** (1 / 7) - 0.05 ** (1 / 7))) ** 7,
        ),
      ],
      middle: 33,
      classes: runs.find((entry) => entry.id === runId)?.dataset === 'sample' ? DIGITS : [],
      temperature: true,
      fittable: true,
      latent: [7, 7, 1],
    }),
    'runs.list': () => [...runs],
    'runs.diagnostics': ({ runId }) => {
      const live = runId === training.runId;
      const end = live ? step : (runs.find((entry) => entry.id === runId)?.step ?? 0);
      const alarmed = live && (scene === 'diverged' || scene === 'stuck' || scene === 'paused');
      return {
        variant: 'covae',
        learningRate: 0.006,
        earlierStep: 1000,
        alarms: alarmed ? fakeAlarms(scene === 'paused' ? 'some' : scene, end) : [],
        diagnostics: Array.from({ length: Math.min(15, Math.floor(end / 200)) }, (_, i) =>
          fakeDiagnostics(200 * (i + 1)),
        ),
        evaluations: [],
        history: [],
      };
    },
    'runs.grids': ({ runId }) => {
      const end = runId === training.runId ? step : (runs.find((entry) => entry.id === runId)?.step ?? 0);
      const early = [0, 16, 32, 64, 128].map((at) => ({ step: at, kind: 'passes-1' as const }));
      const later = Array.from({ length: Math.floor(end / 200) }, (_, i) =>
        (['passes-1', 'passes-2', 'reconstructions'] as const).map((kind) => ({ step: 200 * (i + 1), kind })),
      );
      return [...early, ...later.flat()];
    },
    'runs.exportCurves': ({ as }) => ({ path: `/home/mira/Desktop/curves.${as}` }),
    'runs.health': ({ runId }) => ({
      step: runs.find((entry) => entry.id === runId)?.step ?? null,
      remarks: [],
      setAside: null,
    }),
    'runs.bringBack': () => ({}),
    ...draws.calls,
    'training.start': async ({ dataset: name, preset: from, settings, name: own }) => {
      const id = `${own ?? `${name}-${from ?? 'own'}`}-beef`;
      runs.unshift(
        run(id, {
          step: 0,
          drawable: false,
          steps: Number(settings?.['training.steps'] ?? 3000),
          createdAt: new Date().toISOString(),
        }),
      );
      step = 0;
      setTraining({ phase: 'preparing', runId: id, detail: 'Compiling the training step' });
      setTimeout(() => setTraining({ phase: 'running', runId: id, detail: null }), 2000);
      await sleep(100);
      return { runId: id };
    },
    'training.resumeRun': ({ runId }) => {
      step = runs.find((entry) => entry.id === runId)?.step ?? 0;
      setTraining({ phase: 'running', runId, detail: null });
      return {};
    },
    'training.ask': () => ({}),
    'training.change': () => ({}),
    'training.pause': () => {
      setTraining({ ...training, phase: 'paused' });
      return {};
    },
    'training.resume': () => {
      setTraining({ ...training, phase: 'running' });
      return {};
    },
    'training.stop': () => {
      const current = runs.find((entry) => entry.id === training.runId);
      if (current) current.step = step;
      runs = [...runs];
      setTraining({ phase: 'idle', runId: null, detail: null });
      emit('library.changed', { what: 'runs' });
      return {};
    },
    'trainer.restart': async () => {
      await sleep(300);
      trainer = { state: 'ready', reason: null, device: 'CPU' };
      emit('trainer.status', trainer);
      setTraining({ phase: 'idle', runId: null, detail: null });
      return {};
    },
    'pictures.save': ({ name }) => ({ path: `/home/mira/Pictures/${name}.png` }),
    'pictures.copy': () => ({}),
    'runs.report': ({ runId }) => ({ path: `/home/mira/Documents/${runId}.html` }),
    'files.origin': () => null,
    'films.choose': () => null,
    'films.write': () => ({}),
    'exports.jobs': () => [],
    'exports.stop': () => ({}),
    'exports.start': () => {
      throw new Error(
        'The file /media/stick/strip.png cannot be written: the disk is full; choose another place.',
      );
    },
  };

  const pixels: PixelTable = {
    ...fakeData.pixels,
    ...draws.pixels,
    'film.frames': () => {
      throw new Error('There is no film here.');
    },
    'run.curves': ({ runId }) => {
      const end = runId === training.runId ? step : (runs.find((entry) => entry.id === runId)?.step ?? 0);
      const every = Math.max(10, Math.ceil(end / 2000));
      const lines = Array.from({ length: Math.floor(end / every) }, (_, at) => fakeMetrics((at + 1) * every));
      return curvesOf(lines, { batchSize: 16, images: 10_000 });
    },
    'run.grid': ({ runId, step: at, kind }) => {
      const [size, channels] = sizeOf(runId);
      const noise = Math.exp(-at / 700) / (kind === 'passes-2' ? 2 : 1);
      const grid = batchOf(kind === 'reconstructions' ? 40 : 64, size, channels, (index) =>
        kind === 'reconstructions'
          ? noisy(
              fakeImage((index % 8) * 7, size, channels),
              index,
              Math.min(1, Math.floor(index / 8) * 0.2 * noise),
            )
          : noisy(fakeImage(index * 7, size, channels), index, noise),
      );
      return {
        ...grid,
        columns: 8,
        times: kind === 'reconstructions' ? [0.05, 0.4, 1.2, 3] : [],
        images: [],
      };
    },
    'augment.preview': ({ rows, copies }) => ({
      ...batchOf(rows * (copies + 1), 28, 1, (index) => fakeImage(index * 7, 28, 1)),
      columns: copies + 1,
    }),
    'model.sample': ({ runId, count, seed, passes, temperature = 1 }) => {
      const [size, channels] = sizeOf(runId);
      return batchOf(count, size, channels, (index) =>
        noisy(fakeImage(seed * 31 + index * 7, size, channels), index, (0.16 * temperature) / passes),
      );
    },
    'evaluation.samples': ({ runId, samples }) => {
      const [size, channels] = sizeOf(runId);
      return batchOf(samples.length, size, channels, (index) =>
        noisy(fakeImage((samples[index] ?? 0) * 7, size, channels), index, 0.1),
      );
    },
    'explore.draw': ({ runId, view }) => {
      const [size, channels] = sizeOf(runId);
      const count = picturesOf(view);
      return batchOf(count, size, channels, (index) =>
        mix(fakeImage(3, size, channels), fakeImage(8, size, channels), index / Math.max(1, count - 1)),
      );
    },
  };

  const bridge: CovaeBridge = {
    async invoke<C extends CallName>(channel: C, params: CallParams<C>): Promise<Answer<CallResult<C>>> {
      await sleep(20);
      try {
        return { ok: true, value: await calls[channel](params) };
      } catch (error) {
        return {
          ok: false,
          code: 'invalid',
          message: error instanceof Error ? error.message : String(error),
        };
      }
    },
    cancel: () => undefined,
    on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set);
      set.add(listener as (payload: never) => void);
      return () => set.delete(listener as (payload: never) => void);
    },
    pathForFile: (file) => `/home/mira/Pictures/${file.name}`,
  };
  window.covae = bridge;

  const { port1, port2 } = new MessageChannel();
  const serve = <C extends PixelCallName>({ id, kind, params }: PixelRequest<C>) => {
    try {
      port1.postMessage({ id, ok: true, value: pixels[kind](params) });
    } catch (error) {
      port1.postMessage({
        id,
        ok: false,
        code: 'invalid',
        message: error instanceof Error ? error.message : String(error),
      });
    }
  };
  port1.onmessage = ({ data }: MessageEvent<PixelRequest>) => setTimeout(() => serve(data), 15);
  return () => window.postMessage(PIXEL_PORT_MESSAGE, '*', [port2]);
}
