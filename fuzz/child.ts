/**
 * The process that tries cases, so that one that hangs, dies or takes all memory takes nothing else with it. The number
 * of the case at hand stands in a file, which is there even when nothing is said any more.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Bench } from './case.ts';
import { CURRENT_FILE, type Order, type Told } from './protocol.ts';
import { caseSeed } from './random.ts';

const [root = '', folder = ''] = process.argv.slice(2);

process.on('message', (order: Order) => {
  void serve(order).then(
    () => process.exit(0),
    (error: unknown) => {
      process.send?.({ broken: String(error) });
      process.exit(3);
    },
  );
});

async function serve({ runSeed, formats, first, milliseconds, cases }: Order): Promise<void> {
  const bench = await Bench.open(root, path.join(folder, 'bench'));
  const current = path.join(folder, CURRENT_FILE);
  const end = performance.now() + milliseconds;
  for (let number = first; number < first + cases && performance.now() < end; number++) {
    const format = formats[number % formats.length]!;
    const seed = caseSeed(runSeed, number);
    fs.writeFileSync(current, String(number));
    const started = performance.now();
    let outcome: Told['outcome'];
    try {
      const { bytes } = await bench.input(format, seed);
      outcome = await bench.run(format, seed, bytes);
    } catch (error) {
      outcome = { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    const peak = process.resourceUsage().maxRSS * 1024;
    const told: Told = { number, outcome, milliseconds: performance.now() - started, peak };
    await tell(told);
  }
  await bench.close();
}

/** Returns when it is on its way, so that nothing is lost at the end. */
function tell(told: Told): Promise<void> {
  return new Promise((resolve) => process.send?.(told, () => resolve()));
}
