/** Works through cases of all kinds on several workers, and keeps the counts. */
import fs from 'node:fs';
import path from 'node:path';
import type { Bench, Kind, Outcome } from './case.ts';

export interface Count {
  tried: number;
  failed: number;
  seconds: number;
  /** What came of the cases → how often. */
  came: Record<string, number>;
}

export interface Finding {
  /** `kind:name` */
  id: string;
  outcome: Outcome;
}

export interface CampaignOptions {
  kinds: Readonly<Record<string, Kind>>;
  benches: readonly Bench[];
  seed: number;
  milliseconds: number;
  /** Cases of each kind at most. */
  cases?: number;
  /** Ends it; what is under way then is not counted. */
  signal?: AbortSignal;
  onFinding(finding: Finding): void;
  onCase?: (id: string, outcome: Outcome, milliseconds: number) => void;
}

/**
 * Tries until the time is over. Whose turn it is follows from the time that each kind has had; the n-th case of a kind
 * from the seed alone.
 */
export async function campaign(options: CampaignOptions): Promise<Record<string, Count>> {
  const { kinds, benches, seed, milliseconds, cases = Infinity, signal } = options;
  const counts = Object.fromEntries(
    Object.keys(kinds).map((name) => [name, { tried: 0, failed: 0, seconds: 0, came: {} } as Count]),
  );
  const begun = Object.fromEntries(Object.keys(kinds).map((name) => [name, 0]));
  // What is under way counts as an average case, so that workers do not all take the same kind.
  const charged = (name: string): number => {
    const { seconds, tried } = counts[name]!;
    const open = begun[name]! - tried;
    return (seconds + open * (tried > 0 ? seconds / tried : 1)) / kinds[name]!.share;
  };
  const end = performance.now() + milliseconds;
  const broken = new AbortController();
  const isStopped = (): boolean => broken.signal.aborted || signal?.aborted === true;
  const work = async (bench: Bench): Promise<void> => {
    while (performance.now() < end && !isStopped()) {
      const left = Object.keys(kinds).filter((name) => begun[name]! < cases);
      if (left.length === 0) return;
      const turn = left.reduce((a, b) => (charged(b) < charged(a) ? b : a));
      const name = await kinds[turn]!.name(begun[turn]!++, seed, bench);
      const started = performance.now();
      const outcome = await attempt(kinds[turn]!, bench, name);
      if (isStopped()) return;
      const took = performance.now() - started;
      const count = counts[turn]!;
      count.tried++;
      count.seconds += took / 1000;
      count.came[outcome.came] = (count.came[outcome.came] ?? 0) + 1;
      options.onCase?.(`${turn}:${name}`, outcome, took);
      if (outcome.problems.length === 0) continue;
      count.failed++;
      options.onFinding({ id: `${turn}:${name}`, outcome });
    }
  };
  // What breaks one bench stops the others before its error ends the campaign and takes their folders away.
  const ends = await Promise.allSettled(
    benches.map((bench) =>
      work(bench).catch((error: unknown) => {
        broken.abort();
        throw error;
      }),
    ),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return counts;
}

/** Runs a case; what is thrown is a problem, too. */
export async function attempt(kind: Kind, bench: Bench, name: string): Promise<Outcome> {
  try {
    return await kind.run(bench, name);
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { problems: [what], came: 'failed', detail: [] };
  } finally {
    const temporary = path.join(bench.folder, 'tmp');
    for (const left of fs.existsSync(temporary) ? fs.readdirSync(temporary) : []) {
      fs.rmSync(path.join(temporary, left), { recursive: true, force: true });
    }
  }
}

/** Rows for people: attempts and failures of each kind, and what came of them. */
export function tableOf(kinds: Readonly<Record<string, Kind>>, counts: Record<string, Count>): string[] {
  const rows = Object.entries(counts).map(([name, { tried, failed, seconds, came }]) => [
    name,
    kinds[name]!.title,
    String(tried),
    String(failed),
    seconds.toFixed(0),
    Object.entries(came)
      .map(([what, count]) => `${count} ${what}`)
      .join(', '),
  ]);
  const sum = (of: (count: Count) => number): string =>
    Object.values(counts)
      .reduce((total, count) => total + of(count), 0)
      .toFixed(0);
  const all = ['all', '', sum((c) => c.tried), sum((c) => c.failed), sum((c) => c.seconds), ''];
  const head = ['kind', 'what is done', 'tried', 'failed', 'seconds', 'what came of it'];
  return [head, head.map(() => '---'), ...rows, all].map((row) => `| ${row.join(' | ')} |`);
}
