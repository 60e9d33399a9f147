/** The page's own scheme: `app://studio/…` is a file of the built window, and nothing else is. */
import fs from 'node:fs/promises';
import path from 'node:path';

export const SCHEME = 'app';
export const ORIGIN = 'app://studio';

/** Scripts, styles and images of our own only; images drawn in the page are blobs. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
};

/**
 * The file behind an address, or null when it is none of ours: another host, a path out of `root`, or a type
 * that the window has not.
 */
export function fileBehind(address: string, root: string): string | null {
  let url: URL;
  let wanted: string;
  try {
    url = new URL(address);
    wanted = decodeURIComponent(url.pathname);
  } catch {
    return null;
  }
  if (url.protocol !== `${SCHEME}:` || url.host !== 'studio' || wanted.includes('\0')) return null;
  const file = path.resolve(root, `.${wanted === '/' ? '/index.html' : wanted}`);
  const inside = path.relative(root, file);
  if (inside === '' || inside.startsWith('..') || path.isAbsolute(inside)) return null;
  return path.extname(file) in TYPES ? file : null;
}

/** Answers one request of the page. */
export async function serveFile(address: string, root: string): Promise<Response> {
  const headers = {
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-cache',
  };
  const file = fileBehind(address, root);
  const content = file === null ? null : await fs.readFile(file).catch(() => null);
  if (file === null || content === null) return new Response('Not found', { status: 404, headers });
  return new Response(new Uint8Array(content), {
    headers: { ...headers, 'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream' },
  });
}

/** What the window may load at all; everything else, the network above all, is refused. */
export function isLocalAddress(address: string): boolean {
  return (
    address.startsWith(`${ORIGIN}/`) || address.startsWith(`blob:${ORIGIN}/`) || address.startsWith('data:')
  );
}
