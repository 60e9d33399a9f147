/**
 * Weights as functions of the time t, given by name or as a small expression. Expressions are read by jsep, checked,
 * and turned into functions.
 */
import jsep from 'jsep';
import { countOf } from '../words.ts';

/** Names of the reference's weightings; for λ(t) they stand for 1/t, 1/t² and 1, for β(t) for t, t² and 1. */
export const NAMED_WEIGHTINGS = ['linear', 'square', 'ones'] as const;

/** What a weighting is for: λ(t) of the reconstruction or β(t) of the KL divergence. */
export type WeightingRole = 'rec' | 'kl';

/** Times at which an expression is tried, evenly on a logarithmic scale. */
const TRIALS = 1000;

/**
 * Why a weighting cannot be used, as a sentence for the user, or null when it can: a name of
 * {@link NAMED_WEIGHTINGS} or an expression of t that is finite in float32 and, for λ, above 0, for β, not below
 * 0. Expressions are tried at many times between the two ends; see `readExpression` for what they may hold.
 */
export function weightingProblem(
  weighting: string,
  role: WeightingRole,
  { sigmaMin, sigmaMax }: { sigmaMin: number; sigmaMax: number },
): string | null {
  if (isNamed(weighting)) return null;
  let value: (t: number) => number;
  try {
    value = expression(weighting);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return `${error.message}; write an expression of t such as 1 / (t + 0.1), or one of ${NAMED_WEIGHTINGS.join(', ')}`;
  }
  for (let i = 0; i < TRIALS; i++) {
    // The end exactly: a product would round.
    const t = i === TRIALS - 1 ? sigmaMax : sigmaMin * (sigmaMax / sigmaMin) ** (i / (TRIALS - 1));
    const problem = valueProblem(Math.fround(value(t)), role);
    if (problem !== null) return `"${weighting}" is ${problem} at t = ${Number(t.toPrecision(6))}`;
  }
  return null;
}

function valueProblem(weight: number, role: WeightingRole): string | null {
  if (!Number.isFinite(weight)) return 'not a finite number';
  if (role === 'rec' && weight <= 0) return `${Number(weight.toPrecision(4))}, but has to be above 0,`;
  if (weight < 0) return `${Number(weight.toPrecision(4))}, but must not be below 0,`;
  return null;
}

/**
 * The weighting's value at t, in double precision.
 * @param t above 0
 * @throws ExpressionError when it cannot be read
 */
export function weightingAt(weighting: string, role: WeightingRole, t: number): number {
  const sign = role === 'rec' ? -1 : 1;
  switch (weighting as (typeof NAMED_WEIGHTINGS)[number]) {
    case 'linear':
      return t ** sign;
    case 'square':
      return t ** (2 * sign);
    case 'ones':
      return 1;
    default:
      return expression(weighting)(t);
  }
}

/** Expressions read so far. */
const known = new Map<string, (t: number) => number>();
const MAX_KNOWN = 32;

/** λ(t) or β(t) itself. @throws ExpressionError when it cannot be read */
function expression(text: string): (t: number) => number {
  let value = known.get(text);
  if (value === undefined) {
    value = readExpression(text);
    // Someone may be typing one in.
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(text, value);
  }
  return value;
}

function isNamed(weighting: string): boolean {
  return (NAMED_WEIGHTINGS as readonly string[]).includes(weighting);
}

const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ['pi', Math.PI],
  ['e', Math.E],
]);

interface MathFunction {
  fewest: number;
  most: number;
  at: (...values: number[]) => number;
}

const unary = (at: (value: number) => number): MathFunction => ({ fewest: 1, most: 1, at });

const FUNCTIONS: ReadonlyMap<string, MathFunction> = new Map([
  ['sqrt', unary(Math.sqrt)],
  ['exp', unary(Math.exp)],
  ['log', unary(Math.log)],
  ['abs', unary(Math.abs)],
  ['tanh', unary(Math.tanh)],
  ['min', { fewest: 2, most: Infinity, at: Math.min }],
  ['max', { fewest: 2, most: Infinity, at: Math.max }],
  ['pow', { fewest: 2, most: 2, at: Math.pow }],
]);

const OPERATORS: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ['+', (a, b) => a + b],
  ['-', (a, b) => a - b],
  ['*', (a, b) => a * b],
  ['/', (a, b) => a / b],
  ['^', Math.pow],
  ['**', Math.pow],
]);

/** Longer texts are no small expression; it also bounds how deep parentheses nest. */
const LONGEST = 200;

/** An expression that cannot be used; the message says why in one sentence that quotes it. */
class ExpressionError extends Error {
  override name = 'ExpressionError';
}

/** The operators and their precedence in mathematics: jsep has JavaScript's, where ^ means something else. */
const mathematics: jsep.IPlugin = {
  name: 'mathematics',
  init() {
    jsep.removeAllBinaryOps();
    jsep.removeAllUnaryOps();
    jsep.removeAllLiterals();
    for (const operator of ['+', '-']) jsep.addBinaryOp(operator, 1);
    for (const operator of ['*', '/']) jsep.addBinaryOp(operator, 2);
    for (const operator of ['^', '**']) jsep.addBinaryOp(operator, 3, true);
    // A sign binds looser than a power, −t² = −(t²), which jsep's own unary operators cannot.
    jsep.hooks.add('gobble-token', function (env) {
      const operator = this.char;
      if (operator !== '-' && operator !== '+') return;
      this.index++;
      env.node = { type: 'UnaryExpression', operator, prefix: true, argument: power(this) };
    });
  },
};
jsep.plugins.register(mathematics);

/** A value and the powers it is raised to. */
function power(scope: jsep.HookScope): jsep.Expression {
  const left = scope.gobbleToken();
  if (!left) return scope.throwError('no value after a sign');
  scope.gobbleSpaces();
  const operator = ['**', '^'].find((candidate) => scope.expr.startsWith(candidate, scope.index));
  if (operator === undefined) return left;
  scope.index += operator.length;
  return { type: 'BinaryExpression', operator, left, right: power(scope) };
}

/**
 * Reads an expression: numbers, `t`, `pi`, `e`, + − * / ^ (or **), signs, parentheses, and the functions sqrt, exp,
 * log (natural), abs, tanh, min, max, pow.
 * @returns its value at t, in double precision
 * @throws ExpressionError naming the part that is wrong
 */
function readExpression(text: string): (t: number) => number {
  if (text.length > LONGEST) {
    throw new ExpressionError(`"${text.slice(0, 20)}…" is longer than ${LONGEST} characters`);
  }
  const objection = objectionTo(text);
  if (objection !== null) throw new ExpressionError(`"${text}" ${objection}`);
  return functionOf(parse(text), (problem) => {
    throw new ExpressionError(`"${text}" ${problem}`);
  });
}

/** What jsep would pass over or read as something that is not arithmetic. */
function objectionTo(text: string): string | null {
  if (text.trim() === '') return 'is empty';
  const strange = /[^A-Za-z0-9_ \t\r\n.+\-*/^(),]/u.exec(text);
  if (strange) return `has ${strange[0]} in it, which is not arithmetic`;
  const comma = /^\s*,|,\s*$|,\s*[),]|\(\s*,/.exec(text);
  if (comma) return 'has a comma with nothing before or after it';
  const gap = /[\w.)]\s+[\w.]+|\)[\w.]+/.exec(text);
  if (gap) return `lacks an operator in ${gap[0]}`;
  return null;
}

function parse(text: string): jsep.Expression {
  try {
    return jsep(text);
  } catch (error) {
    // jsep's errors carry the place.
    const index = error instanceof Error && 'index' in error ? Number(error.index) : NaN;
    if (Number.isNaN(index)) throw error;
    const rest = text.slice(index).trim();
    throw new ExpressionError(
      rest === '' ? `"${text}" ends too early` : `"${text}" cannot be read from ${rest} on`,
    );
  }
}

type Value = (t: number) => number;

/** The function that a syntax tree stands for; `refuse` gets what is wrong with it. */
function functionOf(expression: jsep.Expression, refuse: (problem: string) => never): Value {
  const node = expression as jsep.CoreExpression;
  const of = (child: jsep.Expression) => functionOf(child, refuse);
  switch (node.type) {
    case 'Literal': {
      const { value, raw } = node;
      if (typeof value !== 'number' || !Number.isFinite(value))
        return refuse(`has ${raw} in it, which is no finite number`);
      return () => value;
    }
    case 'Identifier': {
      const { name } = node;
      if (name === 't') return (t) => t;
      const constant = CONSTANTS.get(name);
      if (constant !== undefined) return () => constant;
      return refuse(
        FUNCTIONS.has(name)
          ? `has ${name} without its parentheses`
          : `has ${name} in it, which is none of t, ${[...CONSTANTS.keys()].join(', ')}`,
      );
    }
    case 'UnaryExpression': {
      const argument = of(node.argument);
      return node.operator === '-' ? (t) => -argument(t) : argument;
    }
    case 'BinaryExpression': {
      const operator = OPERATORS.get(node.operator);
      if (!operator) return refuse(`has ${node.operator} in it, which is not arithmetic`);
      const left = of(node.left);
      const right = of(node.right);
      return (t) => operator(left(t), right(t));
    }
    case 'CallExpression': {
      const callee = node.callee as jsep.CoreExpression;
      const name = callee.type === 'Identifier' ? callee.name : 'a value';
      const called = FUNCTIONS.get(name);
      if (!called) return refuse(`calls ${name}, which is none of ${[...FUNCTIONS.keys()].join(', ')}`);
      const values = node.arguments.map(of);
      if (values.length < called.fewest || values.length > called.most) {
        const wanted = called.most === Infinity ? `at least ${called.fewest}` : String(called.fewest);
        return refuse(`gives ${name} ${countOf(values.length, 'value')} and not ${wanted}`);
      }
      return (t) => called.at(...values.map((value) => value(t)));
    }
    case 'Compound':
    case 'SequenceExpression':
      return refuse('has values side by side without an operator');
    case 'MemberExpression':
      return refuse('has a point that is not part of a number');
    default:
      return refuse('is not arithmetic');
  }
}
