import * as v from 'valibot';

/** Names that become folder names: those of data sets, and the ids of runs. */
export const NameSchema = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$/,
    'a name has 1 to 64 letters, digits, spaces, dots, dashes or underscores and begins with a letter or digit',
  ),
);

const MOST_SIGNS = 64;
/** Signs that some file system cannot hold, or that hide what they stand in. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}/\\:*?"<>|]/u;

/**
 * What a run or a preset is called: letters of any language and any other signs that a file system can hold. Ids and folders are
 * called by {@link plainName} of it.
 */
export const FreeNameSchema = v.pipe(
  v.string(),
  v.check(
    (name) =>
      name.trim() === name &&
      name !== '' &&
      !UNFIT.test(name) &&
      !/^\.+$/.test(name) &&
      Array.from(name).length <= MOST_SIGNS,
    'a name has 1 to 64 letters or signs, none of / \\ : * ? " < > | among them, and no space at its ends',
  ),
);

/**
 * A name in plain letters, digits, dots, dashes and underscores, for ids and files: `Müller’s Ziffern` gives `Muller-s-Ziffern`.
 *
 * @param otherwise for a name that has nothing of these
 */
export function plainName(name: string, otherwise = 'run'): string {
  if (v.safeParse(NameSchema, name).success) return name;
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/[^A-Za-z0-9._]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
    .slice(0, MOST_SIGNS)
    .replace(/[^A-Za-z0-9]+$/, '');
  return plain === '' ? otherwise : plain;
}

/** The name itself, or with the first number that makes it another than those there are: `digits`, `digits-2`, `digits-3`. */
export function distinctName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number++) {
    const tail = `-${number}`;
    const candidate = `${Array.from(name)
      .slice(0, MOST_SIGNS - tail.length)
      .join('')}${tail}`;
    if (!taken.has(candidate)) return candidate;
  }
}
