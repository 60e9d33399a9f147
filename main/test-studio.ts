/** For tests: the application's studio over processes that answer what they are told to. */
import path from 'node:path';
import { vi } from 'vitest';
import { listPresets } from '../core/config/presets.ts';
import type { RunManifest } from '../core/run/manifest.ts';
import { createRunFolder } from '../core/run/run-folder.ts';
import { ExporterProtocol } from './process/exporter-protocol.ts';
import { EvaluatorProtocol } from './process/evaluator-protocol.ts';
import { ImagesProtocol } from './process/images-protocol.ts';
import type { RequestMessage } from './process/protocol.ts';
import { type ChildProcess, Supervisor } from './process/supervisor.ts';
import { TrainerProtocol } from './process/trainer-protocol.ts';
import { Messages } from './messages.ts';
import type { Platform } from './platform.ts';
import { PreferenceStore } from './preferences.ts';
import { Studio } from './studio.ts';

/** Id of the run that there may be. */
export const RUN = 'digits-abc123';

export const TRIAL = { seconds: 0.5, startSeconds: 3 };

const PLAN = {
  ...{ parameters: 1234, latent: [7, 7, 1], step: null, seconds: null, images: 240, epochs: 0.024 },
  memory: { needed: 5678, available: null, remedy: null },
  disk: { checkpoint: 1, checkpoints: 4, records: 1, snapshots: 0, total: 5, free: null },
};

/** A process that is ready at once and answers what it is told to. */
class ScriptedProcess implements ChildProcess {
  readonly pid = 1;
  readonly asked: RequestMessage[] = [];
  message: (message: unknown) => void = () => undefined;
  die: (reason: string) => void = () => undefined;

  constructor(
    readonly answers: Record<string, unknown>,
    readonly greeting: object,
  ) {}

  postMessage(message: RequestMessage): void {
    this.asked.push(message);
    const value = this.answers[message.kind];
    if (value !== undefined) this.message({ type: 'answer', id: message.id, value });
  }
  onMessage(listener: (message: unknown) => void): void {
    this.message = listener;
    setImmediate(() => {
      this.tell('ready', this.greeting);
    });
  }
  onGone(listener: (reason: string) => void): void {
    this.die = listener;
  }
  kill(): void {
    this.die('Killed.');
  }
  tell(kind: string, payload: unknown): void {
    this.message({ type: 'event', kind, payload });
  }
}

/** A studio over the library folder `home`. */
export function testStudio(home: string, platform: Partial<Platform> = {}) {
  const trainer = new ScriptedProcess(
    {
      'training.start': { runId: RUN },
      'training.resumeRun': {},
      'training.pause': {},
      'training.stop': {},
      'training.abandon': {},
      'training.plan': PLAN,
      'training.trial': TRIAL,
    },
    { device: 'CPU' },
  );
  const images = new ScriptedProcess({}, {});
  const evaluator = new ScriptedProcess({ 'evaluation.run': { count: 2 } }, {});
  const exporter = new ScriptedProcess(
    {
      'task.run': {
        sentence: '64 samples written to /exported/grid.png.',
        files: ['/exported/grid.png'],
        remarks: [],
      },
    },
    {},
  );
  const emit = vi.fn();
  const log = vi.fn();
  const showInFolder = vi.fn();
  const trainers = new Supervisor<TrainerProtocol>({
    name: 'trainer',
    protocol: TrainerProtocol,
    fork: () => trainer,
    log,
  });
  const studio = new Studio({
    home,
    trainer: trainers,
    images: new Supervisor<ImagesProtocol>({
      name: 'image reader',
      protocol: ImagesProtocol,
      fork: () => images,
      log,
    }),
    evaluator: new Supervisor<EvaluatorProtocol>({
      name: 'evaluator',
      protocol: EvaluatorProtocol,
      fork: () => evaluator,
      log,
    }),
    exporter: new Supervisor<ExporterProtocol>({
      name: 'exporter',
      protocol: ExporterProtocol,
      fork: () => exporter,
      log,
    }),
    platform: {
      choose: async () => [],
      choosePath: async () => null,
      showInFolder,
      copyImage: async () => undefined,
      offerActions: () => undefined,
      abilities: () => ({ notifications: true, tray: 'yes' }),
      ...platform,
    },
    emit,
    log,
    electronVersion: '0',
    messages: new Messages(),
    preferences: new PreferenceStore(path.join(home, 'preferences.json')),
    startedBefore: false,
  });
  const state = (event: object): void => {
    trainer.tell('training.state', { runId: RUN, ...event });
  };
  return { studio, trainer, evaluator, exporter, trainers, emit, log, showInFolder, state };
}

/** Makes the run, untrained. @returns its manifest */
export async function makeRun(home: string, changes: Partial<RunManifest> = {}): Promise<RunManifest> {
  const preset = (await listPresets()).find(({ name }) => name === 'smoke');
  if (preset === undefined) throw new Error('no preset smoke');
  const manifest: RunManifest = {
    format: 'covae-run',
    version: 1,
    id: RUN,
    name: 'digits',
    createdAt: new Date().toISOString(),
    preset: 'smoke',
    seed: 0,
    dataset: { name: 'digits', fingerprint: 'sha256:0', count: 1 },
    config: preset.config,
    parameters: 1,
    versions: { app: '0', tensorflow: '0', tfjs: '0' },
    ...changes,
  };
  await createRunFolder(home, manifest);
  return manifest;
}
