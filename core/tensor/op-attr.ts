/** Attributes and data types of TensorFlow operations, in a form both the eager calls and the graph use. */
import type { TFEOpAttr } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';

/** TensorFlow's `DataType` numbers (types.proto) of the types that can occur here. */
export const tfTypes = {
  float32: 1,
  float64: 2,
  uint8: 4,
  int32: 3,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  resource: 20,
} as const;

export type TfTypeName = keyof typeof tfTypes;

/** One attribute of an operation; a list where the operation wants a list. */
export type OpAttr =
  | { readonly string: string }
  | { readonly int: number | readonly number[] }
  | { readonly float: number | readonly number[] }
  | { readonly bool: boolean | readonly boolean[] }
  | { readonly type: TfTypeName }
  | { readonly shape: readonly number[] };

export type OpAttrs = Readonly<Record<string, OpAttr>>;

/** Numbers of `TF_AttrType` in TensorFlow's C interface. */
const attrKinds = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

const namesByType = new Map<number, TfTypeName>(
  (Object.keys(tfTypes) as TfTypeName[]).map((name) => [tfTypes[name], name]),
);

/** The name of a TensorFlow data type. @throws Error for a type that cannot occur here. */
export function tfTypeName(type: number): TfTypeName {
  const name = namesByType.get(type);
  if (name === undefined) throw new Error(`TensorFlow data type ${type} is not supported`);
  return name;
}

/** Attributes as the native binding takes them. */
export function toNativeAttrs(attrs: OpAttrs): TFEOpAttr[] {
  return Object.entries(attrs).map(([name, attr]) => {
    if ('type' in attr) return { name, type: attrKinds.type, value: tfTypes[attr.type] };
    if ('string' in attr) return { name, type: attrKinds.string, value: attr.string };
    if ('shape' in attr) return { name, type: attrKinds.shape, value: [...attr.shape] };
    if ('bool' in attr) return { name, type: attrKinds.bool, value: attr.bool };
    if ('int' in attr) return { name, type: attrKinds.int, value: copied(attr.int) };
    return { name, type: attrKinds.float, value: copied(attr.float) };
  });
}

function copied(value: number | readonly number[]): number | number[] {
  return typeof value === 'number' ? value : [...value];
}

/** The reverse of {@link toNativeAttrs}. @throws Error naming an attribute that has no counterpart here. */
export function fromNativeAttrs(attrs: readonly TFEOpAttr[]): OpAttrs {
  return Object.fromEntries(attrs.map((attr) => [attr.name, fromNativeAttr(attr)]));
}

function fromNativeAttr({ name, type, value }: TFEOpAttr): OpAttr {
  switch (type) {
    case attrKinds.string:
      if (typeof value === 'string') return { string: value };
      break;
    case attrKinds.int:
      if (typeof value === 'number' || isListOf(value, 'number')) return { int: value };
      break;
    case attrKinds.float:
      if (typeof value === 'number' || isListOf(value, 'number')) return { float: value };
      break;
    case attrKinds.bool:
      if (typeof value === 'boolean' || isListOf(value, 'boolean')) return { bool: value };
      break;
    case attrKinds.type:
      if (typeof value === 'number') return { type: tfTypeName(value) };
      break;
    case attrKinds.shape:
      if (isListOf(value, 'number')) return { shape: value };
      break;
  }
  throw new Error(`attribute ${name} (kind ${type}) cannot be recorded`);
}

function isListOf(value: unknown, type: 'number'): value is number[];
function isListOf(value: unknown, type: 'boolean'): value is boolean[];
function isListOf(value: unknown, type: string): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === type);
}

function attribute(attrs: OpAttrs, name: string): OpAttr {
  const attr = attrs[name];
  if (attr === undefined) throw new Error(`the attribute ${name} is missing`);
  return attr;
}

/** A boolean attribute; false where it is missing. */
export function boolAttr(attrs: OpAttrs, name: string): boolean {
  const attr = attrs[name];
  return attr !== undefined && 'bool' in attr && attr.bool === true;
}

/** An integer attribute; `otherwise` where it is missing. */
export function intAttr(attrs: OpAttrs, name: string, otherwise: number): number {
  const attr = attrs[name];
  return attr !== undefined && 'int' in attr && typeof attr.int === 'number' ? attr.int : otherwise;
}

/** An attribute that is a list of integers. @throws Error when it is missing or something else */
export function intsAttr(attrs: OpAttrs, name: string): readonly number[] {
  const attr = attribute(attrs, name);
  if ('int' in attr && typeof attr.int !== 'number') return attr.int;
  throw new Error(`the attribute ${name} is not a list of integers`);
}

/** A text attribute. @throws Error when it is missing or something else */
export function stringAttr(attrs: OpAttrs, name: string): string {
  const attr = attribute(attrs, name);
  if ('string' in attr) return attr.string;
  throw new Error(`the attribute ${name} is not a text`);
}

/** A type attribute; `otherwise` where it is missing. @throws Error when it is something else, or missing with no other */
export function typeAttr(attrs: OpAttrs, name: string, otherwise?: TfTypeName): TfTypeName {
  const attr = otherwise === undefined ? attribute(attrs, name) : attrs[name];
  if (attr === undefined && otherwise !== undefined) return otherwise;
  if (attr !== undefined && 'type' in attr) return attr.type;
  throw new Error(`the attribute ${name} is not a type`);
}
