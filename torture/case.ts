/** One case of any kind, and what came of it. */
import path from 'node:path';
import type { Crew, Told } from './crew.ts';
import type { Template } from './template.ts';

/** What a kind of torture works with. Cases of one worker come one after the other. */
export interface Bench {
  crew: Crew;
  template: Template;
  /** The worker's own; emptied before each case. */
  folder: string;
  /** Bundled main/cli/cli.ts. */
  cli: string;
  /** States of a library that were gone on from already; those that are alike are not tried twice. */
  seen: Set<string>;
  cache: string;
  seconds: number;
}

export interface Outcome {
  /** What is lost, broken, silent or not one sentence; none when all is well. */
  problems: string[];
  /** What happened, in a few words, for the table: `killed`, `refused`, … */
  came: string;
  /** For the report of a problem. */
  detail: string[];
}

export interface Kind {
  /** For the table. */
  title: string;
  /** Share of the time, beside the others'. */
  share: number;
  /** Whether it needs the preloaded library. */
  shim: boolean;
  /** Name of the case with this number, which says all that is needed to make it again. */
  name(number: number, seed: number, bench: Bench): string | Promise<string>;
  run(bench: Bench, name: string): Promise<Outcome>;
}

export const homeOf = ({ folder }: Bench): string => path.join(folder, 'case', 'library');

/** What a command said, for the report. */
export function detailOf(args: readonly string[], { code, signal, hit, stdout, stderr }: Told): string[] {
  return [
    `covae ${args.join(' ')}`,
    `ended with ${signal ?? `code ${code}`}${hit === null ? '' : `, at: ${hit}`}`,
    ...(stdout === '' ? [] : [`printed:\n${stdout.slice(-3000)}`]),
    ...(stderr === '' ? [] : [`said:\n${stderr.slice(-3000)}`]),
  ];
}
