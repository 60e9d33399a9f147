/** The nodes of a graph while it is written: variables, placeholders, constants, and operations in either precision. */
import { createHash } from 'node:crypto';
import type { OpAttr, TfTypeName } from './op-attr.ts';
import { typeAttrsOfInputs } from './op-types.ts';
import { inBfloat16, isFloat, type Bfloat16Kernels } from './products.ts';
import type { ConstantValue, RecordedOp, TensorSpec } from './recorded-graph.ts';
import type { GraphNode } from './saved-model.ts';

export interface Variable {
  readonly name: string;
  readonly index: number;
  readonly spec: TensorSpec;
  readonly handle: string;
}

export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly #constants = new Map<string, string>();
  readonly #factors = new Map<string, string>();
  readonly #bfloat16: Bfloat16Kernels;

  constructor(bfloat16: Bfloat16Kernels) {
    this.#bfloat16 = bfloat16;
  }

  /** Adds a node and gives its name. */
  node(
    name: string,
    op: string,
    inputs: readonly string[],
    attrs: GraphNode['attrs'],
    site: string | null = null,
  ): string {
    this.nodes.push({ name, op, inputs, attrs, site });
    return name;
  }

  variable(index: number, name: string, { shape, dtype }: TensorSpec): string {
    const attrs = {
      dtype: { type: dtype },
      shape: { shape },
      // Names the variable's storage; without it all of one type would be the same.
      shared_name: { string: `${index}/${name}` },
    } as const;
    return `${this.node(`variable_${index}`, 'VarHandleOp', [], attrs)}:0`;
  }

  /**
   * A placeholder and a copy of what is fed to it. The copy is needed: TensorFlow would keep the caller's own
   * memory as the value of a variable that is assigned from it.
   */
  input(name: string, { shape, dtype }: TensorSpec): { feed: string; value: string } {
    const feed = `${this.node(name, 'Placeholder', [], { dtype: { type: dtype }, shape: { shape } })}:0`;
    return { feed, value: `${this.node(`${name}_copy`, 'DeepCopy', [feed], { T: { type: dtype } })}:0` };
  }

  read(name: string, { handle, spec }: Variable): string {
    return this.node(name, 'ReadVariableOp', [handle], { dtype: { type: spec.dtype } });
  }

  assign(name: string, { handle, spec }: Variable, value: string, after: readonly string[]): string {
    const inputs = [handle, value, ...after.map((node) => `^${node}`)];
    return this.node(name, 'AssignVariableOp', inputs, { dtype: { type: spec.dtype } });
  }

  /** A value that is there once all of `nodes` ran. */
  after(name: string, nodes: readonly string[]): string {
    const zero = this.constant({ kind: 'constant', dtype: 'int32', shape: [], data: Int32Array.of(0) });
    const inputs = [zero, ...nodes.map((node) => `^${node}`)];
    return `${this.node(name, 'Identity', inputs, { T: { type: 'int32' } })}:0`;
  }

  cast(name: string, value: string, from: TfTypeName, to: TfTypeName): string {
    const attrs = { SrcT: { type: from }, DstT: { type: to }, Truncate: { bool: false } };
    return `${this.node(name, 'Cast', [value], attrs)}:0`;
  }

  /** A product of float32 tensors, its float factors and its result rounded to bfloat16. */
  product(name: string, op: RecordedOp, inputs: readonly string[], attrs: GraphNode['attrs']): void {
    const factors = inputs.map((value, index) =>
      isFloat(known(op.inputs[index])) ? this.#factor(value) : value,
    );
    if (this.#bfloat16 === 'native') {
      const product = this.node(`${name}_bfloat16`, op.name, factors, inBfloat16(attrs), op.site);
      this.cast(name, `${product}:0`, 'bfloat16', 'float32');
    } else {
      const product = this.node(`${name}_float32`, op.name, factors, attrs, op.site);
      const rounded = this.cast(`${name}_rounded`, `${product}:0`, 'float32', 'bfloat16');
      this.cast(name, rounded, 'bfloat16', 'float32');
    }
  }

  /** A float32 value as a factor of products in bfloat16; once for all of them. */
  #factor(value: string): string {
    let ref = this.#factors.get(value);
    if (ref === undefined) {
      const name = value.replace(':', '_');
      ref = this.cast(`${name}_rounded`, value, 'float32', 'bfloat16');
      if (this.#bfloat16 === 'rounded') ref = this.cast(`${name}_widened`, ref, 'bfloat16', 'float32');
      this.#factors.set(value, ref);
    }
    return ref;
  }

  /**
   * One of two values as it is, where SelectV2 makes a copy: a Switch lets a value through or not, and the Merge takes
   * the one that comes.
   */
  choice(
    name: string,
    [condition = '', then = '', otherwise = '']: readonly string[],
    attrs: GraphNode['attrs'],
  ): void {
    this.node(`${name}_then`, 'Switch', [then, condition], attrs);
    this.node(`${name}_else`, 'Switch', [otherwise, condition], attrs);
    this.node(name, 'Merge', [`${name}_else:0`, `${name}_then:1`], { ...attrs, N: { int: 2 } });
  }

  /** Equal constants become one node. */
  constant(value: ConstantValue): string {
    const { dtype, shape, data } = value;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${dtype} ${shape.join()} ${createHash('sha256').update(bytes).digest('base64')}`;
    let ref = this.#constants.get(key);
    if (ref === undefined) {
      const name = `constant_${this.#constants.size}`;
      ref = `${this.node(name, 'Const', [], { dtype: { type: dtype }, value: { tensor: value } })}:0`;
      this.#constants.set(key, ref);
    }
    return ref;
  }
}

/** A recorded call's attributes with the types that eager execution takes from the inputs. */
export function withInferredTypes(op: RecordedOp): GraphNode['attrs'] {
  const attrs: Record<string, OpAttr> = { ...op.attrs };
  typeAttrsOfInputs(op.name).forEach((name, i) => {
    const type: TfTypeName | undefined = op.inputs[i]?.dtype;
    if (name !== null && type !== undefined) attrs[name] ??= { type };
  });
  return attrs;
}

/** @throws Error when something is named that is not in the graph */
export function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('graph refers to a node that was not added');
  return value;
}
