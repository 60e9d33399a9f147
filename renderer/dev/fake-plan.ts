/** What the fake application answers about a planned training: made-up sizes, the contract's own checks. */
import * as v from 'valibot';
import type { ModelConfig, Preset } from '../../core/config/model.ts';
import { type CallParams, type CallResult, Calls, valueAt } from '../../main/ipc/contract.ts';

const ConfigSchema = Calls['training.plan'].params.entries.config;

const LEVELS = { rho: 7, stepSchedule: 'exp', target: 'online' } as const;
const OBJECTIVES: Record<ModelConfig['objective']['variant'], object> = {
  covae: {
    variant: 'covae',
    ...LEVELS,
    sigmaMin: 0.05,
    sigmaMax: 3,
    timeScale: 'karras',
    startScales: 2,
    endScales: 256,
    lambdaDenoiser: 0.1,
    recWeight: 'linear',
    klWeight: 'square',
    denoiserLoss: 'l2',
    categories: null,
  },
  's-covae': {
    variant: 's-covae',
    ...LEVELS,
    sigmaMin: 0.002,
    sigmaMax: 80,
    startScales: 10,
    endScales: 1280,
    kernel: 've',
    sigmaData: 0.5,
    timeSampling: 'lognormal',
    pMean: -1.1,
    pStd: 2,
    normStrength: 0.001,
    normWeight: 'fixed',
    denoiserLoss: 'l2',
  },
  'beta-vae': { variant: 'beta-vae', beta: 1, categories: null },
};

export function fakeCheck(
  params: CallParams<'training.check'>,
  preset: Preset,
): CallResult<'training.check'> {
  const { settings: set = {} } = params;
  const config: Record<string, unknown> = structuredClone(preset.config);
  const { loss, adversarial } = preset.config.objective;
  const variant = set['objective.variant'];
  if (typeof variant === 'string' && variant in OBJECTIVES) {
    config['objective'] = {
      loss,
      adversarial,
      ...OBJECTIVES[variant as ModelConfig['objective']['variant']],
    };
  }
  if ('objective.adversarial.weight' in set) {
    put(config, 'objective.adversarial', { warmupSteps: preset.config.training.steps / 2, weight: 0.05 });
  }
  for (const [key, value] of Object.entries(set)) put(config, key, value);
  const result = v.safeParse(ConfigSchema, config);
  if (!result.success) {
    const [issue] = result.issues;
    const { [v.getDotPath(issue) ?? '']: wrong, ...others } = set;
    const sound = wrong === undefined ? null : fakeCheck({ ...params, settings: others }, preset);
    const own = issue.type === 'check';
    const text = own ? issue.message : `Must be ${issue.expected ?? 'something else'}, not ${issue.received}`;
    return {
      config: sound?.config ?? null,
      problem: {
        code: 'settings',
        key: v.getDotPath(issue),
        text: `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
      },
      curves: sound?.curves ?? null,
      differs: sound?.differs ?? [],
      paper: null,
    };
  }
  const { objective } = result.output;
  const differs = Object.entries(set).map(([key, value]) => ({
    key,
    value,
    other: valueAt(preset.config, key),
  }));
  const paper = {
    name: 'mnist',
    title: 'The paper’s MNIST, needs a GPU',
    differs: [{ key: 'training.emaRate', value: 0.995, other: 0.9999 }],
  };
  if (objective.variant !== 'covae') {
    return { config: result.output, problem: null, curves: null, differs, paper };
  }
  const t = Array.from({ length: 65 }, (_, i) => objective.sigmaMin * 60 ** (i / 64));
  return {
    config: result.output,
    problem: null,
    curves: { t, rec: t.map((at) => 1 / at), kl: t.map((at) => at * at) },
    differs,
    paper,
  };
}

export function fakeOutlook({ network, training }: ModelConfig): CallResult<'training.plan'> {
  const side = network.imageSize >> (network.multipliers.length - 1);
  const needed = (training.batchSize * 14e6) / training.accumulate + 24e6;
  const available = 24e9;
  const { steps, batchSize } = training;
  return {
    parameters: 1_480_000,
    latent: network.finalDim === null ? [side, side, network.zChannels] : [network.finalDim],
    memory: { needed, available, remedy: needed > available ? { batchSize: 512, accumulate: 8 } : null },
    step: { seconds: 0.11, from: 'run', runId: 'digits-tiny-beef' },
    seconds: 0.11 * steps,
    disk: { checkpoint: 24e6, checkpoints: 12e7, records: 8e6, snapshots: 0, total: 128e6, free: 70e9 },
    images: steps * batchSize,
    epochs: (steps * batchSize) / 10_000,
  };
}

function put(config: Record<string, unknown>, key: string, value: unknown): void {
  const [section = '', name = '', part] = key.split('.');
  const place = config[section] as Record<string, unknown>;
  if (part === undefined) place[name] = value;
  else place[name] = { ...(place[name] as object | null), [part]: value };
}
