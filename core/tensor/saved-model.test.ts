import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type { GraphNode } from './saved-model.ts';
import { encodeSavedModel } from './saved-model.ts';

/** Of the classes generated from TensorFlow's .proto files what is used here to read our bytes. */
interface Messages {
  SavedModel: { deserializeBinary(bytes: Uint8Array): { toObject(): SavedModelObject } };
}
interface SavedModelObject {
  savedModelSchemaVersion: number;
  metaGraphsList: {
    metaInfoDef: { tagsList: string[] };
    graphDef: {
      versions: { producer: number };
      nodeList: { name: string; op: string; inputList: string[]; attrMap: [string, unknown][] }[];
    };
    signatureDefMap: [string, unknown][];
  }[];
}
const messages = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js') as Messages;

const decoded = (...given: Parameters<typeof encodeSavedModel>) =>
  messages.SavedModel.deserializeBinary(encodeSavedModel(...given)).toObject();

const constant = (
  tensor: Pick<
    Extract<GraphNode['attrs'][string], { tensor: unknown }>['tensor'],
    'dtype' | 'shape' | 'data'
  >,
): GraphNode => ({
  name: 'c',
  op: 'Const',
  inputs: [],
  attrs: { dtype: { type: tensor.dtype }, value: { tensor: { kind: 'constant', ...tensor } } },
});

describe('encodeSavedModel', () => {
  it('says what a graph is, as the generated classes read it', () => {
    const name = 'ä'.repeat(200);
    const [graph] = decoded([
      { name, op: 'Neg', inputs: ['a:0', '^b'], attrs: { T: { type: 'bfloat16' } } },
    ]).metaGraphsList;
    expect(graph?.metaInfoDef.tagsList).toEqual(['serve']);
    expect(graph?.graphDef.versions.producer).toBe(1087);
    expect(graph?.graphDef.nodeList).toMatchObject([{ name, op: 'Neg', inputList: ['a:0', '^b'] }]);
  });

  it.each<[string, GraphNode['attrs'][string], object]>([
    ['a type', { type: 'resource' }, { type: 20 }],
    ['a text', { string: 'SAME' }, { s: Buffer.from('SAME').toString('base64') }],
    ['an integer', { int: -1 }, { i: -1 }],
    ['a large integer', { int: 2 ** 40 }, { i: 2 ** 40 }],
    ['a number', { float: 0.5 }, { f: 0.5 }],
    ['a truth value', { bool: true }, { b: true }],
    ['a shape', { shape: [-1, 300] }, { shape: { dimList: [{ size: -1 }, { size: 300 }] } }],
    ['integers', { int: [1, 200, -3] }, { list: { iList: [1, 200, -3] } }],
    ['numbers', { float: [1, -0.25] }, { list: { fList: [1, -0.25] } }],
    ['truth values', { bool: [true, false] }, { list: { bList: [true, false] } }],
  ])('writes %s', (_, attr, expected) => {
    const [node] =
      decoded([{ name: 'n', op: 'X', inputs: [], attrs: { a: attr } }]).metaGraphsList[0]?.graphDef
        .nodeList ?? [];
    expect(node?.attrMap).toMatchObject([['a', expected]]);
  });

  it('writes constants, one value for all where all are the same', () => {
    const contentOf = (node: GraphNode) =>
      decoded([node]).metaGraphsList[0]?.graphDef.nodeList[0]?.attrMap.find(([key]) => key === 'value')?.[1];
    expect(contentOf(constant({ dtype: 'float32', shape: [10], data: Float32Array.of(0.5) }))).toMatchObject({
      tensor: { dtype: 1, tensorShape: { dimList: [{ size: 10 }] }, floatValList: [0.5], tensorContent: '' },
    });
    expect(contentOf(constant({ dtype: 'int32', shape: [], data: Int32Array.of(-7) }))).toMatchObject({
      tensor: { dtype: 3, intValList: [-7] },
    });
    expect(contentOf(constant({ dtype: 'bool', shape: [2], data: Uint8Array.of(1) }))).toMatchObject({
      tensor: { dtype: 10, boolValList: [true] },
    });
    const data = Float32Array.from({ length: 100 }, (_, i) => i);
    expect(contentOf(constant({ dtype: 'float32', shape: [100], data: data.subarray(1, 3) }))).toMatchObject({
      tensor: { tensorContent: Buffer.from(Float32Array.of(1, 2).buffer).toString('base64') },
    });
  });

  it('writes signatures', () => {
    const tensor = { name: 'f/x:0', dtype: 'float32', shape: [-1, 2] } as const;
    const signature = { inputs: new Map([['x', tensor]]), outputs: new Map() };
    expect(decoded([], new Map([['f', signature]])).metaGraphsList[0]?.signatureDefMap).toMatchObject([
      [
        'f',
        {
          inputsMap: [
            ['x', { name: 'f/x:0', dtype: 1, tensorShape: { dimList: [{ size: -1 }, { size: 2 }] } }],
          ],
        },
      ],
    ]);
  });
});
