/**
 * A recorded function as text for people, one operation a line, in the manner of JAX's jaxpr. A step of a linear
 * regression begins:
 *
 *     train(state w: float32[3, 1], input x: float32[4, 3], input y: float32[4, 1])
 *       %0: float32[4, 1] = BatchMatMulV2(x, w) adj_x=false adj_y=false
 *       %1: float32[4, 1] = Sub(%0, y)
 *
 * `%1` is the operation whose node in the graph is called `train/1_Sub`. Attributes that are types are left out: the
 * types of operands and results say them.
 */
import { createHash } from 'node:crypto';
import { elementCount } from '../shape.ts';
import type { OpAttr } from './op-attr.ts';
import {
  neededOf,
  type ConstantValue,
  type NamedSource,
  type RecordedFunction,
  type RecordedOp,
  type Source,
  type TensorSpec,
} from './recorded-graph.ts';

/** Constants with more elements are told by a hash of their bytes. */
const MAX_ELEMENTS = 8;

/** What the function takes, each operation that something depends on, and what it gives; ends with a line feed. */
export function printFunction(recorded: RecordedFunction): string {
  const { name, precision, inputs, ops, outputs, state } = recorded;
  const needed = neededOf(recorded).ops;
  const numbers = new Map(ops.map((op, i) => [op, i]));
  const operand = (source: Source): string => {
    if (source.kind === 'constant') return constantText(source);
    if (source.kind !== 'op') return source.name;
    const number = `%${numbers.get(source.op)}`;
    return source.op.outputs.length === 1 ? number : `${number}:${source.output}`;
  };
  const line = (op: RecordedOp): string => {
    const results = op.outputs.map(specText).join(', ');
    const call = `${op.name}(${op.inputs.map(operand).join(', ')})`;
    const site = op.site ? [`# ${op.site}`] : [];
    return [`%${numbers.get(op)}: ${results} =`, call, ...attributes(op), ...site].join(' ');
  };
  const taken = [
    ...statesOf(recorded).map((source) => `state ${source.name}: ${specText(source)}`),
    ...[...inputs].map(([key, spec]) => `input ${key}: ${specText(spec)}`),
  ];
  const head = `${name}(${taken.join(', ')})`;
  const body = [
    ...ops.filter((op) => needed.has(op)).map(line),
    ...[...outputs].map(([key, source]) => `output ${key} = ${operand(source)}`),
    ...[...state].map(([key, source]) => `state ${key} = ${operand(source)}`),
  ];
  return [
    precision === 'float32' ? head : `${head} in ${precision}`,
    ...body.map((text) => `  ${text}`),
    '',
  ].join('\n');
}

/** The state that is read, in the order of its first use. */
function statesOf(recorded: RecordedFunction): NamedSource[] {
  const needed = neededOf(recorded).ops;
  const sources = [
    ...recorded.ops.flatMap((op) => (needed.has(op) ? op.inputs : [])),
    ...recorded.outputs.values(),
    ...recorded.state.values(),
  ];
  const states = new Map<string, NamedSource>();
  for (const source of sources) {
    if (source.kind === 'state' && !states.has(source.name)) states.set(source.name, source);
  }
  return [...states.values()];
}

function specText({ dtype, shape }: TensorSpec): string {
  return `${dtype}[${shape.join(', ')}]`;
}

function attributes({ attrs }: RecordedOp): string[] {
  return Object.entries(attrs).flatMap(([name, attr]) =>
    'type' in attr ? [] : [`${name}=${attributeText(attr)}`],
  );
}

function attributeText(attr: Exclude<OpAttr, { type: unknown }>): string {
  const [value] = Object.values(attr) as (string | number | boolean | readonly (number | boolean)[])[];
  return typeof value === 'object' ? `[${value.join(', ')}]` : String(value);
}

/** `0.5`, `[2, 3]`, `float32[2, 2](0.0, 1.0, 1.0, 0.0)`, `float32[2, 2](all 0.5)` or `float32[100](#41c3f2aa)`. */
function constantText(constant: ConstantValue): string {
  const { dtype, shape, data } = constant;
  const values = () => Array.from(data, (value) => numberText(dtype, value)).join(', ');
  if (shape.length === 0) return values();
  const count = elementCount(shape);
  if (data.length === 1 && count > 1) return `${specText(constant)}(all ${values()})`;
  if (data.length > MAX_ELEMENTS) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return `${specText(constant)}(#${createHash('sha256').update(bytes).digest('hex').slice(0, 8)})`;
  }
  return shape.length === 1 ? `[${values()}]` : `${specText(constant)}(${values()})`;
}

/** A float in the fewest digits that tell it from its neighbours, and always with a point or an exponent. */
function numberText(dtype: ConstantValue['dtype'], value: number): string {
  if (dtype === 'bool') return value === 0 ? 'false' : 'true';
  if (dtype !== 'float32') return String(value);
  if (Object.is(value, -0)) return '-0.0';
  if (!Number.isFinite(value)) return String(value);
  let text = String(value);
  for (let digits = 1; digits <= 9; digits++) {
    const shorter = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(shorter)) !== value) continue;
    text = shorter;
    break;
  }
  return /[.e]/.test(text) ? text : `${text}.0`;
}
