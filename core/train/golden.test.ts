/**
 * The whole method against numbers of the official PyTorch implementation in float32: parameters, step schedule,
 * network, losses, every gradient, sampling, and training steps. `testdata/golden/make_cases.py` makes such cases.
 */
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { listCases } from './parity/case.ts';
import { GROUPS, TOLERANCES, passes, type Check } from './parity/compare.ts';
import { checkCase, type CaseOutcome } from './parity/parity.ts';
import type { Execution } from './parity/subject.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata', 'golden');

/** The cases, and how many numbers and tensors each must at least have been compared in. */
const CASES = {
  grey: 1300,
  'grey-binary': 1300,
  'grey-categorical': 1300,
  'grey-identity-boundary': 1280,
  'rgb-adversarial': 1380,
  'rgb-deep': 2260,
  'rgb-s-covae': 1310,
  'rgb-s-covae-tanh': 1310,
  // Smaller ones for what those leave out: vector latents, other scales, kernels, weights and schedules.
  's-covae-li': 1030,
  'vector-categorical-linear': 1060,
  'vector-log': 1080,
  'vector-s-covae-adversarial': 1060,
  // Decoders with multipliers and blocks of their own (testdata/decoders.json); with a vector also with fewer levels.
  'own-decoder': 800,
  'vector-own-decoder': 800,
};

it('there are no other cases', async () => {
  expect((await listCases(FOLDER)).map(({ name }) => name)).toEqual(Object.keys(CASES).sort());
});

describe.each(Object.entries(CASES))('the golden case %s', (name, count) => agrees(name, count, 'eager'));

// The same functions as graphs, as trainings run them: one plain case, one with everything.
describe.each(['grey', 'rgb-adversarial'] as const)('the golden case %s, compiled,', (name) =>
  agrees(name, CASES[name], 'compiled'),
);

function agrees(name: string, count: number, execution: Execution): void {
  const checks: Check[] = [];
  let outcome: CaseOutcome;

  beforeAll(async () => {
    const file = (extension: string) => path.join(FOLDER, `${name}.${extension}`);
    outcome = await checkCase(
      { name, json: file('json'), safetensors: file('safetensors') },
      { execution, onCheck: (_, check) => checks.push(check) },
    );
  }, 600_000);

  it('is compared to its end and leaves nothing out', () => {
    expect(outcome).toMatchObject({ problem: null, untouched: [], execution });
    expect(checks.length).toBeGreaterThanOrEqual(count);
    expect(outcome.checks).toBe(checks.length);
  });

  it.each(GROUPS)('agrees in %s', (group) => {
    const own = checks.filter((check) => check.group === group);
    expect(own.length).toBeGreaterThan(0);
    const far = own.filter((check) => !passes(check));
    expect(far.map((check) => `${check.name}: ${check.error} > ${TOLERANCES[group]}`)).toEqual([]);
  });
}
