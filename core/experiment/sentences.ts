/** What the numbers of an experiment say, in words: nothing but what was computed. */
import { type ArmSummary, type Quantity, type RunResult, summarizeArms } from './results.ts';
import { capitalised, countOf } from '../words.ts';
import { formatNumber } from '../digits.ts';

interface Row {
  result: RunResult;
  quantities: readonly Quantity[];
}

/**
 * Not compared: the objective, whose terms and weights arms may change, the time a training took, which depends on
 * what else the machine did, and how well a map is laid out.
 */
const NOT_COMPARED = new Set(['final_loss', 'training_seconds', 'tsne_divergence']);

/**
 * One sentence a finding: how the runs ended, each quantity per arm, and whether arms differ at every seed. Runs of
 * one seed share their batches and noise, so arms are compared seed by seed.
 */
export function findings(rows: readonly Row[]): string[] {
  return [...endings(rows), ...compared(rows), ...latents(rows)];
}

function endings(rows: readonly Row[]): string[] {
  const arms = groupBy(rows, ({ result }) => result.label);
  return [...arms].map(([label, ofArm]) => `${capitalised(label)}: ${endingOf(ofArm)}.${alarmsOf(ofArm)}`);
}

function endingOf(rows: readonly Row[]): string {
  const diverged = rows.filter(({ result }) => result.end === 'diverged');
  if (diverged.length === 0) {
    return rows.length === 1
      ? 'the run was trained to its last step'
      : `${allOf(rows.length)} runs were trained to their last step`;
  }
  const where = diverged.map(({ result }) => `seed ${result.seed} after step ${result.step}`).join(', ');
  return `${diverged.length} of ${countOf(rows.length, 'run')} diverged (${where})`;
}

/** Which alarms sounded, and in how many runs. */
function alarmsOf(rows: readonly Row[]): string {
  const names = rows.flatMap(({ result }) => [...new Set(result.alarms.map(({ name }) => name))]);
  if (names.length === 0) return ' No alarm sounded.';
  const counts = groupBy(names, (name) => name);
  const list = [...counts].map(([name, all]) => `"${name}" in ${all.length} of ${rows.length}`).join(', ');
  return ` Alarms: ${list}.`;
}

function compared(rows: readonly Row[]): string[] {
  const summaries = groupBy(summarizeArms(rows), ({ id }) => id);
  return [...summaries.values()].flatMap((arms) => {
    const id = arms[0]?.id ?? '';
    const known = arms.filter(({ mean }) => mean !== null);
    if (known.length === 0) return [];
    const values = known.map((arm) => `${arm.label} ${meanText(arm)}`).join('; ');
    const sentences = [`${capitalised(arms[0]?.quantity ?? '')}: ${values}.`];
    const [first, ...others] = known;
    if (first !== undefined && !NOT_COMPARED.has(id)) {
      for (const other of others) sentences.push(pairedSentence(rows, id, first, other));
    }
    return [sentences.join(' ')];
  });
}

/** How one arm stands to another at the seeds that both have. */
function pairedSentence(rows: readonly Row[], id: string, a: ArmSummary, b: ArmSummary): string {
  const value = (arm: string, seed: number): number | null =>
    rows.find(({ result }) => result.arm === arm && result.seed === seed)?.quantities.find((q) => q.id === id)
      ?.value ?? null;
  const seeds = [...new Set(rows.map(({ result }) => result.seed))];
  const differences = seeds.flatMap((seed) => {
    const [ofA, ofB] = [value(a.arm, seed), value(b.arm, seed)];
    return ofA === null || ofB === null ? [] : [ofB - ofA];
  });
  const total = differences.length;
  if (total === 0) return `No seed has it for both.`;
  const above = differences.filter((difference) => difference > 0).length;
  const below = differences.filter((difference) => difference < 0).length;
  if (above === 0 && below === 0)
    return `The two are equal at ${total === 1 ? 'the one seed' : 'all seeds'}.`;
  if (above === total || below === total) {
    const word = above === total ? 'higher' : 'lower';
    if (total === 1) {
      return `${capitalised(b.label)} is ${word} at the one seed that was tried, which does not tell it from chance.`;
    }
    return (
      `${capitalised(b.label)} is ${word} than ${a.label} at ${allOf(total)} seeds (chance alone makes all agree in 1 of ` +
      `${2 ** (total - 1)} cases).`
    );
  }
  const equal = total - above - below;
  return (
    `The seeds disagree: ${b.label} is higher at ${above} and lower at ${below} of ${total}` +
    `${equal > 0 ? `, and equal at ${equal}` : ''}.`
  );
}

function latents(rows: readonly Row[]): string[] {
  return rows.flatMap(({ result }) => {
    const study = result.latents;
    if (study === null) return [];
    const [near, far] = [study.overTime[0], study.overTime.at(-1)];
    if (near === undefined || far === undefined) return [];
    const who = `${capitalised(result.label)}, seed ${result.seed}`;
    const [t0, t1] = [formatNumber(near.t), formatNumber(far.t)];
    const sentences = [
      `${who}: the mean norm of the latents ${went(near.mean, far.mean)} from ${formatNumber(near.mean)} at t = ${t0} ` +
        `to ${formatNumber(far.mean)} at t = ${t1}.`,
    ];
    if (near.posteriorStd !== null && far.posteriorStd !== null) {
      sentences.push(
        `The mean standard deviation of the posterior ${went(near.posteriorStd, far.posteriorStd)} from ` +
          `${formatNumber(near.posteriorStd)} to ${formatNumber(far.posteriorStd)}; a standard normal has a mean of 0 ` +
          'and a standard deviation of 1.',
      );
    }
    if (near.agreement !== null && far.agreement !== null && study.chance !== null) {
      sentences.push(
        `The nearest latent at the same t belongs to an image of the same class for ${percent(near.agreement)} of ` +
          `them at t = ${t0} and for ${percent(far.agreement)} at t = ${t1}; blind choice gives ${percent(study.chance)}.`,
      );
    }
    sentences.push(
      `Two principal components hold ${percent(study.explained[0] + study.explained[1])} of the variance of the ` +
        `${study.values}-dimensional latents, so the plane of the first map leaves out the rest.`,
    );
    return [sentences.join(' ')];
  });
}

function went(from: number, to: number): string {
  if (to === from) return 'stays';
  return to < from ? 'falls' : 'rises';
}

/** `0.0123 ± 0.0004` */
export function meanText({ mean, std }: ArmSummary): string {
  if (mean === null) return '–';
  return std === null ? formatNumber(mean) : `${formatNumber(mean)} ± ${formatNumber(std, 2)}`;
}

function allOf(count: number): string {
  return count === 2 ? 'both' : `all ${count}`;
}

function percent(share: number): string {
  return `${formatNumber(100 * share)} %`;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
