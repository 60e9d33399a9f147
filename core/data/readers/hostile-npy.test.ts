import { describe, expect, it } from 'vitest';
import { put, readAll, refusal } from './test-hostile.ts';

describe('npy files', () => {
  const npy = (
    descr: string,
    shape: string,
    data: Uint8Array = new Uint8Array(),
    fortran = 'False',
  ): Buffer => {
    const text = `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
    const head = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
    head.writeUInt16LE(text.length, 8);
    return Buffer.concat([head, Buffer.from(text), data]);
  };

  it.each([
    [
      'objects',
      npy("'|O'", '(3,)'),
      'a.npy holds Python objects, which are never opened because they may run code; save it as an array of numbers.',
    ],
    [
      'records',
      npy("[('a', '<f4')]", '(3,)'),
      'a.npy holds records of several fields; save the images alone as an array of numbers.',
    ],
    [
      'complex',
      npy("'<c8'", '(3, 8, 8)'),
      'a.npy holds complex numbers, which are no pixels; save the images as uint8 or float32.',
    ],
    [
      'shape',
      npy("'|u1'", '(3,)', Buffer.alloc(3)),
      'a.npy has the shape 3, but images need N×H×W, N×H×W×C or N×C×H×W with 1, 3 or 4 channels; reshape it first.',
    ],
    [
      'channels',
      npy("'|u1'", '(3, 8, 8, 5)', Buffer.alloc(960)),
      'a.npy has the shape 3 × 8 × 8 × 5, but images need N×H×W, N×H×W×C or N×C×H×W with 1, 3 or 4 channels; reshape it first.',
    ],
    ['none', npy("'|u1'", '(0, 8, 8)'), 'a.npy is empty: it has the shape 0 × 8 × 8; choose another file.'],
    [
      'huge',
      npy("'|u1'", '(60000, 100000, 100000)'),
      'a.npy has the shape 60000 × 100000 × 100000, more than the 50 million images of 100 million pixels that can be read; save it in parts.',
    ],
    [
      'short',
      npy("'|u1'", '(60000, 28, 28)', Buffer.alloc(100)),
      'a.npy is cut off: its header says 47,040,079 bytes, but it has 179 bytes; copy or download it again.',
    ],
    [
      'long',
      npy("'|u1'", '(1, 8, 8)', Buffer.alloc(100)),
      'a.npy is damaged: its header says 137 bytes, but it has 173 bytes; copy or download it again.',
    ],
    [
      'range',
      npy(
        "'<f4'",
        '(1, 8, 8)',
        new Uint8Array(Float32Array.from({ length: 64 }, (_, i) => i * 100 - 300).buffer),
      ),
      'a.npy holds float32 values from -300 to 6000; scale them to 0 to 1, -1 to 1 or 0 to 255 first.',
    ],
    [
      'header',
      Buffer.from('\x93NUMPY\x01\0\x05\0hello', 'latin1'),
      'a.npy is damaged: its header cannot be read; copy or download it again.',
    ],
    [
      'version',
      Buffer.from('\x93NUMPY\x09\0\x05\0hello', 'latin1'),
      'a.npy is an npy file of version 9.0, of which 1 to 3 can be read; save it with numpy.save.',
    ],
    [
      'header size',
      Buffer.from('\x93NUMPY\x02\0\xff\xff\xff\xffhello', 'latin1'),
      'a.npy is damaged: its header says that it is 4,294,967,295 bytes long; copy or download it again.',
    ],
  ])('%s', async (_what, bytes, message) => {
    expect(await refusal(put('a.npy', bytes))).toBe(message);
  });

  it('leave out images with a value that is no pixel', async () => {
    const values = Float32Array.from({ length: 256 }, (_, i) => (i % 64) / 63);
    values[70] = NaN;
    values[140] = 7;
    const file = put('nan.npy', npy("'<f4'", '(4, 8, 8)', new Uint8Array(values.buffer)));
    values[140] = Infinity;
    const other = put('inf.npy', npy("'<f4'", '(4, 8, 8)', new Uint8Array(values.buffer)));
    expect((await readAll({ kind: null, paths: [file] })).skipped).toEqual([
      'nan.npy[1]: a value that is not a number (NaN)',
    ]);
    expect((await readAll({ kind: null, paths: [other] })).skipped).toEqual([
      'inf.npy[1]: a value that is not a number (NaN)',
      'inf.npy[2]: a value of Infinity where others go from 0 to 1',
    ]);
  });
});
