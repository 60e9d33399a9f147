import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordFunction } from './any-batch.ts';
import { compileProgram } from './compile.ts';
import { GraphCache } from './graph-cache.ts';
import { printFunction } from './print-graph.ts';
import { ANY, stateSpecs, tensorNamed, type Initial, type ProgramFunction } from './program.ts';
import { executeOpOutputs, tf, type Tensor } from './tf.ts';

const initial: Initial = { w: { shape: [3, 1], data: new Float32Array(3) } };

const printed = (name: string, definition: ProgramFunction) =>
  printFunction(recordFunction(name, definition, stateSpecs(initial)));

const lines = (text: string) => text.trimEnd().split('\n');

/** One step of gradient descent on a linear regression. */
const train: ProgramFunction = {
  inputs: { x: { shape: [4, 3], dtype: 'float32' }, y: { shape: [4, 1], dtype: 'float32' } },
  run(state, inputs) {
    const { value, grad } = tf.valueAndGrad((w: Tensor) =>
      tf.sum(tf.square(tf.sub(tf.matMul(tensorNamed(inputs, 'x'), w), tensorNamed(inputs, 'y')))).asScalar(),
    )(tensorNamed(state, 'w'));
    return { outputs: { loss: value }, state: { w: tf.sub(tensorNamed(state, 'w'), tf.mul(grad, 0.1)) } };
  },
};

describe('a printed function', () => {
  it('says what it takes, computes and gives', () => {
    expect(lines(printed('train', train))).toEqual([
      'train(state w: float32[3, 1], input x: float32[4, 3], input y: float32[4, 1])',
      '  %0: float32[4, 1] = BatchMatMulV2(x, w) adj_x=false adj_y=false',
      '  %1: float32[4, 1] = Sub(%0, y)',
      '  %2: float32[4, 1] = Square(%1)',
      '  %3: float32[] = Sum(%2, [0, 1]) keep_dims=false',
      '  %4: float32[] = Reshape(%3, [])',
      '  %5: float32[4, 1] = Cast(%1) Truncate=false',
      '  %6: float32[4, 1] = Mul(%5, 2.0)',
      '  %7: float32[4, 1] = Mul(float32[4, 1](all 1.0), %6)',
      '  %8: float32[4, 1] = Reshape(%7, [4, 1])',
      '  %9: float32[3, 1] = BatchMatMulV2(x, %8) adj_x=true adj_y=false',
      '  %10: float32[3, 1] = Mul(%9, 0.1)',
      '  %11: float32[3, 1] = Sub(w, %10)',
      '  output loss = %4',
      '  state w = %11',
    ]);
  });

  it('shows constants, short or by a hash, and which of several outputs is meant', () => {
    const text = printed('f', {
      precision: 'bfloat16',
      inputs: { x: { shape: [2, 4], dtype: 'float32' }, n: { shape: [2], dtype: 'int32' } },
      run(_, inputs) {
        const x = tensorNamed(inputs, 'x');
        const [, second = x] = executeOpOutputs(
          'SplitV',
          { num_split: { int: 2 }, T: { type: 'float32' }, Tlen: { type: 'int32' } },
          [x, tf.tensor1d([1, 3], 'int32'), tf.scalar(1, 'int32')],
          2,
        );
        return {
          outputs: {
            a: tf.mul(second, tf.tensor2d([0.1, 1, 1e-8, -0, NaN, 3], [2, 3])),
            b: tf.add(x, tf.fill([2, 4], 0.25)),
            c: tf.add(x, tf.tensor2d([0, 1, 2, 3, 4, 5, 6, 7], [2, 4])),
            d: tf.add(tf.tile(x, [1, 3]), tf.range(0, 24).reshape([2, 12])),
            e: tf.add(tensorNamed(inputs, 'n'), tf.scalar(7, 'int32')),
          },
        };
      },
    });
    expect(lines(text)).toEqual([
      'f(input x: float32[2, 4], input n: int32[2]) in bfloat16',
      '  %0: float32[2, 1], float32[2, 3] = SplitV(x, [1, 3], 1) num_split=2',
      '  %1: float32[2, 3] = Mul(%0:1, float32[2, 3](0.1, 1.0, 1e-8, -0.0, NaN, 3.0))',
      '  %2: float32[2, 4] = Add(x, float32[2, 4](all 0.25))',
      '  %3: float32[2, 4] = Add(x, float32[2, 4](0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0))',
      '  %4: float32[2, 12] = Tile(x, [1, 3])',
      '  %5: float32[2, 12] = Add(%4, float32[2, 12](#45a99655))',
      '  %6: int32[2] = Add(n, 7)',
      '  output a = %1',
      '  output b = %2',
      '  output c = %3',
      '  output d = %5',
      '  output e = %6',
    ]);
  });

  it('leaves out what nothing depends on, but counts it', () => {
    const text = printed('f', {
      inputs: { x: { shape: [ANY, 3], dtype: 'float32' } },
      run(state, inputs) {
        tf.exp(tensorNamed(state, 'w'));
        return { outputs: { y: tf.matMul(tensorNamed(inputs, 'x'), tensorNamed(state, 'w')) } };
      },
    });
    expect(lines(text)).toEqual([
      'f(state w: float32[3, 1], input x: float32[-1, 3])',
      '  %1: float32[4, 1] = BatchMatMulV2(x, w) adj_x=false adj_y=false',
      '  output y = %1',
    ]);
  });
});

describe('a dumped graph', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'covae-dump-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('has its text beside it, with places in the sources, also where the graph was kept', () => {
    const cache = new GraphCache(path.join(folder, 'cache'));
    const compile = (dumpDir?: string) => {
      const program = compileProgram(initial, { train }, { cache, origin: 1, ...(dumpDir && { dumpDir }) });
      program.dispose();
    };
    compile();
    compile(path.join(folder, 'dump'));
    const text = readFileSync(path.join(folder, 'dump', 'graph.txt'), 'utf8');
    expect(text).toMatch(/^train\(/);
    expect(text).toMatch(/MatMulV2\(x, w\).* # core\/tensor\/print-graph\.test\.ts:\d+/);
    expect(text.replaceAll(/ # .*/g, '')).toBe(printed('train', train));
  });
});
