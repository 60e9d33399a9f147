/** Guards that keep a program's functions pure while they run. */
import { tf } from './tf.ts';

/**
 * Runs `body` in a tidy scope: its tensors are freed, and so are variables it makes.
 * @throws Error when `body` draws from `Math.random` (which also tfjs's own random operations and dropout do
 * without a seed), or assigns to a variable made outside.
 */
export function runPurely<T>(functionName: string, body: () => T): T {
  const variables = tf.engine().registeredVariables;
  const before = new Map(Object.entries(variables).map(([name, variable]) => [name, variable.dataId]));
  const random = Math.random;
  Math.random = () => {
    throw new Error(
      `${functionName} draws random numbers in JavaScript, which compiling would freeze; ` +
        'use statelessNormal or statelessUniform with a seed from its inputs',
    );
  };
  let result: T;
  try {
    tf.engine().startScope(functionName);
    try {
      result = body();
    } finally {
      tf.engine().endScope();
    }
  } finally {
    Math.random = random;
    for (const [name, variable] of Object.entries(variables)) {
      if (!before.has(name)) variable.dispose();
    }
  }
  for (const [name, dataId] of before) {
    if (variables[name]?.dataId !== dataId) {
      throw new Error(`${functionName} assigns to the variable ${name}, which is not part of its state`);
    }
  }
  return result;
}
