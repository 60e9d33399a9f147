/** Tells what people read from what programs read, by its looks. */

const PLACE = /\{\d+\}/g;
/** Names of programs, addresses, styles, selectors, file names and the like. */
const CODE =
  /^[a-z]+:\/\/|^\.{0,2}\/|^--|^#|^@|^[\w.-]+\.(ts|js|json|png|svg|css|html|py|cjs|mjs|safetensors|npz|npy|log|txt|md)$|^[A-Z]+[a-z0-9]*([A-Z][a-z0-9]*)+$|^[A-Z0-9_]+$|\w\(|=>|[{}]\w|;$|^\w+[:=]\S|^<\w|^\[\w/;

/** Whether it looks like code, whatever stands in its places. */
const isCode = (key) => CODE.test(key.replace(PLACE, '§').trim());
const hasLetters = (text) => /\p{L}{2}/u.test(text.replace(PLACE, ' '));

/** A text in any place: it begins with a capital, or has several words. */
export function isProse(key) {
  const text = key.replace(PLACE, ' ').trim();
  if (!hasLetters(key) || isCode(key)) return false;
  if (/^[“"'(]?\p{Lu}\p{Ll}/u.test(text)) return true;
  // Several words, or a part of a sentence.
  return (
    /\p{Ll}{2,},? \p{L}+/u.test(text) ||
    (/\{\d/.test(key) && /(^|[\s(])\p{Ll}{2,}(\s|$|[.,!?:)])/u.test(key.replace(PLACE, '§')))
  );
}

/** A text where only text stands: a single word will do. */
export function isWord(key) {
  return hasLetters(key) && !isCode(key);
}

/** A part of what is read. */
export function isFragment(key) {
  return hasLetters(key) && !/^(--|#|\.)|^[a-z]+:\/\//.test(key.trim());
}
