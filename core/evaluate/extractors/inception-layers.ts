/** The convolutions of TensorFlow's Inception v3 of 2015, as torchvision names them (models/inception.py). */
import type { FoldedConvolution } from './folded-convolution.ts';

export interface InceptionConv extends FoldedConvolution {
  stride: 1 | 2;
  /** Zeros around, so that the size stays; else none. */
  same: boolean;
}

/** A chain of convolutions: each takes what the one before gave. */
export type Chain = readonly InceptionConv[];

export type PoolKind = 'average' | 'max' | 'max-halving';

/** Branches side by side, their outputs joined in this order. A pool comes before the last branch, or is it. */
export interface Block {
  branches: readonly Chain[];
  /** Branches whose last outputs are split: each of the two convolutions takes the same input (block E). */
  forks: readonly { stem: Chain; tips: readonly [InceptionConv, InceptionConv] }[];
  pool: PoolKind;
  afterPool: Chain;
}

type Kernel = readonly [number, number];

function conv(
  name: string,
  inputs: number,
  outputs: number,
  kernel: Kernel,
  { stride = 1, same = true }: { stride?: 1 | 2; same?: boolean } = {},
): InceptionConv {
  return {
    conv: `${name}.conv`,
    norm: `${name}.bn`,
    inputs,
    outputs,
    kernel,
    depthwise: false,
    stride,
    same,
  };
}

/** Convolutions after one another: `[name, outputs, kernel, options]` each. */
function chain(
  block: string,
  inputs: number,
  rows: readonly (readonly [string, number, Kernel, { stride?: 1 | 2; same?: boolean }?])[],
): Chain {
  let from = inputs;
  return rows.map(([name, outputs, kernel, options]) => {
    const layer = conv(`${block}.${name}`, from, outputs, kernel, options);
    from = outputs;
    return layer;
  });
}

const ONE: Kernel = [1, 1];
const THREE: Kernel = [3, 3];
const FIVE: Kernel = [5, 5];
const ACROSS_7: Kernel = [1, 7];
const DOWN_7: Kernel = [7, 1];
const ACROSS_3: Kernel = [1, 3];
const DOWN_3: Kernel = [3, 1];
const HALVING = { stride: 2, same: false } as const;

function blockA(name: string, inputs: number, pool: number): Block {
  return {
    branches: [
      chain(name, inputs, [['branch1x1', 64, ONE]]),
      chain(name, inputs, [
        ['branch5x5_1', 48, ONE],
        ['branch5x5_2', 64, FIVE],
      ]),
      chain(name, inputs, [
        ['branch3x3dbl_1', 64, ONE],
        ['branch3x3dbl_2', 96, THREE],
        ['branch3x3dbl_3', 96, THREE],
      ]),
    ],
    forks: [],
    pool: 'average',
    afterPool: chain(name, inputs, [['branch_pool', pool, ONE]]),
  };
}

function blockB(name: string, inputs: number): Block {
  return {
    branches: [
      chain(name, inputs, [['branch3x3', 384, THREE, HALVING]]),
      chain(name, inputs, [
        ['branch3x3dbl_1', 64, ONE],
        ['branch3x3dbl_2', 96, THREE],
        ['branch3x3dbl_3', 96, THREE, HALVING],
      ]),
    ],
    forks: [],
    pool: 'max-halving',
    afterPool: [],
  };
}

function blockC(name: string, inner: number): Block {
  const inputs = 768;
  return {
    branches: [
      chain(name, inputs, [['branch1x1', 192, ONE]]),
      chain(name, inputs, [
        ['branch7x7_1', inner, ONE],
        ['branch7x7_2', inner, ACROSS_7],
        ['branch7x7_3', 192, DOWN_7],
      ]),
      chain(name, inputs, [
        ['branch7x7dbl_1', inner, ONE],
        ['branch7x7dbl_2', inner, DOWN_7],
        ['branch7x7dbl_3', inner, ACROSS_7],
        ['branch7x7dbl_4', inner, DOWN_7],
        ['branch7x7dbl_5', 192, ACROSS_7],
      ]),
    ],
    forks: [],
    pool: 'average',
    afterPool: chain(name, inputs, [['branch_pool', 192, ONE]]),
  };
}

function blockD(name: string, inputs: number): Block {
  return {
    branches: [
      chain(name, inputs, [
        ['branch3x3_1', 192, ONE],
        ['branch3x3_2', 320, THREE, HALVING],
      ]),
      chain(name, inputs, [
        ['branch7x7x3_1', 192, ONE],
        ['branch7x7x3_2', 192, ACROSS_7],
        ['branch7x7x3_3', 192, DOWN_7],
        ['branch7x7x3_4', 192, THREE, HALVING],
      ]),
    ],
    forks: [],
    pool: 'max-halving',
    afterPool: [],
  };
}

function blockE(name: string, inputs: number, pool: PoolKind): Block {
  const tips = (stem: string, letters: string): [InceptionConv, InceptionConv] => [
    conv(`${name}.${stem}_${letters}a`, 384, 384, ACROSS_3),
    conv(`${name}.${stem}_${letters}b`, 384, 384, DOWN_3),
  ];
  return {
    branches: [chain(name, inputs, [['branch1x1', 320, ONE]])],
    forks: [
      { stem: chain(name, inputs, [['branch3x3_1', 384, ONE]]), tips: tips('branch3x3', '2') },
      {
        stem: chain(name, inputs, [
          ['branch3x3dbl_1', 448, ONE],
          ['branch3x3dbl_2', 384, THREE],
        ]),
        tips: tips('branch3x3dbl', '3'),
      },
    ],
    pool,
    afterPool: chain(name, inputs, [['branch_pool', 192, ONE]]),
  };
}

/** Before the blocks; a maximum over 3 × 3 in steps of 2 follows each part. */
export const STEM: readonly Chain[] = [
  [
    conv('Conv2d_1a_3x3', 3, 32, THREE, HALVING),
    conv('Conv2d_2a_3x3', 32, 32, THREE, { same: false }),
    conv('Conv2d_2b_3x3', 32, 64, THREE),
  ],
  [conv('Conv2d_3b_1x1', 64, 80, ONE), conv('Conv2d_4a_3x3', 80, 192, THREE, { same: false })],
];

/**
 * The blocks as FID has them: means over the pixels that are there, and in the last block the maximum instead (pytorch-fid
 * 0.3.0, inception.py, which calls that likely an error of the network of 2015, and keeps it as everybody does).
 */
export const BLOCKS: readonly Block[] = [
  blockA('Mixed_5b', 192, 32),
  blockA('Mixed_5c', 256, 64),
  blockA('Mixed_5d', 288, 64),
  blockB('Mixed_6a', 288),
  blockC('Mixed_6b', 128),
  blockC('Mixed_6c', 160),
  blockC('Mixed_6d', 160),
  blockC('Mixed_6e', 192),
  blockD('Mixed_7a', 768),
  blockE('Mixed_7b', 1280, 'average'),
  blockE('Mixed_7c', 2048, 'max'),
];

/** All convolutions in their order. */
export function inceptionConvs(): InceptionConv[] {
  return [
    ...STEM.flat(),
    ...BLOCKS.flatMap(({ branches, forks, afterPool }) => [
      ...branches.flat(),
      ...forks.flatMap(({ stem, tips }) => [...stem, ...tips]),
      ...afterPool,
    ]),
  ];
}
