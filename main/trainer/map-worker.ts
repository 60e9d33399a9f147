/** Entry of the thread that lays a map out; a bundle beside that of the process which starts it. */
import { parentPort } from 'node:worker_threads';
import { serveMap } from '../../core/explore/map/map-thread.ts';

if (parentPort === null) throw new Error('this file is run as a thread only');
serveMap(parentPort);
