import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { namedTensors } from './named-tensors.ts';
import { PickleError, readPickle } from './pickle.ts';
import type { PyDict, PyList } from './python-values.ts';
import { NotMade, type PyValue } from './python-values.ts';
import { openTorchFile } from './torch-file.ts';
import { TorchNames } from './torch-names.ts';

/** Texts are bytes as they stand; numbers are bytes. */
function pickle(...parts: (string | number | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === 'number'
        ? Buffer.of(part)
        : typeof part === 'string'
          ? Buffer.from(part, 'latin1')
          : part,
    ),
  );
}

const text = (value: string): string => `\x8c${String.fromCharCode(value.length)}${value}`;
const name = (module: string, called: string): string => `c${module}\n${called}\n`;
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const STORAGE = `(${text('storage')}${name('torch', 'FloatStorage')}${text('0')}${text('cpu')}K\x06tQ`;
/** A tensor of a storage of six numbers. */
const tensor = (offset: string, shape: string, strides: string): string =>
  `${name('torch._utils', '_rebuild_tensor_v2')}(${STORAGE}${offset}${shape}${strides}\x89${name('collections', 'OrderedDict')})RtR`;
const GOOD = tensor('K\x00', 'K\x02K\x03\x86', 'K\x03K\x01\x86');

function run(bytes: Uint8Array): { value: PyValue; names: TorchNames } {
  const names = new TorchNames();
  return { value: readPickle(bytes, names).value, names };
}

const refused = (bytes: Uint8Array): string => {
  try {
    run(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(PickleError);
    return (error as PickleError).message;
  }
  return 'accepted';
};

describe('a pickle that wants to run something', () => {
  const SYSTEM = 'wants os.system to be run, which no file of weights needs; do not use it';
  it.each([
    ['os.system by REDUCE', [name('os', 'system'), `(${text('touch /tmp/x')}tR.`], SYSTEM],
    ['posix.system', [name('posix', 'system'), `(${text('id')}tR.`], 'wants posix.system to be run'],
    ['by STACK_GLOBAL', [text('os'), text('system'), `\x93(${text('id')}tR.`], SYSTEM],
    ['by INST', [`(${text('id')}ios\nsystem\n.`], SYSTEM],
    ['by OBJ', ['(', name('os', 'system'), text('id'), 'o.'], SYSTEM],
    ['by NEWOBJ', [name('os', 'system'), `(${text('id')}t\x81.`], SYSTEM],
    ['by NEWOBJ_EX', [name('os', 'system'), `(${text('id')}t}\x92.`], SYSTEM],
    ['kept in mind first', [name('os', 'system'), `\x94${text('id')}\x850h\x00(${text('id')}tR.`], SYSTEM],
    ['eval', [name('builtins', 'eval'), `(${text('1')}tR.`], 'wants builtins.eval to be run'],
    ['exec of Python 2', [name('__builtin__', 'execfile'), `(${text('1')}tR.`], 'wants __builtin__.execfile'],
    ['getattr', [name('builtins', 'getattr'), `(${text('1')}tR.`], 'wants builtins.getattr to be run'],
    [
      'a dotted name',
      [text('os'), text('path.join'), `\x93(${text('a')}tR.`],
      'wants os.path.join to be run',
    ],
    [
      'inside the arguments of another',
      [name('some', 'thing'), '(', name('os', 'system'), `(${text('id')}tRtR.`],
      SYSTEM,
    ],
    ['as a key of a dictionary', ['}', name('os', 'system'), `(${text('id')}tRNs.`], SYSTEM],
    [
      'the rebuilder of a tensor type',
      [name('torch._tensor', '_rebuild_from_type_v2'), '(', name('os', 'system'), 'N)NtR.'],
      'has a tensor of a kind that is not read',
    ],
    [
      'loading another pickle',
      [name('torch.serialization', 'load'), ')R.'],
      'wants torch.serialization.load to be run',
    ],
    ['ctypes', [name('ctypes', 'CDLL'), ')R.'], 'wants ctypes.CDLL to be run'],
    ['a registered extension', ['\x82\x01.'], "uses Python's registry of extensions"],
    ['one of four bytes', ['\x84\x01\x00\x00\x00.'], "uses Python's registry of extensions"],
  ])('%s', (_, parts, sentence) => {
    expect(refused(pickle(...parts))).toContain(sentence);
  });

  it('is not run where it is only named, or is not known', () => {
    expect(run(pickle(name('os', 'system'), '.')).names.notMade.size).toBe(0);
    const { value, names } = run(pickle(name('some', 'Thing'), ')R}', text('a'), 'K\x01sb.'));
    expect(value).toBeInstanceOf(NotMade);
    expect([...names.notMade]).toEqual(['some.Thing']);
  });

  it('is not followed by what the names in it are in JavaScript', () => {
    for (const called of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect(run(pickle(name('Object', called), ')R.')).value).toBeInstanceOf(NotMade);
      expect(run(pickle(name('', called), ')R.')).value).toBeInstanceOf(NotMade);
    }
    const { value } = run(pickle('}', text('__proto__'), `}${text('evil')}K\x01ss.`));
    expect((value as PyDict).entries.has('__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined();
  });

  it('runs nothing of a whole file either', async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-hostile-'));
    const mark = path.join(folder, 'mark');
    const file = path.join(folder, 'weights.pth');
    const system = `${name('os', 'system')}(${text(`touch ${mark}`)}tR`;
    await fs.writeFile(
      file,
      pickle(
        Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex'),
        '\x80\x02M\xe9\x03.',
        '}.',
        `}${text('a')}${system}s.`,
        '].',
      ),
    );
    for (const others of ['refuse', 'pass-over'] as const) {
      await expect(openTorchFile(file, { others })).rejects.toThrow(
        `${file} wants os.system to be run, which no file of weights needs; do not use it.`,
      );
    }
    await expect(fs.access(mark)).rejects.toThrow('ENOENT');
    await fs.rm(folder, { recursive: true });
  });
});

describe('a damaged pickle', () => {
  it.each([
    ['nothing', [], 'is cut off'],
    ['no such operation', ['\xff.'], 'has the operation 0xff, which is none'],
    ['of another version', ['\x80\x07.'], 'is of version 7'],
    ['nothing to give', ['.'], 'takes a value that is not there'],
    ['something left behind', ['NN.'], 'leaves values behind'],
    ['a mark as its value', ['(.'], 'takes a value that is not there'],
    ['no mark', ['NNt.'], 'takes a mark that is not there'],
    ['nothing kept in mind', ['h\x05.'], 'remembers a value that it has not kept'],
    ['a text that is too long', ['\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.'], 'is cut off'],
    ['a length below 0', ['T\xff\xff\xff\xff.'], 'has a length below 0'],
    ['a number too long to be one', ['\x8b\xff\xff\xff\x7f.'], 'has a number that is too long'],
    ['a number with too many digits', [`I${'9'.repeat(4000)}\n.`], 'has a number that is none'],
    ['a line without an end', ['I123'], 'has a line without an end'],
    ['a key without a value', ['(Nd.'], 'has a key without a value'],
    ['a list in place of a tuple', [name('collections', 'OrderedDict'), ']R.'], 'something that is no tuple'],
    ['a number that is called', ['K\x01)R.'], 'calls a value that is no function'],
    ['appending to a number', ['K\x01Na.'], 'appends to something that is no list'],
    ['buffers elsewhere', ['\x97.'], 'needs buffers that lie outside the file'],
  ])('%s', (_, parts, sentence) => {
    expect(refused(pickle(...parts))).toContain(sentence);
  });

  it('is refused wherever it is cut off', () => {
    const whole = pickle('\x80\x02}(', text('a'), GOOD, text('b'), 'K\x01u.');
    expect(namedTensors(run(whole).value).get('a')?.shape).toEqual([2, 3]);
    for (let length = 0; length < whole.length; length++) {
      expect(refused(whole.subarray(0, length)), `${length} bytes`).not.toBe('accepted');
    }
  });

  it.each([
    ['a reference that is a text', [text('x'), 'Q.'], 'has a reference that is none of PyTorch'],
    ['a reference in a line', ['Pstorage\n.'], 'has a reference that is none of PyTorch'],
    [
      'a storage without a type',
      [`(${text('storage')}N${text('0')}${text('cpu')}K\x06tQ.`],
      'holds numbers of the kind it does not say',
    ],
    [
      'a storage of complex numbers',
      [`(${text('storage')}${name('torch', 'ComplexFloatStorage')}${text('0')}${text('cpu')}K\x06tQ.`],
      'torch.ComplexFloatStorage, which is not read',
    ],
    [
      'a storage of -1 numbers',
      [`(${text('storage')}${name('torch', 'FloatStorage')}${text('0')}${text('cpu')}J\xff\xff\xff\xfftQ.`],
      'has a reference that is none of PyTorch',
    ],
    [
      'beyond its storage',
      [tensor('K\x01', 'K\x02K\x03\x86', 'K\x03K\x01\x86'), '.'],
      'goes beyond its storage',
    ],
    [
      'strides beyond it',
      [tensor('K\x00', 'K\x02K\x03\x86', 'K\x04K\x01\x86'), '.'],
      'goes beyond its storage',
    ],
    [
      'fewer strides than sides',
      [tensor('K\x00', 'K\x02K\x03\x86', 'K\x03\x85'), '.'],
      'whose strides do not fit its shape',
    ],
    [
      'a side below 0',
      [tensor('K\x00', 'J\xfe\xff\xff\xffK\x03\x86', 'K\x03K\x01\x86'), '.'],
      'whose shape is none',
    ],
    [
      'numbers repeated without end',
      [tensor('K\x00', 'J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86', 'K\x00K\x00\x86'), '.'],
      'far larger than the numbers it is made of',
    ],
    [
      'a tensor without a storage',
      [name('torch._utils', '_rebuild_tensor_v2'), '(NK\x00))tR.'],
      'has a tensor without a storage',
    ],
  ])('%s', (_, parts, sentence) => {
    expect(refused(pickle(...parts))).toContain(sentence);
  });
});

describe('a pickle made to take time or memory', () => {
  it('that holds itself ends', () => {
    const { value } = run(pickle(']q\x00h\x00a}', text('a'), GOOD, 's', 'a.'));
    expect((value as PyList).items).toHaveLength(2);
    expect([...namedTensors(value).keys()]).toEqual(['1.a']);
  });

  it('that doubles at each step ends', () => {
    const lines = Array.from({ length: 60 }, () => '2\x86');
    expect(namedTensors(run(pickle(']', ...lines, '.')).value).size).toBe(0);
  });

  it('with containers in one another without end is refused', () => {
    const { value } = run(pickle(']'.repeat(200), GOOD, 'a'.repeat(200), '.'));
    expect(() => namedTensors(value)).toThrow('in one another without end');
  });

  it('with too many values is refused', () => {
    expect(refused(Buffer.alloc(1_100_000, 'N'))).toBe('piles up too many values');
  });

  it('may keep a value at a far place', () => {
    expect(run(pickle('K\x05r', uint32(0xffffffff), '0j', uint32(0xffffffff), '.')).value).toBe(5);
  });
});
