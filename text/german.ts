/**
 * A count in the dative: `12 Bilder` → `12 Bildern`, `3 weitere Dateien` → `3 weiteren Dateien`. German plurals take an -n
 * there unless they end in -n or -s.
 */
export function dative(text: string): string {
  // `1 und 2 Durchgänge`
  const parts = /^((?:\d+, )*\d+ und )?(\S+) (.+)$/u.exec(text);
  if (parts === null) return text;
  const [, before = '', number = '', words = ''] = parts;
  if (before + number === '1') return text;
  const forms = words.split(' ').map((word, at, all) => {
    const adjective = at < all.length - 1;
    if (adjective) return word.endsWith('e') ? `${word}n` : word;
    return /[ns]$/.test(word) || !/^\p{Lu}/u.test(word) ? word : `${word}n`;
  });
  return `${before}${number} ${forms.join(' ')}`;
}
