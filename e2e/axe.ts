/** What axe-core finds wrong for people who do not see, or use no mouse. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';

interface Finding {
  id: string;
  impact: string | null;
  nodes: { target: string[]; failureSummary: string }[];
}

let source: string | null = null;

/** The findings in what the window shows now, a line each; none when all is well. */
export async function axeFindings(page: Page): Promise<string[]> {
  source ??= await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // The page's security policy refuses scripts that are added to it, not what the debugger evaluates.
  const findings = await page.evaluate<Finding[], string>(async (script) => {
    const global = window as unknown as { axe?: { run(): Promise<{ violations: Finding[] }> } };
    if (!global.axe) (0, eval)(script);
    // On its way from one theme or state to the other a colour is neither.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const transitions = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    await Promise.allSettled(transitions.map(({ finished }) => finished));
    return (await global.axe!.run()).violations;
  }, source);
  return findings.flatMap(({ id, impact, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${id} (${impact ?? 'none'}): ${target.join(' ')}: ${failureSummary}`,
    ),
  );
}
