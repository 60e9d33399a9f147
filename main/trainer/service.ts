/** The trainer's side of its protocol: training, drawing, and who holds which model. */
import { deviceText } from '../../core/device.ts';
import { openGenerator } from '../../core/explore/open-generator.ts';
import { runFolder } from '../../core/library.ts';
import { stepOfCheckpoint } from '../../core/run/which-checkpoint.ts';
import { libraryVersion } from '../../core/tensor/tf.ts';
import { previewAugmentation } from '../../core/train/augment/preview.ts';
import { measureStep } from '../../core/train/plan/keep-step-time.ts';
import { trainingDevice } from '../../core/train/plan/machine.ts';
import { planTraining } from '../../core/train/plan/training-plan.ts';
import { createRun } from '../../core/train/create-run.ts';
import { createAgain } from '../../core/train/again.ts';
import { makeSweep, planSweep } from '../../core/train/sweep.ts';
import { forkRun } from '../../core/train/fork-run.ts';
import { addStarter } from '../../core/train/start/add-starter.ts';
import { openSession } from '../../core/train/open-session.ts';
import { TrainerProtocol } from '../process/trainer-protocol.ts';
import { type ParentPort, serve, type Tell } from '../process/serve.ts';
import { defined } from '../defined.ts';
import { Drawing, type Models } from './drawing.ts';
import { Exploring } from './exploring.ts';
import { Generators } from './generators.ts';
import { Recent } from './recent.ts';
import { SignalEnd } from './signal-end.ts';
import { Training } from './training.ts';

/** @param home the library folder */
export function serveTrainer(port: ParentPort, home: string): void {
  const generators = new Generators(openGenerator);
  const best = new Recent<number | undefined>();
  const training = new Training(home, createRun, openSession, {
    state: (event) => tell('training.state', event),
    progress: (progress) => tell('training.progress', progress),
    logged: (runId, lines) => tell('training.logged', { runId, lines }),
    samples: (runId, step) => tell('training.samples', { runId, step }),
    history: (runId, line) => tell('training.history', { runId, line }),
    grid: (runId, grid) => tell('training.grid', { runId, ...grid }),
    alarm: (runId, alarm) => tell('training.alarm', { runId, alarm }),
    diagnostics: (runId, diagnostics) => tell('training.diagnostics', { runId, diagnostics }),
    evaluation: (runId, evaluation) => tell('training.evaluation', { runId, evaluation }),
    evaluating: (runId, progress) => tell('training.evaluating', { runId, progress }),
    notice: (runId, text, kind) => tell('training.notice', { runId, text, ...defined({ kind }) }),
    checkpoint: (runId, step) => {
      best.forget();
      tell('checkpoint', { runId, step });
    },
  });
  const ends = new SignalEnd(() => {
    drawing.stopAll();
    void training.stop();
  });
  const models: Models = {
    of: async (runId, step) =>
      (step === undefined ? await training.generator(runId) : null) ??
      (await generators.get(runFolder(home, runId), step)),
    stepOf: async (runId, asked) =>
      asked === 'best' ? best.of(runId, () => stepOfCheckpoint(runFolder(home, runId), asked)) : asked,
  };
  const drawing = new Drawing(home, models, {
    progress: (progress) => tell('draws.progress', progress),
    fitting: (progress) => tell('draws.fitting', progress),
  });
  const exploring = new Exploring(home, models, {
    encoding: (progress) => tell('explore.progress', progress),
    mapping: (progress) => tell('explore.mapping', progress),
  });

  const tell: Tell<TrainerProtocol> = serve<TrainerProtocol>(TrainerProtocol, port, {
    'training.start': ({ dataset, preset, ...others }) =>
      ends.during(async () => {
        const runId = await training.start({ dataset, preset, ...defined(others) });
        void ends.during(() => training.ended());
        return { runId };
      }),
    'training.ask': async ({ what }) => {
      await training.ask(what);
      return {};
    },
    'training.change': async (changes) => {
      await training.change(changes);
      return {};
    },
    'training.resumeRun': ({ runId, learningRate, from }) => {
      best.forget();
      generators.release(runFolder(home, runId));
      const changes = learningRate === undefined ? undefined : { learningRate };
      training.resumeRun(runId, defined({ changes, from }));
      void ends.during(() => training.ended());
      return {};
    },
    'training.pause': () => {
      training.pause();
      return {};
    },
    'training.resume': () => {
      training.resume();
      return {};
    },
    'training.stop': async () => {
      await training.stop();
      return {};
    },
    'training.abandon': async ({ runId }) => {
      await training.abandon(runId);
      return {};
    },
    'model.sample': async (params, signal) =>
      (await training.first(() => drawing.sample(params, signal))).images,
    'augment.preview': async ({ dataset, config, ...options }) => {
      const { images, columns } = await training.first(() =>
        previewAugmentation(home, dataset, config, options),
      );
      return { ...images, columns };
    },
    'explore.draw': async (params, signal) =>
      (await training.first(() => exploring.draw(params, signal))).images,
    'explore.neighbours': (params, signal) => training.first(() => exploring.neighbours(params, signal)),
    'explore.latent': (params, signal) => training.first(() => exploring.latent(params, signal)),
    'explore.makeDirections': (params, signal) =>
      ends.during(() => training.first(() => exploring.makeDirections(params, signal))),
    'explore.map': (params, signal) => training.first(() => exploring.map(params, signal)),
    'explore.write': ({ path, ...params }, signal) =>
      ends.during(() => training.first(() => exploring.write(params, path, signal))),
    'explore.writeCompared': ({ path, ...params }, signal) =>
      ends.during(() => training.first(() => exploring.writeCompared(params, path, signal))),
    'draws.make': (params, signal) => ends.during(() => training.first(() => drawing.make(params, signal))),
    'draws.stop': ({ orderId }) => {
      drawing.stop(orderId);
      return {};
    },
    'samples.write': ({ path, ...params }, signal) =>
      ends.during(() => training.first(() => drawing.writeSamples(params, path, signal))),
    'training.plan': ({ config, trained }) =>
      training.first(async () => planTraining(config, { home, device: await trainingDevice(), trained })),
    'training.trial': async ({ config }, signal) => {
      training.refuseSecond();
      return measureStep(config, { signal });
    },
    'starters.add': async ({ name }) => ({ runId: await addStarter(home, name) }),
    'runs.fork': async ({ runId, checkpoint, settings, ...others }) => {
      const options = defined({ checkpoint, ...others });
      return { runId: (await forkRun(home, runId, { settings, ...options })).id };
    },
    'runs.create': async ({ dataset, preset, ...others }) => ({
      runId: (await createRun({ home, dataset, preset, ...defined(others) })).id,
    }),
    'runs.again': async ({ runId }) => ({ runId: (await createAgain(home, runId)).id }),
    'sweep.plan': async ({ random, ...sweep }) =>
      planSweep(home, { ...sweep, ...defined({ random }) }, await trainingDevice()),
    'sweep.make': async ({ random, ...sweep }, signal) => ({
      runIds: await makeSweep(home, { ...sweep, ...defined({ random }) }, { signal }),
    }),
    'run.release': ({ runId }) => {
      drawing.stopAll(runId);
      best.forget();
      generators.release(runFolder(home, runId));
      return {};
    },
  });
  const { gpu } = libraryVersion();
  // At once, so that nobody waits for nvidia-smi; its answer follows.
  tell('ready', { device: gpu ? 'GPU' : 'CPU' });
  void trainingDevice().then((device) => tell('device', { device: deviceText(device), kind: device.kind }));
}
