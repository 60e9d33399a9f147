/**
 * `npm run audit:deps`: compares the lock file with the advisories that npm's registry knows. Ends with 0 when there are
 * none, 1 when there are, 2 when the advisories could not be had.
 */
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { npmCommand } from './setup/npm-packages.mjs';
import { root } from './setup/paths.mjs';

export const EXIT = { clean: 0, findings: 1, unknown: 2 };
const TIMEOUT_MS = 120_000;

/**
 * What `npm audit --json` printed, as an exit code and lines for people.
 *
 * @param {string} stdout
 * @param {string} stderr
 * @param {ReadonlySet<string>} shipped names of packages that ship
 * @returns {{ code: number, lines: string[] }}
 */
export function judge(stdout, stderr, shipped) {
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    report = {};
  }
  const { vulnerabilities, metadata, error, message } = report ?? {};
  if (typeof vulnerabilities !== 'object' || vulnerabilities === null || !metadata) {
    const reason = [error?.summary, message, stderr]
      .find((text) => text?.trim())
      ?.trim()
      .split('\n')[0];
    return {
      code: EXIT.unknown,
      lines: [
        `The advisories could not be had, so nothing is known about the dependencies: ${reason ?? 'npm audit printed no report'}`,
      ],
    };
  }
  const found = Object.values(vulnerabilities);
  const count = metadata.dependencies?.total ?? 0;
  if (found.length === 0)
    return { code: EXIT.clean, lines: [`No advisory is known for any of ${count} packages.`] };
  const lines = found
    .map(({ name, severity, range, via, fixAvailable }) => {
      const titles = via.flatMap((entry) => (typeof entry === 'string' ? [] : [entry.title]));
      const why = titles.length > 0 ? titles.join('; ') : `by way of ${via.join(', ')}`;
      const where = shipped.has(name) ? 'ships' : 'development only';
      return {
        ships: shipped.has(name),
        text: `${severity}  ${name} ${range} (${where}): ${why}${fixAvailable ? '' : '; no fix yet'}`,
      };
    })
    .sort((a, b) => Number(b.ships) - Number(a.ships))
    .map(({ text }) => text);
  return {
    code: EXIT.findings,
    lines: [...lines, `${found.length} of ${count} packages have advisories.`],
  };
}

async function main() {
  const { shippedNames } = await import('./notices/packages.mjs');
  const [command, ...first] = npmCommand();
  const { stdout, stderr } = await new Promise((resolve) => {
    execFile(
      command,
      [...first, 'audit', '--json', '--package-lock-only'],
      { cwd: root, maxBuffer: 100e6, timeout: TIMEOUT_MS },
      // npm's own exit code says the same for advisories and for a registry out of reach.
      (error, out, err) =>
        resolve({ stdout: out, stderr: err || (error?.killed ? 'npm audit took too long' : '') }),
    );
  });
  const { code, lines } = judge(stdout, stderr, shippedNames(root));
  (code === EXIT.unknown ? process.stderr : process.stdout).write(`${lines.join('\n')}\n`);
  return code;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await main();
