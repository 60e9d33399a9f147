/** The name proposed for exported samples: what it takes to draw them again. */
export function exportName(draw: { runId: string; count: number; seed: number; passes: number }): string {
  return `${draw.runId}-${draw.count}-samples-seed-${draw.seed}-passes-${draw.passes}`;
}
