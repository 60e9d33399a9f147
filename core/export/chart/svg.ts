/** Drawing a chart, without a window. */
import type { TopLevelSpec } from 'vega-lite';
import { printableTexts } from '../../printable.ts';

/**
 * The SVG text of a Vega-Lite specification with its data in it, whose texts are made printable. The libraries are loaded when they are first needed:
 * they take a while, and most commands draw no charts.
 *
 * @throws Error when the specification is wrong; warnings count as errors
 */
export async function toSvg(spec: TopLevelSpec): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const problems: string[] = [];
  const logger = vega.logger(vega.Warn, 'log', (_, __, messages) =>
    problems.push(messages.map(String).join(' ')),
  );
  const { spec: compiled } = vegaLite.compile(printableTexts(spec), { logger });
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger });
  try {
    const svg = await view.toSVG();
    if (problems.length > 0) throw new Error(`a chart is not drawn as meant: ${problems.join('; ')}`);
    return withOwnIds(svg);
  } finally {
    view.finalize();
  }
}

/** Vega numbers gradients and clips through all charts of a program; the same chart shall be the same text. */
function withOwnIds(svg: string): string {
  const ids = new Map<string, string>();
  return svg.replace(/\b(clip|gradient_)(\d+)\b/g, (id, kind: string) => {
    const own = ids.get(id) ?? `${kind}${ids.size}`;
    ids.set(id, own);
    return own;
  });
}
