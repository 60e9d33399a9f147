/** Wrong calls over the IPC of the window, some hundred in a case. */
import path from 'node:path';
import { caseSeed } from '../../fuzz/random.ts';
import { detailOf, type Kind } from '../case.ts';
import { newPlace } from '../tried.ts';

/** Calls in a case. */
export const CALLS = 200;

export const call: Kind = {
  ...{ title: `${CALLS} wrong calls over IPC`, share: 0.5, shim: false },
  name: (number, seed) => caseSeed(seed, number).toString(16),
  async run(bench, name) {
    const place = newPlace(bench);
    const args = ['@calls', place.home, path.dirname(place.home), name, String(CALLS)];
    const told = await bench.crew.run({ args }, false);
    const detail = detailOf(args, told);
    if (told.code === null)
      return { problems: [told.hung ? 'it hung' : `it died: ${told.signal}`], came: 'died', detail };
    const problems = told.stderr === '' ? [] : told.stderr.split('\n');
    return { problems, came: 'answered', detail };
  },
};
