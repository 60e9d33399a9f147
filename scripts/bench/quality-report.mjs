/** What came of `npm run bench -- --quality`: a table of it, and how far the goals are reached. */

/** Shares of samples that the classifier is to be sure of, after one pass and after two. */
const GOALS = [0.85, 0.92];
/** Of the time that PyTorch took to its quality. */
const TIME_GOAL = 0.25;

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * The seconds after which a training was as good as `sure`, between two moments by a straight line; null when it never was.
 *
 * @param {{seconds: number, passes: {sure: number}[]}[]} points in their order
 */
export function secondsTo(points, sure, pass = 0) {
  let before = { seconds: 0, sure: 0 };
  for (const { seconds, passes } of points) {
    const here = { seconds, sure: passes[pass].sure };
    if (here.sure >= sure) {
      const share = here.sure === before.sure ? 1 : (sure - before.sure) / (here.sure - before.sure);
      return before.seconds + share * (here.seconds - before.seconds);
    }
    before = here;
  }
  return null;
}

/** @param {{name: string, seed: number, backend: string, points: object[]}[]} results */
export function qualityLines({ accuracy, real, results }) {
  const head = ['training', 'seed', 'images', 's', 'sure, 1', 'sure, 2', 'FD, 1', 'FD, 2', 'MSE'];
  const fittedHead = ['fitted: sure, 1', 'sure, 2', 'FD, 1', 'FD, 2'];
  const rows = results.flatMap(({ name, seed, backend, points }) =>
    points.map(({ images, seconds, passes: [one, two], fitted, reconstruction }) => [
      backend === 'PyTorch' ? `${name}, PyTorch` : name,
      String(seed),
      images.toLocaleString('en-US'),
      seconds === null ? '–' : seconds.toFixed(0),
      ...[one, two].map((pass) => (pass ? percent(pass.sure) : '–')),
      ...[one, two].map((pass) => (pass ? pass.distance.toFixed(1) : '–')),
      reconstruction === null ? '–' : reconstruction.toFixed(4),
      ...[0, 1].map((pass) => (fitted?.[pass] ? percent(fitted[pass].sure) : '–')),
      ...[0, 1].map((pass) => (fitted?.[pass] ? fitted[pass].distance.toFixed(1) : '–')),
    ]),
  );
  const all = [[...head, ...fittedHead], ...rows];
  const width = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return [
    `The classifier finds ${percent(accuracy)} of images held out of its training and is at least 90 % sure of ` +
      `${percent(real)} of real images that it never saw.`,
    '',
    ...all.map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(width[i]) : cell.padStart(width[i])))
        .join('  ')
        .trimEnd(),
    ),
  ];
}

/** The goals of the best training, its seeds together; null where a side was not measured. */
export function qualityGoals(results) {
  const names = [...new Set(results.filter(({ backend }) => backend !== 'PyTorch').map(({ name }) => name))];
  const ofSeeds = (name) => results.filter((result) => result.name === name && result.backend !== 'PyTorch');
  const last = (name, pass) => mean(ofSeeds(name).map(({ points }) => points.at(-1).passes[pass].sure));
  const best = names.sort((a, b) => last(b, 0) - last(a, 0))[0];
  if (best === undefined) return [];
  const goals = GOALS.map((goal, pass) => ({
    what: `${best}: sure of samples after ${pass === 0 ? 'one pass' : 'two passes'}`,
    value: last(best, pass),
    goal: `≥ ${percent(goal)}`,
    reached: last(best, pass) >= goal,
    text: percent(last(best, pass)),
  }));
  const fitted = (name, pass) => mean(ofSeeds(name).map(({ points }) => points.at(-1).fitted[pass].sure));
  if (ofSeeds(best).every(({ points }) => points.at(-1).fitted)) {
    for (const [pass, goal] of GOALS.entries()) {
      goals.push({
        what: `${best}: sure after ${pass === 0 ? 'one pass' : 'two passes by the mean'} with the fitted prior, temperature 0.8`,
        value: fitted(best, pass),
        goal: `≥ ${percent(goal)}`,
        reached: fitted(best, pass) >= goal,
        text: percent(fitted(best, pass)),
      });
    }
  }
  const torch = results.filter(({ backend }) => backend === 'PyTorch');
  const ratios = torch.flatMap(({ seed, points }) => {
    const { seconds, passes } = points.at(-1);
    const own = ofSeeds(best).find((result) => result.seed === seed);
    const needed = own && secondsTo(own.points, passes[0].sure);
    return needed === undefined || needed === null ? [] : [needed / seconds];
  });
  const value = ratios.length > 0 && ratios.length === torch.length ? mean(ratios) : null;
  goals.push({
    what: `${best}: time to what PyTorch reached, as a share of PyTorch’s`,
    value,
    goal: `≤ ${percent(TIME_GOAL)}`,
    reached: value === null ? null : value <= TIME_GOAL,
    text: value === null ? '–' : percent(value),
  });
  return goals;
}

export function goalLines(goals) {
  const mark = { true: 'reached', false: 'NOT reached', null: 'not measured' };
  return goals.map(({ what, text, goal, reached }) => `${what}: ${text} (goal ${goal}: ${mark[reached]})`);
}
