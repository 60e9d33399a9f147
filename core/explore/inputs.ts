/** What a view is made from beside the run and its data set: files and directions, held to their hashes when it is drawn again. */
import path from 'node:path';
import { UserError } from '../errors.ts';
import { exists, sha256OfFile } from '../files.ts';
import { directionFile, fileOfDirection } from './directions/store.ts';
import { type KeyPoint, partsOf } from './points/point.ts';
import { pointsOf, type View } from './view.ts';

/** What it is called → SHA-256: `photo.png`, `direction smile`. */
export type Inputs = Readonly<Record<string, string>>;

/**
 * Hashes of all files and directions that a view is made from. What is not there is left out: whoever draws it hears of that.
 *
 * @throws UserError when one cannot be read
 */
export async function inputsOf(runDir: string, view: View): Promise<Inputs> {
  const inputs: Record<string, string> = {};
  for (const [name, file] of inputFiles(runDir, view)) {
    if (await exists(file)) inputs[name] = await sha256OfFile(file);
  }
  return inputs;
}

/**
 * Holds what a view is made from to what it was made from.
 *
 * @param file that says so, for the sentence
 * @throws UserError when something is missing or another by now
 */
export async function checkInputs(
  file: string,
  runDir: string,
  view: View,
  then: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const [name, input] of inputFiles(runDir, view)) {
    if (!(await exists(input))) {
      const isOfRun = input.startsWith(path.join(runDir, path.sep));
      const where = isOfRun ? ', which the run no longer has' : `, which is not in ${path.dirname(input)}`;
      throw new UserError(`${file} was made with ${name}${where}; bring it back there first.`, {
        ...{ code: 'not-found', file: input },
      });
    }
    if (then[name] === undefined || then[name] === (await sha256OfFile(input))) continue;
    throw new UserError(
      `${file} was made with ${name}, which is another by now; the same cannot be drawn again.`,
      { code: 'not-found', file: input },
    );
  }
}

function inputFiles(runDir: string, view: View): Map<string, string> {
  const files = new Map<string, string>();
  const direction = (name: string): void => {
    const asked = fileOfDirection(name);
    if (asked !== null) files.set(asked.file, path.resolve(asked.file));
    else files.set(`direction ${name}`, directionFile(runDir, name));
  };
  const look = (point: KeyPoint): void => {
    if (point.kind === 'file' || point.kind === 'latent') files.set(point.file, path.resolve(point.file));
    if (point.kind === 'moved') point.by.forEach((by) => direction(by.direction));
    partsOf(point).forEach(look);
  };
  pointsOf(view).forEach(look);
  if (view.kind === 'along') [view.right, view.down].forEach(direction);
  return files;
}
