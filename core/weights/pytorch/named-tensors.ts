import { PickleError } from './pickle-bytes.ts';
import { PyDict, PyList, PyTuple, TensorView, type PyValue } from './python-values.ts';

const MAX_DEPTH = 64;

/**
 * All tensors below a value by their names: keys of dictionaries and places in lists, joined by points, as a checkpoint's
 * `state_dict.encoder.weight`. A container that occurs more than once counts where it occurs first.
 *
 * @throws PickleError when two tensors have the same name, or containers lie in one another without end
 */
export function namedTensors(root: PyValue): Map<string, TensorView> {
  const found = new Map<string, TensorView>();
  const seen = new Set<PyValue>();
  const open: { value: PyValue; name: string; depth: number }[] = [{ value: root, name: '', depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, name, depth } = next;
    if (value instanceof TensorView) {
      if (found.has(name))
        throw new PickleError(`holds two tensors called ${JSON.stringify(name.slice(0, 120))}`);
      found.set(name, value);
      continue;
    }
    const inside = insideOf(value);
    if (inside.length === 0 || seen.has(value)) continue;
    if (depth >= MAX_DEPTH) throw new PickleError('holds containers in one another without end');
    seen.add(value);
    // In reverse, so that they come off in their order.
    for (const [key, part] of inside.reverse()) {
      open.push({ value: part, name: name === '' ? key : `${name}.${key}`, depth: depth + 1 });
    }
  }
  return found;
}

function insideOf(value: PyValue): [string, PyValue][] {
  if (value instanceof PyDict) {
    return [...value.entries].flatMap(([key, part]): [string, PyValue][] =>
      typeof key === 'string' || typeof key === 'number' ? [[String(key), part]] : [],
    );
  }
  if (value instanceof PyList || value instanceof PyTuple) {
    return value.items.map((part, i): [string, PyValue] => [String(i), part]);
  }
  return [];
}
