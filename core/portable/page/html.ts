/** The page: one HTML file with everything in it. */
import { PAGE_DATA_ID, WEIGHTS_IDS, type PageData } from './page-data.ts';

/** Bytes of weights in an element: a multiple of three, so that base64 needs no filling between them. */
const PART_BYTES = 3 << 20;

export interface PageParts {
  data: PageData;
  /** The program that runs in the page, see renderer/page/. */
  script: string;
  encoder: Uint8Array;
  decoder: Uint8Array;
}

/** The page's text, in parts to be written one after the other. It asks for nothing from anywhere: its policy forbids it. */
export function* pageHtml({ data, script, encoder, decoder }: PageParts): Generator<string> {
  yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n';
  yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n';
  yield `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">\n`;
  yield `<title>${escaped(data.title)}</title>\n</head>\n<body>\n`;
  yield '<noscript>This page draws with JavaScript; allow it to see pictures.</noscript>\n';
  yield `<script type="application/json" id="${PAGE_DATA_ID}">${inScript(JSON.stringify(data))}</script>\n`;
  for (const [prefix, bytes] of [
    [WEIGHTS_IDS.encoder, encoder],
    [WEIGHTS_IDS.decoder, decoder],
  ] as const) {
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      const part = bytes.subarray(at, at + PART_BYTES);
      const text = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64');
      yield `<script type="text/plain" id="${prefix}${at / PART_BYTES}">${text}</script>\n`;
    }
  }
  yield `<script>${program(script)}</script>\n</body>\n</html>\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON in a script, which nothing in it may end. */
function inScript(json: string): string {
  return json.replaceAll('<', '\\u003C');
}

/** The same of a program, where a text or a regular expression has it. */
function program(script: string): string {
  return script.replace(/<(?=\/script|!--)/gi, '<\\');
}
