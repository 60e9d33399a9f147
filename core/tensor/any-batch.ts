/**
 * Functions for a batch of any size. A recording has the lengths of its tensors in it; so such a function is recorded
 * for two sizes, and wherever the two differ, what TensorFlow can find out by itself takes the number's place.
 */
import { ANY, inputsFor, type InputSpec, type ProgramFunction } from './program.ts';
import {
  allElements,
  type ConstantValue,
  type RecordedFunction,
  type RecordedOp,
  type Source,
} from './recorded-graph.ts';
import { traceFunction } from './trace.ts';

/** Sizes that such a function is recorded for; a batch is cut into lanes, so they are even. */
export const RECORDED_BATCHES = [4, 6] as const;

/**
 * As `traceFunction`; with a first length of {@link ANY} among the inputs, the lengths in its operations are those of
 * the first of {@link RECORDED_BATCHES}, but no constant and no shape of an output depends on them.
 * @throws Error also where the function does something else, or computes with other numbers, for another batch
 */
export function recordFunction(
  name: string,
  definition: ProgramFunction,
  specs: ReadonlyMap<string, InputSpec>,
  withSites = false,
): RecordedFunction {
  if (!Object.values(definition.inputs).some(({ shape }) => shape[0] === ANY))
    return traceFunction(name, definition, specs, withSites);
  const [one, other] = RECORDED_BATCHES.map((batch) => {
    const inputs = inputsFor(definition.inputs, batch);
    return traceFunction(name, { ...definition, inputs }, specs, withSites);
  });
  try {
    return { ...new Merge(one!, other!).recorded(), inputs: new Map(Object.entries(definition.inputs)) };
  } catch (error) {
    if (withSites) throw error;
    // Once more, to say where.
    return recordFunction(name, definition, specs, true);
  }
}

class Merge {
  readonly #merged = new Map<RecordedOp, RecordedOp>();
  readonly #counterparts = new Map<RecordedOp, RecordedOp>();

  constructor(
    private readonly one: RecordedFunction,
    private readonly other: RecordedFunction,
  ) {}

  recorded(): RecordedFunction {
    const { one, other } = this;
    const ops = one.ops.map((op, i) => {
      const counterpart = other.ops[i];
      if (counterpart?.name !== op.name) throw this.#error(op, 'is there for some batches only');
      const merged = this.#op(op, counterpart);
      this.#merged.set(op, merged);
      this.#counterparts.set(op, counterpart);
      return merged;
    });
    if (other.ops.length !== ops.length)
      throw this.#error(other.ops[ops.length]!, 'is there for some batches only');
    const results = (these: RecordedFunction['outputs'], those: RecordedFunction['outputs']) =>
      new Map([...these].map(([key, source]) => [key, this.#result(key, source, those.get(key))]));
    return {
      ...one,
      ops,
      outputs: results(one.outputs, other.outputs),
      state: results(one.state, other.state),
    };
  }

  #op(op: RecordedOp, counterpart: RecordedOp): RecordedOp {
    if (JSON.stringify(op.attrs) !== JSON.stringify(counterpart.attrs))
      throw this.#error(op, 'has attributes that depend on the size of the batch');
    const differing = op.inputs.flatMap((source, i) => {
      const that = counterpart.inputs[i];
      return that !== undefined && this.#agree(source, that) ? [] : [i];
    });
    const inputs = op.inputs.map((source) => this.#source(source));
    if (op.inputs.length === counterpart.inputs.length && differing.length === 0) return { ...op, inputs };
    const [at] = differing;
    if (differing.length === 1 && at === 1) {
      if (op.name === 'Reshape') {
        const shape = openShape(op.inputs[1]!, counterpart.inputs[1]!);
        if (shape !== null) return { ...op, inputs: [inputs[0]!, shape] };
      }
      const parts = equalParts(op.inputs[1]!) && equalParts(counterpart.inputs[1]!);
      if (op.name === 'SplitV' && parts) {
        const { T } = op.attrs;
        if (T !== undefined)
          return {
            ...op,
            name: 'Split',
            attrs: { num_split: { int: op.outputs.length }, T },
            inputs: [inputs[2]!, inputs[0]!],
          };
      }
    }
    throw this.#error(op, 'computes with a number that depends on the size of the batch');
  }

  /** Whether two sources, one of each recording, are the same thing. */
  #agree(source: Source, that: Source): boolean {
    if (source.kind === 'constant')
      return that.kind === 'constant' && source.dtype === that.dtype && sameValues(source, that);
    if (source.kind === 'op')
      return (
        that.kind === 'op' && this.#counterparts.get(source.op) === that.op && source.output === that.output
      );
    return that.kind === source.kind && that.name === source.name;
  }

  #source(source: Source): Source {
    if (source.kind !== 'op') return source;
    const op = this.#merged.get(source.op);
    if (op === undefined) throw new Error('an operation comes before its input');
    return { ...source, op };
  }

  #result(key: string, source: Source, that: Source | undefined): Source {
    if (that === undefined || !this.#agree(source, that))
      throw new Error(`${this.one.name} gives something else as ${key} for another batch`);
    const shape = source.shape.map((length, axis) => (length === that.shape[axis] ? length : ANY));
    return { ...this.#source(source), shape };
  }

  #error({ name, site }: RecordedOp, what: string): Error {
    return new Error(
      `${this.one.name} is to take a batch of any size, but ${name} ${what}${site ? ` (${site})` : ''}`,
    );
  }
}

function sameValues(a: ConstantValue, b: ConstantValue): boolean {
  if (a.shape.join() !== b.shape.join() || a.data.length !== b.data.length) return false;
  const bytes = ({ data }: ConstantValue) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return bytes(a).equals(bytes(b));
}

/** A shape with its one length that depends on the batch left open; null when there are more. */
function openShape(a: Source, b: Source): ConstantValue | null {
  if (a.kind !== 'constant' || b.kind !== 'constant' || a.shape.join() !== b.shape.join()) return null;
  const [these, those] = [allElements(a), allElements(b)];
  const data = Int32Array.from(these, (length, i) => (length === those[i] ? length : ANY));
  return data.filter((length) => length === ANY).length === 1 ? { ...a, data } : null;
}

function equalParts(source: Source): boolean {
  return source.kind === 'constant' && new Set(source.data).size === 1;
}
