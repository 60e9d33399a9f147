/** Made-up alarms and measurements over t, as a run might have them. */
import type { Alarm, Diagnostics } from '../../core/run/diagnostics.ts';

const TIMES = 16;

/** Measured at `step`: a model that learns, its small times first. */
export function fakeDiagnostics(step: number): Diagnostics {
  const learned = 1 - Math.exp(-step / 700);
  const t = Array.from({ length: TIMES }, (_, i) => {
    const share = i / (TIMES - 1);
    return (0.05 ** (1 / 7) + share * (3 ** (1 / 7) - 0.05 ** (1 / 7))) ** 7;
  });
  const over = (value: (time: number) => number) => t.map(value);
  const moments = (value: (time: number) => number) =>
    t.map((time) => ({ mean: value(time), std: 0.35 * value(time) }));
  return {
    step,
    images: 64,
    t,
    kl: moments((time) => 0.4 + (190 * learned) / (1 + (3.2 * time) ** 2)),
    imageError: moments((time) => 12 + 700 * (1 - learned) + (230 * time ** 2) / (0.5 + time ** 2)),
    stepError: moments((time) => 0.7 + 60 * (1 - learned) + 14 * time * Math.exp(-time)),
    mu: over((time) => (1.5 * learned) / (1 + time ** 2)),
    std: over((time) => 1 - learned / (1 + (2 * time) ** 2)),
    latentNorm: over((time) => 7 + (3.4 * learned) / (1 + time ** 2)),
    activeUnits: over((time) => Math.min(1, learned * 1.4) / (1 + (time / 2.4) ** 4)),
    spread: 0.05 + 0.78 * learned,
  };
}

const ALARMS: Record<'rise' | 'modes' | 'posterior' | 'notFinite', Alarm> = {
  rise: {
    kind: 'divergence',
    name: 'Gradient rose suddenly',
    step: 862,
    value: 41_230,
    bound: 2_481,
    t: 0.0731,
    advice:
      'Go on with a lower learning rate, 0.003 for instance; if that does not help, start a run with a larger sigmaMin or with recWeight "ones", since small t weigh most in this one.',
    goOn: { learningRate: 0.003, back: false },
  },
  modes: {
    kind: 'mode-collapse',
    name: 'Modes collapsed',
    step: 700,
    value: 0.21,
    bound: 0.334,
    t: 3,
    advice:
      'The samples resemble each other far more than the images do: train longer, or start a run with more time steps (endScales) or a smaller KL weight.',
    goOn: null,
  },
  posterior: {
    kind: 'posterior-collapse',
    name: 'Posterior collapsed',
    step: 400,
    value: 0.71,
    bound: 1,
    t: 0.62,
    advice:
      'The latent says nearly nothing about the image: start a run with a smaller KL weight, "0.1 * t^2" for instance, or with a smaller sigmaMin.',
    goOn: null,
  },
  notFinite: {
    kind: 'divergence',
    name: 'Loss not finite',
    step: 1_240,
    value: null,
    bound: null,
    t: 0.05,
    advice:
      'Go on with a lower learning rate, 0.003 for instance; if that does not help, start a run with a larger sigmaMin or with recWeight "ones", since small t weigh most in this one.',
    goOn: { learningRate: 0.003, back: false },
  },
};

/** The alarms of a run that stopped at `step`. */
export function fakeAlarms(kind: 'some' | 'diverged' | 'stuck', step: number): Alarm[] {
  const before = [ALARMS.posterior, ALARMS.modes, ALARMS.rise];
  if (kind === 'some') return before;
  const last = { ...ALARMS.notFinite, step };
  if (kind === 'diverged') return [ALARMS.rise, last];
  const advice =
    'These weights cannot be trained on, whatever the learning rate: go back to an earlier checkpoint with a lower one, 0.0015 for instance.';
  return [last, { ...last, advice, goOn: { learningRate: 0.0015, back: true } }];
}
