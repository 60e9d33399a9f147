/** Text as XMP, which WebP files carry. Standard: ISO 16684-1. */
import type { PngText } from './png.ts';

/** Our own name in it. */
const NAMESPACE = 'urn:covae-studio:provenance';

/** Text as an XMP packet. `Software` is what made the file; all of it is there as JSON. */
export function xmpOf(text: PngText): string {
  return [
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    `<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:covae="${NAMESPACE}">`,
    `<xmp:CreatorTool>${escaped(text['Software'] ?? '')}</xmp:CreatorTool>`,
    `<covae:text>${escaped(JSON.stringify(text))}</covae:text>`,
    '</rdf:Description></rdf:RDF></x:xmpmeta>',
  ].join('');
}

/** The JSON that {@link xmpOf} wrote; null for other packets. */
export function readXmp(xmp: string): string | null {
  const found = /<covae:text>([^<]*)<\/covae:text>/.exec(xmp)?.[1];
  return found === undefined ? null : unescaped(found);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
