/** Names of files as bytes: zip archives and old systems do not say which letters these stand for. */

/** Encodings that names can be read in. */
export const NAME_ENCODINGS = [
  ...(['utf-8', 'shift-jis', 'euc-jp', 'gbk', 'big5', 'euc-kr'] as const),
  ...(['cp437', 'cp850', 'cp866', 'cp1250', 'cp1251', 'cp1252'] as const),
] as const;

export type NameEncoding = (typeof NAME_ENCODINGS)[number];

/** Code pages of DOS, which `TextDecoder` does not know: what the bytes from 128 on stand for (unicode.org, VENDORS/MICSFT/PC). */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';
const CP850 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0';
/** Node 20 reads windows-1252 as latin1, which has control characters where the code page has these. */
const CP1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

const TABLES: Readonly<Partial<Record<NameEncoding, string>>> = {
  cp437: CP437,
  cp850: CP850,
  cp1252: CP1252 + String.fromCharCode(...Array.from({ length: 96 }, (_, i) => 160 + i)),
};

/** As `TextDecoder` calls them. */
const LABELS: Readonly<Partial<Record<NameEncoding, string>>> = {
  cp866: 'ibm866',
  cp1250: 'windows-1250',
  cp1251: 'windows-1251',
};

/** Other names that people know them by, without dashes and blanks. */
const ALIASES: Readonly<Record<string, NameEncoding>> = {
  ...{ utf8: 'utf-8', shiftjis: 'shift-jis', sjis: 'shift-jis', cp932: 'shift-jis', windows31j: 'shift-jis' },
  ...{ eucjp: 'euc-jp', cp936: 'gbk', gb2312: 'gbk', gb18030: 'gbk', cp950: 'big5', euckr: 'euc-kr' },
  ...{ cp949: 'euc-kr', latin1: 'cp1252', iso88591: 'cp1252' },
};

/** The encoding that a person means by a word such as `Shift_JIS`, `cp932` or `windows-1252`; null for none. */
export function nameEncodingOf(word: string): NameEncoding | null {
  const plain = word.toLowerCase().replace(/[-_ ]/g, '');
  const page = plain.replace(/^(?:windows|ibm|oem|cp)?(\d+)$/, 'cp$1');
  return (
    ALIASES[plain] ?? ALIASES[page] ?? NAME_ENCODINGS.find((one) => one === plain || one === page) ?? null
  );
}

/** How to call them in a sentence or a list. */
export const NAME_ENCODING_TITLES: Readonly<Record<NameEncoding, string>> = {
  'utf-8': 'UTF-8',
  'shift-jis': 'Shift-JIS (Japanese)',
  'euc-jp': 'EUC-JP (Japanese)',
  gbk: 'GBK (Chinese, simplified)',
  big5: 'Big5 (Chinese, traditional)',
  'euc-kr': 'EUC-KR (Korean)',
  cp437: 'cp437 (DOS, United States)',
  cp850: 'cp850 (DOS, Western Europe)',
  cp866: 'cp866 (DOS, Cyrillic)',
  cp1250: 'cp1250 (Windows, Central Europe)',
  cp1251: 'cp1251 (Windows, Cyrillic)',
  cp1252: 'cp1252 (Windows, Western Europe)',
};

const decoders = new Map<NameEncoding, InstanceType<typeof TextDecoder>>();

/** The letters of a name; null when its bytes are none of this encoding. Every name is one of `cp437`. */
export function decodeName(raw: Uint8Array, encoding: NameEncoding): string | null {
  const table = TABLES[encoding];
  if (table !== undefined) {
    let text = '';
    for (const byte of raw) text += byte < 128 ? String.fromCharCode(byte) : table[byte - 128]!;
    return text;
  }
  let decoder = decoders.get(encoding);
  if (decoder === undefined) {
    decoder = new TextDecoder(LABELS[encoding] ?? encoding, { fatal: true, ignoreBOM: true });
    decoders.set(encoding, decoder);
  }
  try {
    return decoder.decode(raw);
  } catch {
    return null;
  }
}
