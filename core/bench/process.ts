/** What the running process has used so far. */
import fs from 'node:fs';

/**
 * The largest amount of memory that this process has had at once, in bytes. Linux's high-water mark is that of the
 * program itself; elsewhere what `getrusage` says.
 */
export function peakMemory(): number {
  try {
    const status = fs.readFileSync('/proc/self/status', 'utf8');
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
