/**
 * A machine for Python's pickles that makes data and nothing else: numbers, texts, lists, dictionaries, and what the
 * caller's {@link PickleNames} makes of names. A pickle is a program that may call any function of Python; here a name
 * in it is a text, and what is "called" by it is decided by the caller's own list.
 *
 * Operations and their meaning: Python's `pickletools.py`. Each takes at least one byte, none jumps back, so the machine
 * ends; each pushes at most one value, so memory grows with the file; caps bound the rest.
 */
import { PickleBytes, PickleError } from './pickle-bytes.ts';
import { NotMade, PyDict, PyList, PyName, PyTuple, type PyValue } from './python-values.ts';

export { PickleError };

/** What stands behind the names and references in a pickle. */
export interface PickleNames {
  /** What a call of a name gives. @throws PickleError */
  call(name: string, args: readonly PyValue[]): PyValue;
  /** What a reference to something outside the pickle gives. @throws PickleError */
  persistent(id: PyValue): PyValue;
}

const MAX_STACK = 1_000_000;
const MAX_MEMO = 4_000_000;
/** Highest version of the format, of Python 3.8. */
const MAX_PROTOCOL = 5;

/** Marks on the stack. */
const MARK = Symbol('mark');
type Slot = PyValue | typeof MARK;

/**
 * Runs a pickle.
 *
 * @param at where it begins
 * @returns its value, and where the bytes behind it begin
 * @throws PickleError saying in what way it is not one, or asks for something that is not given
 */
export function readPickle(bytes: Uint8Array, names: PickleNames, at = 0): { value: PyValue; end: number } {
  const machine = new Machine(new PickleBytes(bytes, at), names);
  return { value: machine.run(), end: machine.bytes.at };
}

class Machine {
  readonly bytes: PickleBytes;
  readonly #names: PickleNames;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, PyValue>();

  constructor(bytes: PickleBytes, names: PickleNames) {
    this.bytes = bytes;
    this.#names = names;
  }

  run(): PyValue {
    for (;;) {
      const code = this.bytes.byte();
      if (code === STOP) {
        const value = this.#pop();
        if (this.#stack.length > 0) throw new PickleError('leaves values behind');
        return value;
      }
      const operation = OPERATIONS.get(code);
      if (operation === undefined) {
        throw new PickleError(
          REFUSED.get(code) ?? `has the operation 0x${code.toString(16).padStart(2, '0')}, which is none`,
        );
      }
      operation(this);
    }
  }

  push(value: Slot): void {
    if (this.#stack.length >= MAX_STACK) throw new PickleError('piles up too many values');
    this.#stack.push(value);
  }

  #pop(): PyValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw new PickleError('takes a value that is not there');
    return value;
  }

  pop(): PyValue {
    return this.#pop();
  }

  /** The top value or mark goes. */
  drop(): void {
    if (this.#stack.pop() === undefined) throw new PickleError('takes a value that is not there');
  }

  top(): PyValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw new PickleError('takes a value that is not there');
    return value;
  }

  /** What stands above the last mark, which goes as well. */
  popToMark(): PyValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark === -1) throw new PickleError('takes a mark that is not there');
    const items = this.#stack.splice(mark).slice(1);
    return items as PyValue[];
  }

  put(index: number): void {
    if (this.#memo.size >= MAX_MEMO) throw new PickleError('keeps too many values in mind');
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new PickleError('remembers a value that it has not kept');
    this.push(value);
  }

  /** Calls a value by its name; a value without one cannot be called. */
  call(what: PyValue, args: readonly PyValue[]): void {
    if (what instanceof PyName) this.push(this.#names.call(what.text, args));
    else if (what instanceof NotMade) this.push(what);
    else throw new PickleError('calls a value that is no function');
  }

  persistent(id: PyValue): void {
    this.push(this.#names.persistent(id));
  }

  /** Gives an object its state. Attributes of dictionaries and tensors are of no use here. */
  build(): void {
    this.#pop();
    const target = this.top();
    if (target === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof target)) {
      throw new PickleError('gives a state to a plain value');
    }
  }

  append(items: readonly PyValue[]): void {
    const list = this.top();
    if (list instanceof NotMade) return;
    if (!(list instanceof PyList)) throw new PickleError('appends to something that is no list');
    for (const item of items) list.items.push(item);
  }

  setItems(items: readonly PyValue[]): void {
    const dict = this.top();
    if (items.length % 2 !== 0) throw new PickleError('has a key without a value');
    if (dict instanceof NotMade) return;
    if (!(dict instanceof PyDict)) throw new PickleError('sets an entry of something that is no dictionary');
    for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i]!, items[i + 1]!);
  }
}

function dictOf(items: readonly PyValue[]): PyDict {
  const dict = new PyDict();
  if (items.length % 2 !== 0) throw new PickleError('has a key without a value');
  for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i]!, items[i + 1]!);
  return dict;
}

function argumentsOf(value: PyValue): readonly PyValue[] {
  if (!(value instanceof PyTuple)) throw new PickleError('calls a name with something that is no tuple');
  return value.items;
}

const STOP = 0x2e;

/** Operations that a file of weights has no use for, and why they are not done. */
const REFUSED = new Map<number, string>([
  ...[0x82, 0x83, 0x84].map((code) => [code, "uses Python's registry of extensions"] as const),
  ...[0x97, 0x98].map((code) => [code, 'needs buffers that lie outside the file'] as const),
]);

const OPERATIONS = new Map<number, (machine: Machine) => void>();

function define(code: number | string, operation: (machine: Machine) => void): void {
  OPERATIONS.set(typeof code === 'number' ? code : code.charCodeAt(0), operation);
}

define(0x80, ({ bytes }) => {
  const protocol = bytes.byte();
  if (protocol > MAX_PROTOCOL) throw new PickleError(`is of version ${protocol}, which is not known`);
});
// The length of a frame; everything is read all the same.
define(0x95, ({ bytes }) => void bytes.length8());

define('(', (m) => m.push(MARK));
define('0', (m) => m.drop());
define('1', (m) => void m.popToMark());
define('2', (m) => m.push(m.top()));

define('N', (m) => m.push(null));
define(0x88, (m) => m.push(true));
define(0x89, (m) => m.push(false));
define('I', (m) => m.push(m.bytes.decimal()));
define('L', (m) => m.push(m.bytes.decimal()));
define('J', (m) => m.push(m.bytes.int32()));
define('K', (m) => m.push(m.bytes.byte()));
define('M', (m) => m.push(m.bytes.uint16()));
define(0x8a, (m) => m.push(m.bytes.whole(m.bytes.byte())));
define(0x8b, (m) => m.push(m.bytes.whole(m.bytes.int32())));
define('F', (m) => m.push(m.bytes.decimalFraction()));
define('G', (m) => m.push(m.bytes.double()));

define('V', (m) => m.push(m.bytes.escapedLine()));
define('X', (m) => m.push(m.bytes.text(m.bytes.uint32())));
define(0x8c, (m) => m.push(m.bytes.text(m.bytes.byte())));
define(0x8d, (m) => m.push(m.bytes.text(m.bytes.length8())));
// Texts of Python 2.
define('S', (m) => m.push(m.bytes.quotedLine()));
define('T', (m) => m.push(m.bytes.latin1(m.bytes.int32())));
define('U', (m) => m.push(m.bytes.latin1(m.bytes.byte())));
define('B', (m) => m.push(m.bytes.take(m.bytes.uint32())));
define('C', (m) => m.push(m.bytes.take(m.bytes.byte())));
define(0x8e, (m) => m.push(m.bytes.take(m.bytes.length8())));
define(0x96, (m) => m.push(m.bytes.take(m.bytes.length8())));

define(']', (m) => m.push(new PyList([])));
define('a', (m) => m.append([m.pop()]));
define('e', (m) => m.append(m.popToMark()));
define('l', (m) => m.push(new PyList(m.popToMark())));
define(0x8f, (m) => m.push(new PyList([])));
define(0x90, (m) => m.append(m.popToMark()));
define(0x91, (m) => m.push(new PyList(m.popToMark())));
define(')', (m) => m.push(new PyTuple([])));
define('t', (m) => m.push(new PyTuple(m.popToMark())));
for (const [code, length] of [
  [0x85, 1],
  [0x86, 2],
  [0x87, 3],
] as const) {
  define(code, (m) => m.push(new PyTuple(Array.from({ length }, () => m.pop()).reverse())));
}
define('}', (m) => m.push(new PyDict()));
define('d', (m) => m.push(dictOf(m.popToMark())));
define('s', (m) => {
  const value = m.pop();
  m.setItems([m.pop(), value]);
});
define('u', (m) => m.setItems(m.popToMark()));

define('p', (m) => m.put(m.bytes.index()));
define('q', (m) => m.put(m.bytes.byte()));
define('r', (m) => m.put(m.bytes.uint32()));
define(0x94, (m) => m.memoize());
define('g', (m) => m.get(m.bytes.index()));
define('h', (m) => m.get(m.bytes.byte()));
define('j', (m) => m.get(m.bytes.uint32()));

define('c', (m) => m.push(new PyName(`${m.bytes.line()}.${m.bytes.line()}`)));
define(0x93, (m) => {
  const name = m.pop();
  const module = m.pop();
  if (typeof module !== 'string' || typeof name !== 'string')
    throw new PickleError('has a name that is no text');
  m.push(new PyName(`${module}.${name}`));
});
define('R', (m) => {
  const args = argumentsOf(m.pop());
  m.call(m.pop(), args);
});
define(0x81, (m) => {
  const args = argumentsOf(m.pop());
  m.call(m.pop(), args);
});
define(0x92, (m) => {
  m.pop();
  const args = argumentsOf(m.pop());
  m.call(m.pop(), args);
});
define('i', (m) => {
  const name = new PyName(`${m.bytes.line()}.${m.bytes.line()}`);
  m.call(name, m.popToMark());
});
define('o', (m) => {
  const [what, ...args] = m.popToMark();
  if (what === undefined) throw new PickleError('takes a value that is not there');
  m.call(what, args);
});
define('b', (m) => m.build());
define('P', (m) => m.persistent(m.bytes.line()));
define('Q', (m) => m.persistent(m.pop()));
