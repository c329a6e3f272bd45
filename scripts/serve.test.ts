import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_SECURITY_POLICY } from './csp.ts';
import { fileFor, type RunningServer, serve } from './serve.ts';

let root = '';
let running: RunningServer;

/** A request whose path reaches the server as it is written: fetch would fold `..` away. */
function get(path: string, method = 'GET'): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
  return new Promise((done, fail) => {
    const { port } = new URL(running.url);
    request({ host: '127.0.0.1', port, path, method }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, text }));
    })
      .on('error', fail)
      .end();
  });
}

beforeAll(async () => {
  const parent = mkdtempSync(join(tmpdir(), 'creditscope-serve-'));
  root = join(parent, 'dist');
  mkdirSync(join(root, 'assets'), { recursive: true });
  writeFileSync(join(parent, 'secret.txt'), 'secret');
  writeFileSync(join(root, 'index.html'), '<p>page</p>');
  writeFileSync(join(root, 'model.wasm'), 'wasm');
  writeFileSync(join(root, 'assets', 'index-a1b2c3d4.js'), 'js');
  running = await serve({ root, base: '/lab/', port: 0 });
});
afterAll(async () => {
  await running.close();
  rmSync(join(root, '..'), { recursive: true, force: true });
});

describe('the server', () => {
  it.each([
    ['/lab/', 200, 'text/html; charset=utf-8', 'no-cache'],
    ['/lab/model.wasm', 200, 'application/wasm', 'no-cache'],
    ['/lab/assets/index-a1b2c3d4.js?v=1', 200, 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/lab/missing.js', 404, 'text/plain; charset=utf-8', 'no-cache'],
  ])('answers %s with %i', async (path, status, type, cache) => {
    const { headers, ...rest } = await get(path);
    expect(rest.status).toBe(status);
    expect(headers).toMatchObject({
      'content-type': type,
      'cache-control': cache,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
    });
  });

  it.each(['/lab/../secret.txt', '/lab/%2e%2e/secret.txt', '/lab/..%2fsecret.txt', '/lab/%00', '/lab/%ff', '/index.html', '/lab/assets'])(
    'does not give out %s',
    async (path) => {
      const { status, text } = await get(path);
      expect(status).toBe(404);
      expect(text).not.toContain('secret');
    },
  );

  it('refuses to be written to', async () => expect((await get('/lab/', 'POST')).status).toBe(405));

  it('takes the next port where one is taken', async () => {
    const taken = Number(new URL(running.url).port);
    const second = await serve({ root, port: taken });
    expect(Number(new URL(second.url).port)).toBeGreaterThan(taken);
    await second.close();
  });

  it('maps folders to their index', () => expect(fileFor('/srv', '/', '/')).toBe('/srv/index.html'));
});
