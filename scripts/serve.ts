/**
 * Serves dist/ the way a careful static host would: the policy as a header on every file, right types, hashed assets cached
 * for good. `npm start` builds first and then runs this; the browser tests mount the same server.
 */
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CONTENT_SECURITY_POLICY } from './csp.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
};

export interface ServeOptions {
  /** Folder to serve. */
  root: string;
  /** Sub-path it appears under, with slashes at both ends; default '/'. */
  base?: string;
  /** First port to try; 0 takes any. */
  port?: number;
}

export interface RunningServer {
  /** Address of the page, base included. */
  url: string;
  close(): Promise<void>;
}

/** File under `root` that a request path means, or null where it points outside (or is not valid UTF-8). */
export function fileFor(root: string, base: string, requestPath: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(requestPath.split(/[?#]/)[0]);
  } catch {
    return null;
  }
  if (!path.startsWith(base) || path.includes('\0')) return null;
  const file = normalize(join(root, path.slice(base.length)));
  if (file !== normalize(root) && !file.startsWith(normalize(root) + sep)) return null;
  return path.endsWith('/') ? join(file, 'index.html') : file;
}

/** Vite puts a content hash into the name of everything under assets/. */
function cacheControl(file: string): string {
  return /[/\\]assets[/\\].+-[\w-]{8,}\.\w+$/.test(file) ? 'public, max-age=31536000, immutable' : 'no-cache';
}

async function answer(options: Required<ServeOptions>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  const refuse = (status: number, text: string) => {
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-cache' });
    response.end(request.method === 'HEAD' ? undefined : `${text}\n`);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return refuse(405, 'Only GET and HEAD are answered here.');
  }
  const file = fileFor(options.root, options.base, request.url ?? '/');
  const info = file === null ? null : await stat(file).catch(() => null);
  if (file === null || !info?.isFile()) return refuse(404, 'No such file.');
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Length': info.size,
    'Cache-Control': cacheControl(file),
  });
  if (request.method === 'HEAD') response.end();
  else
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response);
}

/** Starts the server on the first free port from `port` on. */
export async function serve({ root, base = '/', port = 4173 }: ServeOptions): Promise<RunningServer> {
  const options = { root: resolve(root), base, port };
  const server = createServer((request, response) => {
    answer(options, request, response).catch(() => response.destroy());
  });
  for (let candidate = port; ; candidate++) {
    const taken = await new Promise<boolean>((done, fail) => {
      server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' && port !== 0 ? done(true) : fail(error)));
      server.listen(candidate, '127.0.0.1', () => done(false));
    });
    if (!taken) break;
    if (candidate >= port + 50) throw new Error(`No free port between ${port} and ${candidate}: stop another server or pass --port.`);
  }
  server.removeAllListeners('error');
  const address = server.address();
  const actual = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://localhost:${actual}${base}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Opens the system's browser where somebody can see it; a failure is no matter, the address has been printed. */
function openBrowser(url: string): void {
  const hasDisplay = process.platform === 'darwin' || process.platform === 'win32' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (!hasDisplay || !process.stdout.isTTY || process.env.CI) return;
  const [command, ...rest] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
  const child = spawn(command, [...rest, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = fileURLToPath(new URL('../dist', import.meta.url));
  const at = process.argv.indexOf('--port');
  const port = at < 0 ? undefined : Number(process.argv[at + 1]);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65536)) {
    process.stderr.write('--port wants a whole number from 0 to 65535.\n');
    process.exit(2);
  }
  const running = await serve({ root, port });
  process.stdout.write(`Creditscope is at ${running.url} (Ctrl+C stops it)\n`);
  if (process.argv.includes('--open')) openBrowser(running.url);
}
