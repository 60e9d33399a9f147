import { UserError } from '../errors.ts';
import { exists } from '../files.ts';
import { datasetFolder } from '../library.ts';

/** @throws UserError when a data set of that name exists or cannot exist */
export async function checkFree(home: string, name: string): Promise<void> {
  if (!(await exists(datasetFolder(home, name)))) return;
  throw new UserError(
    `There is already a data set "${name}" in ${home}; choose another name, "${await freeName(home, name)}" for instance.`,
  );
}

/** A name like `name` that is free: `digits` → `digits-2`. */
export async function freeName(home: string, name: string): Promise<string> {
  for (let number = 2; ; number++) {
    const candidate = `${name.slice(0, 58)}-${number}`;
    if (!(await exists(datasetFolder(home, candidate)))) return candidate;
  }
}
