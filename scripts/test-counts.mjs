/** Counts out of the test runners' JSON reports. A report that is missing counts nothing. */

/** Vitest's `--reporter=json`. */
export function countVitest(report) {
  return { passed: report?.numPassedTests ?? 0, failed: report?.numFailedTests ?? 0 };
}

/** Playwright's `json` reporter. A test that passed only when tried again counts as passed. */
export function countPlaywright(report) {
  const stats = report?.stats ?? {};
  return { passed: (stats.expected ?? 0) + (stats.flaky ?? 0), failed: stats.unexpected ?? 0 };
}

/** The last line of `npm test`. */
export function summary({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}
