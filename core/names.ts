import * as v from 'valibot';

/** Names of data sets and runs: they become folder names. */
export const NameSchema = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$/,
    'a name has 1 to 64 letters, digits, spaces, dots, dashes or underscores and begins with a letter or digit',
  ),
);
