/** One at a time: two set-ups of one clone, or two downloads of one library, wait for each other. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The socket, or a rejection with code EADDRINUSE when another process has it. */
function listen(path) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

/**
 * Runs `work` while no other process of this machine runs with the same name. The lock is a socket in Linux's
 * abstract namespace, which the kernel frees when its owner dies, so nothing stale can be left. Elsewhere there
 * is no lock; renames alone keep the cache whole.
 *
 * @param onWait called once when another process has the lock.
 */
export async function withLock(name, work, onWait = () => undefined) {
  if (process.platform !== 'linux') return work();
  const path = '\0covae-studio-' + createHash('sha256').update(name).digest('hex').slice(0, 32);
  let server;
  for (let told = false; ;) {
    try {
      server = await listen(path);
      break;
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error;
      if (!told) onWait();
      told = true;
      await sleep(300);
    }
  }
  try {
    return await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
