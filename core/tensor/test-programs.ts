/** Small programs run in both ways, for the tests of recording, graphs and state. */
import { afterEach, expect } from 'vitest';
import { elementCount } from '../shape.ts';
import { compileProgram } from './compile.ts';
import { eagerProgram } from './eager.ts';
import type { Initial, NumberArray, Program, ProgramFunctions, Tensors } from './program.ts';
import type { tf } from './tf.ts';

/** Programs to be freed after the test. */
const open: Program[] = [];
afterEach(() => {
  for (const program of open.splice(0)) program.dispose();
});

/** Frees a program after the test. */
export function disposed<T extends Program>(program: T): T {
  open.push(program);
  return program;
}

/** The same program in both executions. */
export function both(initial: Initial, functions: ProgramFunctions): { eager: Program; compiled: Program } {
  const eager = disposed(eagerProgram(initial, functions));
  return { eager, compiled: compile(initial, functions) };
}

export function compile(initial: Initial, functions: ProgramFunctions): Program {
  return disposed(compileProgram(initial, functions));
}

/** A little pattern without randomness, between -1 and 1. */
export function wave(shape: number[], phase: number): { shape: number[]; data: Float32Array } {
  const count = elementCount(shape);
  return { shape, data: Float32Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + phase)) };
}

export function expectClose(actual: NumberArray, expected: NumberArray, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (const [i, value] of actual.entries()) {
    // `max` of anything and NaN is NaN, which is not below any tolerance.
    worst = Math.max(worst, Math.abs(value - (expected[i] ?? NaN)));
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}

export function expectSameState(eager: Program, compiled: Program, tolerance: number): void {
  const expected = eager.readState();
  const actual = compiled.readState();
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(actual[name]?.shape).toEqual(shape);
    expectClose(actual[name]?.data ?? new Float32Array(), data, tolerance);
  }
}

/** Tensor of a record. */
export function get(tensors: Tensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`no tensor ${name}`);
  return tensor;
}
