/** Values made up from valibot schemas: as they should be, but for a place that is wrong. */
import type { Random } from '../fuzz/random.ts';

/** As much of a schema as is looked at. */
interface Schema {
  type: string;
  entries?: Record<string, Schema>;
  wrapped?: Schema;
  item?: Schema;
  items?: Schema[];
  options?: unknown[];
  literal?: unknown;
  key?: Schema;
  value?: Schema;
  rest?: Schema;
  pipe?: { type: string; requirement?: unknown }[];
}

const WRONG_NUMBERS = [NaN, Infinity, -Infinity, -1, -0, 0.5, 2 ** 31, 2 ** 53, 2 ** 53 + 2, 1e308, 5e-324];
const WRONG_TEXTS = [
  ...[
    '',
    ' ',
    '.',
    '..',
    '../..',
    '../../etc/passwd',
    '/etc/passwd',
    'a/b',
    'a\0b',
    'a\nb',
    '\u202eabc',
    '\ud800',
  ],
  ...[
    '__proto__',
    'constructor',
    'x'.repeat(300),
    'x'.repeat(100_000),
    '%s%n',
    '\u001b[2J',
    'CON',
    '~',
    '-rf',
  ],
];

/** @param known names that exist in the library, so that some calls come to something */
export class MadeUp {
  constructor(
    private readonly random: Random,
    private readonly known: readonly string[],
  ) {}

  /** A value of a schema with one wrong place; now and then with none, or with many. */
  value(schema: unknown): unknown {
    const wrongness = this.random.pick([0, 0.1, 0.1, 0.3, 1]);
    return this.make(schema as Schema, wrongness, 0);
  }

  private make(schema: Schema, wrongness: number, depth: number): unknown {
    if (depth > 12 || this.random.chance(wrongness / (1 + depth))) return this.wrong(schema);
    const again = (inner: Schema): unknown => this.make(inner, wrongness, depth + 1);
    switch (schema.type) {
      case 'strict_object':
      case 'loose_object':
      case 'object':
        return this.object(schema, again);
      case 'optional':
      case 'exact_optional':
      case 'nullish':
      case 'undefinedable':
        return this.random.chance(0.5) ? undefined : again(schema.wrapped!);
      case 'nullable':
        return this.random.chance(0.3) ? null : again(schema.wrapped!);
      case 'union':
      case 'variant':
        return again(this.random.pick(schema.options as Schema[]));
      case 'picklist':
      case 'enum':
        return this.random.pick(schema.options!);
      case 'literal':
        return schema.literal;
      case 'array':
        return Array.from({ length: this.random.below(4) }, () => again(schema.item!));
      case 'tuple':
      case 'strict_tuple':
        return (schema.items ?? []).map(again);
      case 'record':
        return Object.fromEntries(
          Array.from({ length: this.random.below(4) }, () => [
            String(again(schema.key!)),
            again(schema.value!),
          ]),
        );
      case 'string':
        return this.random.chance(0.6)
          ? this.random.pick(this.known)
          : this.random.pick(['a', 'sample', '0']);
      case 'number':
        return this.number(schema);
      case 'boolean':
        return this.random.chance(0.5);
      case 'custom':
        return this.random.bytes(this.random.below(64));
      default:
        return this.anything();
    }
  }

  private object({ entries = {} }: Schema, again: (inner: Schema) => unknown): unknown {
    const made = Object.entries(entries).flatMap(([key, inner]) => {
      const value = again(inner);
      return value === undefined && this.random.chance(0.8) ? [] : [[key, value] as const];
    });
    return Object.fromEntries(made);
  }

  private number({ pipe = [] }: Schema): number {
    const bound = (type: string, otherwise: number): number => {
      const found = pipe.find((action) => action.type === type)?.requirement;
      return typeof found === 'number' ? found : otherwise;
    };
    const least = bound('min_value', 0);
    const most = Math.min(bound('max_value', 20), least + 20);
    const value = this.random.between(Math.ceil(least), Math.floor(most));
    return pipe.some(({ type }) => type === 'integer' || type === 'safe_integer')
      ? value
      : value * this.random.pick([1, 0.5]);
  }

  private wrong(schema: Schema): unknown {
    if (schema.type === 'number' && this.random.chance(0.6)) return this.random.pick(WRONG_NUMBERS);
    if (schema.type === 'string' && this.random.chance(0.7)) return this.random.pick(WRONG_TEXTS);
    if (schema.entries !== undefined && this.random.chance(0.6)) {
      const whole = this.object(schema, (inner) => this.make(inner, 0, 1)) as Record<string, unknown>;
      const key = this.random.pick([...Object.keys(schema.entries), 'more', '__proto__', 'constructor']);
      if (this.random.chance(0.4))
        return Object.fromEntries(Object.entries(whole).filter(([k]) => k !== key));
      return { ...whole, [key]: this.anything() };
    }
    return this.anything();
  }

  private anything(): unknown {
    let deep: unknown = 1;
    for (let i = 0; i < 500; i++) deep = [deep];
    return this.random.pick([
      ...[
        null,
        undefined,
        true,
        [],
        {},
        '',
        0,
        NaN,
        deep,
        new Date(0),
        new Uint8Array(3),
        10n,
        Symbol.iterator,
      ],
      ...[{ toString: 'x' }, new Map([[1, 2]]), () => 1, { length: -1 }, new Array(10_000).fill(0)],
      this.random.pick(WRONG_TEXTS),
      this.random.pick(WRONG_NUMBERS),
    ]);
  }
}
