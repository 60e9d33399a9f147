/** Reads `LICENSES.chromium.html`, which lies beside every Electron: Chromium's parts, Node.js among them. */

const ENTITIES = { quot: '"', lt: '<', gt: '>', amp: '&', apos: "'", nbsp: ' ' };

function plain(html) {
  return html.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ENTITIES[name] ?? whole;
  });
}

/**
 * The parts that the page lists: `{ name, homepage, text }`.
 *
 * @param {string} html
 */
export function chromiumParts(html) {
  return html
    .split('<div class="product">')
    .slice(1)
    .map((product) => ({
      name: plain(/<span class="title">([^]*?)<\/span>/.exec(product)?.[1] ?? '').trim(),
      homepage: plain(/<a href="([^"]*)">/.exec(product)?.[1] ?? '') || undefined,
      text: plain(/<pre>([^]*?)<\/pre>/.exec(product)?.[1] ?? '').trim(),
    }));
}
