/** Which Node.js runs the tools. */
import { StepError } from './report.mjs';

const LEAST = [20, 19];

/** Refuses a Node.js that is too old for the build tools. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
    throw new StepError(`version ${version} is too old.`, {
      remedy: `install Node.js ${LEAST.join('.')} or newer and run the same command again.`,
    });
  }
  return version;
}
