/**
 * Stands in for the application in a plain browser, for work on how the window looks: `vite renderer` and then
 * /dev/?scene=… . Never part of the built application. Pictures and numbers here are made up.
 */
import type { MetricsLine } from '../../core/run/manifest.ts';
import type { Preset } from '../../core/config/model.ts';
import {
  type Answer,
  type CallName,
  type CallParams,
  type CallResult,
  type CovaeBridge,
  type EventName,
  type EventPayload,
  PIXEL_PORT_MESSAGE,
  type PixelCallName,
  type PixelParams,
  type PixelRequest,
  type PixelResult,
} from '../../main/ipc/contract.ts';
import { fakeDatasetCalls, fakeDatasets } from './fake-datasets.ts';
import { batchOf, chance, DIGITS, LONG, picture } from './fake-pictures.ts';
import { fakeAlarms, fakeDiagnostics } from './fake-diagnostics.ts';
import { fakeCheck, fakeSize } from './fake-plan.ts';

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

type Run = CallResult<'runs.list'>[number];
type Saved = CallResult<'runs.savedSamples'>[number];
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

function run(id: string, over: Partial<Run> = {}): Run {
  return {
    id,
    name: id.replace(/-[0-9a-f]{4}$/, ''),
    createdAt: '2026-03-03T09:12:00.000Z',
    preset: 'tiny',
    dataset: 'sample',
    seed: 0,
    steps: 3000,
    step: 3000,
    drawable: true,
    lastLoss: 41.2,
    imageSize: 28,
    channels: 1,
    parameters: 1_480_000,
    problem: null,
    ...over,
  };
}

function preset(
  name: string,
  title: string,
  description: string,
  size: number,
  channels: 1 | 3,
  steps: number,
  batchSize: number,
): Preset {
  return {
    format: 'covae-preset',
    version: 1,
    name,
    title,
    description,
    config: {
      network: {
        imageSize: size,
        channels,
        modelChannels: 32,
        multipliers: [1, 2, 2],
        blocks: 1,
        attentionResolutions: [7],
        zChannels: 1,
        finalDim: null,
        dropout: 0,
        classes: 0,
      },
      objective: {
        variant: 'covae',
        sigmaMin: 0.05,
        sigmaMax: 3,
        rho: 7,
        timeScale: 'karras',
        stepSchedule: 'exp',
        startScales: 2,
        endScales: 64,
        loss: 'huber',
        adversarial: null,
        denoiserLoss: 'l2',
        target: 'online',
        categories: null,
        lambdaDenoiser: 0.1,
        recWeight: 'linear',
        klWeight: 'square',
      },
      training: {
        steps,
        batchSize,
        learningRate: name === 'tiny' ? 0.001 : 0.0001,
        warmupSteps: 50,
        learningRateSchedule: 'cosine',
        optimizer: 'radam',
        weightDecay: 0,
        accumulate: 1,
        binarise: false,
        labelDropout: 0.1,
        clipNorm: 200,
        emaRate: 0.995,
        horizontalFlip: false,
        precision: 'float32',
        logEvery: 10,
        sampleEvery: 100,
        checkpointEvery: 500,
      },
    },
  };
}

function line(step: number, denoiser = true): MetricsLine {
  const wobble = 1 + 0.35 * (chance(step, 1) - 0.5);
  const jump = 1 + 0.5 * Math.exp(-((step % 500) / 60));
  const rec = (900 * Math.exp(-step / 240) + 26 + 60 * Math.exp(-step / 1500)) * wobble * jump;
  const kl = (4 + 30 * (1 - Math.exp(-step / 500))) * (1 + 0.2 * (chance(step, 2) - 0.5));
  const den = (600 * Math.exp(-step / 160) + 48) * (1 + 0.25 * (chance(step, 3) - 0.5));
  return {
    step,
    loss: rec * 1.3 + den * 0.2 + kl,
    recLoss: rec,
    denoiserLoss: denoiser ? den : null,
    klLoss: kl,
    gradNorm: 12 + 40 * Math.exp(-step / 300) * wobble,
    learningRate: 0.001 * Math.min(1, step / 50),
    intervals: Math.min(256, 2 ** (1 + Math.floor(step / 500))),
    stepsPerSecond: 5.1 + chance(step, 4),
    seconds: step / 5.2,
  };
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
  let runs: Run[] = [];
  let saved: Saved[] = [];
  let trainer: EventPayload<'trainer.status'> = { state: 'ready', reason: null, device: 'CPU' };
  let training: EventPayload<'training.state'> = { phase: 'idle', runId: null, detail: null };
  let step = 0;

  if (scene !== 'empty') {
    runs = [
      run('sample-tiny-3f2a'),
      run('harbour-5b10', {
        dataset: 'harbour at dawn',
        preset: 'celeba64',
        imageSize: 64,
        channels: 3,
        steps: 400_000,
        step: 125_000,
        parameters: 82_680_000,
        createdAt: '2026-02-27T20:41:00.000Z',
      }),
      run('first try-77aa', { step: 0, drawable: false, createdAt: '2026-02-25T10:00:00.000Z' }),
      run('broken-1c1c', {
        problem: 'The run “broken” cannot be used: run.json is no JSON; remove the run or restore the file.',
        createdAt: '2026-02-20T10:00:00.000Z',
      }),
    ];
    saved = [0, 1, 2].map((seed) => ({
      runId: 'sample-tiny-3f2a',
      file: `draw-${seed}.png`,
      step: 3000,
      seed,
      count: 64,
      passes: 1,
      createdAt: `2026-03-03T1${seed}:12:00.000Z`,
    }));
  }
  if (scene === 'long') {
    runs = Array.from({ length: 100 }, (_, index) =>
      run(`${index % 3 === 0 ? LONG : `run ${index}`}-${(0x1000 + index).toString(16)}`, {
        dataset: index % 3 === 0 ? LONG : 'sample',
        step: index % 2 === 0 ? 3000 : index * 20,
        steps: 3000,
        imageSize: index % 3 === 0 ? 128 : 28,
        channels: index % 3 === 0 ? 3 : 1,
      }),
    );
  }
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

  const isBusy = () => !['idle', 'finished', 'diverged', 'failed'].includes(training.phase);
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
      ...line(step),
      runId: current.id,
      steps: current.steps,
      secondsLeft: (current.steps - step) / 5.4,
    });
    if (step % 10 === 0) emit('training.samples', { runId: current.id, step });
    if (step === current.steps) {
      current.step = step;
      setTraining({ phase: 'finished', runId: current.id, detail: null });
      emit('library.changed', { what: 'runs' });
    }
  }, 150);

  const presets = [
    preset('tiny', 'Tiny', 'Learns small grey pictures in minutes on two processor cores.', 28, 1, 3_000, 32),
    preset(
      'mnist',
      'MNIST',
      'The paper’s settings for handwritten digits. Takes a GPU.',
      28,
      1,
      400_000,
      128,
    ),
    preset(
      'cifar10',
      'CIFAR-10',
      'The paper’s settings for small colour pictures of things.',
      32,
      3,
      400_000,
      512,
    ),
    preset(
      'celeba64',
      'CelebA 64',
      'The paper’s settings for faces. Takes a large GPU.',
      64,
      3,
      400_000,
      400,
    ),
  ];

  const calls: CallTable = {
    'app.info': () => ({ version: '0.1.0', home: `/home/mira/${scene}`, electron: '25', trainer, training }),
    'app.reveal': () => ({}),
    ...fakeData.calls,
    'presets.list': () => presets,
    'training.check': (params) => {
      const found = presets.find((entry) => entry.name === params.preset);
      if (!found) throw new Error(`There is no preset “${params.preset}”.`);
      return fakeCheck(params, found);
    },
    'training.size': ({ config }) => (isBusy() ? null : fakeSize(config)),
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
      };
    },
    'runs.metrics': ({ runId }) => {
      const end = runId === training.runId ? step : (runs.find((entry) => entry.id === runId)?.step ?? 0);
      const every = Math.max(10, Math.ceil(end / 2000));
      return Array.from({ length: Math.floor(end / every) }, (_, index) => line((index + 1) * every));
    },
    'runs.savedSamples': () => [...saved],
    'runs.remove': ({ runId }) => {
      runs = runs.filter((entry) => entry.id !== runId);
      return {};
    },
    'training.start': async ({ dataset: name, preset: from, settings, name: own }) => {
      const id = `${own ?? `${name}-${from}`}-beef`;
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
    'samples.keep': (asked) => {
      const entry: Saved = {
        ...asked,
        file: `draw-${Date.now()}.png`,
        step: 3000,
        createdAt: new Date().toISOString(),
      };
      saved = [entry, ...saved];
      return entry;
    },
    'samples.export': ({ as, count }) => ({
      path: '/home/mira/Desktop/samples.png',
      files: as === 'grid' ? 1 : count,
      step: 3000,
      lastStep: training.phase === 'running' ? 3040 : 3000,
    }),
    'interpolate.export': () => {
      throw new Error(
        'The file /media/stick/strip.png cannot be written: the disk is full; choose another place.',
      );
    },
  };

  const pixels: PixelTable = {
    ...fakeData.pixels,
    'run.latestSamples': ({ runId }) => {
      const [size, channels] = sizeOf(runId);
      const at = runId === training.runId ? step : (runs.find((entry) => entry.id === runId)?.step ?? 0);
      const count = at === 0 ? 0 : 64;
      const noise = Math.exp(-at / 700);
      return {
        ...batchOf(count, size, channels, (index) => noisy(picture(index * 7, size, channels), index, noise)),
        step: at,
      };
    },
    'model.sample': ({ runId, count, seed, passes, temperature = 1 }) => {
      const [size, channels] = sizeOf(runId);
      return batchOf(count, size, channels, (index) =>
        noisy(picture(seed * 31 + index * 7, size, channels), index, (0.16 * temperature) / passes),
      );
    },
    'model.interpolate': ({ runId, a, b, positions }) => {
      const [size, channels] = sizeOf(runId);
      return batchOf(positions.length, size, channels, (index) =>
        mix(picture(a, size, channels), picture(b, size, channels), positions[index] ?? 0),
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
