import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { describeIssue } from '../json-file.ts';
import { ObjectiveConfigSchema } from './objective.ts';
import { NAMED_WEIGHTINGS, weightingAt, weightingProblem } from './weighting.ts';

const TIMES = { sigmaMin: 0.05, sigmaMax: 3 };
const problem = (text: string, role: 'rec' | 'kl' = 'rec') => weightingProblem(text, role, TIMES);
const at = (text: string, t: number) => weightingAt(text, 'rec', t);

describe('a named weighting', () => {
  it('means the reference’s function of its role', () => {
    expect(NAMED_WEIGHTINGS.map((name) => weightingAt(name, 'rec', 0.5))).toEqual([2, 4, 1]);
    expect(NAMED_WEIGHTINGS.map((name) => weightingAt(name, 'kl', 0.5))).toEqual([0.5, 0.25, 1]);
    for (const name of NAMED_WEIGHTINGS) {
      expect(weightingProblem(name, 'rec', TIMES)).toBeNull();
      expect(weightingProblem(name, 'kl', TIMES)).toBeNull();
    }
  });
});

describe('an expression', () => {
  it.each([
    ['1 / (t + 0.1)', 1 / 2.1],
    ['t', 2],
    ['1e-3*t', 0.002],
    ['.5 + 2.', 2.5],
    ['pi*e', Math.PI * Math.E],
    // As mathematics reads them, not JavaScript.
    ['t^3', 8],
    ['t**3', 8],
    ['2^t^3', 256],
    ['-t^2 + 10', 6],
    ['(-t)^2', 4],
    ['-2^t', -4],
    ['t^-2', 0.25],
    ['2^-t^2', 1 / 16],
    ['3*-t', -6],
    ['-t*3', -6],
    ['1 - -t', 3],
    ['+t', 2],
    ['--t', 2],
    ['8/t/2', 2],
    ['8 - t - 1', 5],
    ['8/t*2', 8],
    ['1 + 2*t^2', 9],
    ['exp(-t^2/2)', Math.exp(-2)],
    ['sqrt(t)', Math.SQRT2],
    ['log(t)', Math.LN2],
    ['abs(-t)', 2],
    ['tanh(t)', Math.tanh(2)],
    ['min(t, 1)', 1],
    ['max(1, t, 7, 3)', 7],
    ['pow(t, 3)', 8],
    ['sqrt (max(t,1) * (t))', 2],
    ['\t2\n*\nt ', 4],
  ])('reads %s', (text, value) => {
    expect(at(text, 2)).toBeCloseTo(value, 12);
  });

  it('is the function that was written, whatever it is made of', () => {
    type Written = { text: string; at: (t: number) => number };
    const leaf: fc.Arbitrary<Written> = fc.oneof(
      fc.constant({ text: 't', at: (t: number) => t }),
      fc.integer({ min: 0, max: 99 }).map((n) => ({ text: String(n / 8), at: () => n / 8 })),
    );
    const { tree } = fc.letrec<{ tree: Written }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.tuple(fc.constantFrom('+', '-', '*', '/'), tie('tree'), tie('tree')).map(([operator, a, b]) => ({
          text: `(${a.text} ${operator} ${b.text})`,
          at: (t: number) => {
            const [x, y] = [a.at(t), b.at(t)];
            return operator === '+' ? x + y : operator === '-' ? x - y : operator === '*' ? x * y : x / y;
          },
        })),
        tie('tree').map((a) => ({ text: `-${a.text}`, at: (t: number) => -a.at(t) })),
        tie('tree').map((a) => ({ text: `max(${a.text},1)`, at: (t: number) => Math.max(a.at(t), 1) })),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.double({ min: 0.01, max: 100, noNaN: true }), (written, t) => {
        fc.pre(written.text.length <= 200);
        expect(at(written.text, t)).toBe(written.at(t));
      }),
    );
  });

  it.each([
    ['', 'is empty'],
    ['  ', 'is empty'],
    ['cubic', 'has cubic in it, which is none of t, pi, e'],
    ['1/linear', 'has linear in it'],
    ['T', 'has T in it'],
    ['x + t', 'has x in it'],
    ['1/(t', 'ends too early'],
    ['1 +', 'ends too early'],
    ['t - ', 'ends too early'],
    ['-', 'ends too early'],
    ['2^-', 'ends too early'],
    ['t)', 'cannot be read from ) on'],
    ['1 +* t', 'cannot be read from * t on'],
    ['()', ''],
    ['2t', 'cannot be read from t on'],
    ['2e + t', ''],
    ['1.2.3', 'cannot be read from .3 on'],
    ['2 t', 'lacks an operator in 2 t'],
    ['(t)2', 'lacks an operator in )2'],
    ['2(t)', 'values side by side'],
    ['(t)(t)', 'calls t, which is none of sqrt'],
    ['t(2)', 'calls t, which is none of sqrt'],
    ['sqrt(t)(t)', 'calls a value'],
    ['sin(t)', 'calls sin, which is none of sqrt, exp, log, abs, tanh, min, max, pow'],
    ['constructor(t)', 'calls constructor'],
    ['__proto__', 'has __proto__ in it'],
    ['this', 'is not arithmetic'],
    ['true', 'has true in it'],
    ['sqrt', 'has sqrt without its parentheses'],
    ['sqrt()', 'gives sqrt 0 values and not 1'],
    ['sqrt(t, 2)', 'gives sqrt 2 values and not 1'],
    ['min(t)', 'gives min 1 value and not at least 2'],
    ['min(t 1)', 'lacks an operator in t 1'],
    ['min(t,)', 'a comma with nothing before or after it'],
    ['min(,t)', 'a comma with nothing before or after it'],
    ['t,', 'a comma with nothing before or after it'],
    ['1, t', 'values side by side'],
    ['(1, t)', 'values side by side'],
    ['t.x', 'a point that is not part of a number'],
    ['t; 1', 'has ; in it'],
    ['t % 2', 'has % in it'],
    ['t > 1 ? t : 1', 'has > in it'],
    ['t = 1', 'has = in it'],
    ['[t]', 'has [ in it'],
    ['"t"', 'has " in it'],
    ['`t`', 'has ` in it'],
    ['t²', 'has ² in it'],
    ['😀', 'has 😀 in it'],
    ['1e999 + t', 'has 1e999 in it, which is no finite number'],
    ['('.repeat(5000), 'is longer than 200 characters'],
  ])('refuses %j in one sentence', (text, why) => {
    const sentence = problem(text);
    expect(sentence).toContain(`"${text.slice(0, 20)}`);
    expect(sentence).toContain(why);
    expect(sentence).toMatch(
      /; write an expression of t such as 1 \/ \(t \+ 0\.1\), or one of linear, square, ones$/,
    );
  });

  it('refuses values that are no weight, naming the time', () => {
    expect(problem('1 - t')).toMatch(/^"1 - t" is -\S+, but has to be above 0, at t = 1\.0002/);
    expect(problem('0')).toBe('"0" is 0, but has to be above 0, at t = 0.05');
    expect(problem('0', 'kl')).toBeNull();
    expect(problem('t - 3', 'kl')).toBe('"t - 3" is -2.95, but must not be below 0, at t = 0.05');
    expect(problem('1/(3 - t)')).toBe('"1/(3 - t)" is not a finite number at t = 3');
    expect(problem('3 - t', 'kl')).toBeNull();
    expect(problem('log(t - 3)')).toContain('is not a finite number at t = 0.05');
    // More than float32 holds.
    expect(problem('1e40*t')).toContain('is not a finite number at t = 0.05');
    // Fine at the times that are used, whatever it is elsewhere.
    expect(problem('exp(-t)')).toBeNull();
    expect(weightingProblem('exp(-t)', 'rec', { sigmaMin: 0.002, sigmaMax: 1000 })).toContain('is 0, but');
  });

  it('stays right however many there are', () => {
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 100; i++) expect(at(`t + ${i}`, 1)).toBe(1 + i);
  });
});

describe('the configuration of an objective', () => {
  const objective = {
    variant: 'covae',
    ...{ loss: 'huber', denoiserLoss: 'l2', lambdaDenoiser: 0.1 },
    ...{ ...TIMES, rho: 7, timeScale: 'karras', stepSchedule: 'exp', startScales: 2, endScales: 256 },
    ...{ recWeight: 'linear', klWeight: 'square' },
  };
  const check = (changes: object) => {
    const result = v.safeParse(ObjectiveConfigSchema, { ...objective, ...changes });
    return result.success ? null : result.issues.map(describeIssue);
  };

  it('takes weights by name or expression', () => {
    expect(check({})).toBeNull();
    expect(check({ recWeight: '1/(t + 0.1)', klWeight: 't^2/2' })).toBeNull();
  });

  it('names the key, the reason and the time', () => {
    expect(check({ recWeight: 't - 1' })).toEqual([
      'key "recWeight": "t - 1" is -0.95, but has to be above 0, at t = 0.05',
    ]);
    expect(check({ klWeight: 't +' })?.[0]).toContain('key "klWeight": "t +" ends too early');
    // Each end of the times counts.
    expect(check({ klWeight: '80 - t' })).toBeNull();
    expect(check({ klWeight: '80 - t', sigmaMax: 81 })?.[0]).toContain('must not be below 0');
  });
});
