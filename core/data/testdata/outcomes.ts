/**
 * A program of its own, so that the memory it takes can be told: imports what a JSON file lists and prints, for each,
 * what became of it and the most memory the process has had so far.
 */
import fs from 'node:fs';
import * as v from 'valibot';
import { outcomeOf } from './corpus.ts';

const JobsSchema = v.array(
  v.object({ name: v.string(), kind: v.nullable(v.picklist(['files', 'zip'])), paths: v.array(v.string()) }),
);

const jobs = v.parse(JobsSchema, JSON.parse(fs.readFileSync(process.argv[2] ?? '', 'utf8')));
for (const { name, kind, paths } of jobs) {
  const outcome = await outcomeOf({ kind, paths }).catch((error: unknown) => ({ crash: String(error) }));
  const peak = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(`${JSON.stringify({ name, outcome, peak })}\n`);
}
