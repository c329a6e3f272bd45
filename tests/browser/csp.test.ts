import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative, sep } from 'node:path';
import type { Page, Worker } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIST } from '../../bench/build.ts';
import { CONTENT_SECURITY_POLICY } from '../../scripts/csp.ts';
import { serve } from '../../scripts/serve.ts';
import { useLab } from './harness.ts';
import { pressPlay } from './page.ts';

/** Another origin that would answer anybody: what keeps the page away from it is the policy alone. */
let stranger: Server;
let strangerUrl = '';
let strangerRequests = 0;

beforeAll(async () => {
  stranger = createServer((_, response) => {
    strangerRequests++;
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/plain' });
    response.end('hello');
  });
  await new Promise<void>((done) => stranger.listen(0, '127.0.0.1', done));
  strangerUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`;
});
afterAll(() => {
  stranger.close();
});

interface Attempts {
  eval: string;
  Function: string;
  timer: string;
  fetch: string;
  violations: string[];
}

/**
 * What happened to each attempt, and which directives the browser reported. All of it runs in a timer's task, because the
 * browser lets code that a debugger evaluates directly use eval.
 */
function attempt(scope: Page | Worker): Promise<Attempts> {
  return (scope as Page).evaluate(
    (url) =>
      new Promise<Attempts>((done) => {
        const violations: string[] = [];
        self.addEventListener('securitypolicyviolation', (event) =>
          violations.push((event as SecurityPolicyViolationEvent).effectiveDirective),
        );
        const tried = (action: () => unknown) => {
          try {
            action();
            return 'allowed';
          } catch (error) {
            return (error as Error).name;
          }
        };
        setTimeout(async () => {
          const results = {
            // biome-ignore lint/security/noGlobalEval: that it is refused is what this test shows
            eval: tried(() => eval('1')),
            Function: tried(() => new Function('return 1')()),
            timer: 'refused',
          };
          (self as unknown as { ran?: boolean }).ran = false;
          tried(() => setTimeout('self.ran = true' as unknown as () => void, 0));
          const fetched = await fetch(url).then(
            () => 'allowed',
            () => 'refused',
          );
          setTimeout(() => {
            if ((self as unknown as { ran?: boolean }).ran) results.timer = 'allowed';
            done({ ...results, fetch: fetched, violations });
          }, 100);
        });
      }),
    strangerUrl,
  );
}

const REFUSED = { eval: 'EvalError', Function: 'EvalError', timer: 'refused', fetch: 'refused' };

describe('the content security policy', () => {
  const lab = useLab();

  it('refuses eval and foreign addresses in the page', async () => {
    lab.expectError(/Content Security Policy/i);
    const page = await lab.open();
    const { violations, ...results } = await attempt(page);
    expect(results).toEqual(REFUSED);
    expect(violations).toEqual(expect.arrayContaining(['script-src', 'connect-src']));
    expect(strangerRequests).toBe(0);
  });

  it('refuses eval and foreign addresses in the worker', async () => {
    lab.allowError(/Content Security Policy/i);
    const page = await lab.open();
    const started = page.waitForEvent('worker');
    await pressPlay(page);
    const { violations, ...results } = await attempt(await started);
    expect(results).toEqual(REFUSED);
    expect(violations).toEqual(expect.arrayContaining(['script-src', 'connect-src']));
    expect(strangerRequests).toBe(0);
  });

  it('refuses inline scripts and styles', async () => {
    lab.expectError(/Content Security Policy/i);
    const page = await lab.open();
    const outcome = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.inlineRan = true';
      document.head.append(script);
      const style = document.createElement('style');
      style.textContent = 'body { outline: 7px solid red }';
      document.head.append(style);
      const before = document.body.getAttribute('style');
      document.body.setAttribute('style', 'outline: 7px solid red');
      const width = getComputedStyle(document.body).outlineWidth;
      document.body.setAttribute('style', before ?? '');
      return { ran: 'inlineRan' in window, width };
    });
    expect(outcome.ran).toBe(false);
    expect(outcome.width).not.toBe('7px');
  });
});

describe('the built files', () => {
  const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(DIST, join(entry.parentPath, entry.name)).split(sep).join('/'));
  const scripts = files.filter((file) => file.endsWith('.js')).map((file) => ({ file, text: readFileSync(join(DIST, file), 'utf8') }));

  it.each(['/', '/some/sub-path/'])('all carry the policy as a header under %s', async (base) => {
    const server = await serve({ root: DIST, base, port: 0 });
    const bare = await Promise.all(
      ['', 'missing', ...files].map(async (file) => {
        const response = await fetch(server.url + file);
        await response.arrayBuffer();
        const isRight =
          response.headers.get('content-security-policy') === CONTENT_SECURITY_POLICY &&
          response.headers.get('x-content-type-options') === 'nosniff';
        return isRight ? [] : [file];
      }),
    );
    await server.close();
    expect(files.length).toBeGreaterThan(3);
    expect(bare.flat()).toEqual([]);
  });

  it('name the policy in index.html, ahead of everything that it governs, and hold nothing inline', () => {
    const html = readFileSync(join(DIST, 'index.html'), 'utf8');
    const meta = html.match(/<meta http-equiv="Content-Security-Policy" content="([^"]+)"/);
    expect(meta?.[1]).toBe(CONTENT_SECURITY_POLICY);
    expect(html.indexOf('http-equiv="Content-Security-Policy"')).toBeLessThan(html.search(/<(script|link|style)/));
    expect(html).not.toMatch(/<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=/i);
    expect(html).toMatch(/rel="icon"/);
  });

  it('have the engine in nothing that the page itself loads', () => {
    const text = new Map(scripts.map((script) => [script.file, script.text]));
    const seen = new Set<string>();
    const queue = [...readFileSync(join(DIST, 'index.html'), 'utf8').matchAll(/assets\/[\w.-]+\.js/g)].map((match) => match[0]);
    for (let file = queue.pop(); file; file = queue.pop()) {
      if (seen.has(file)) continue;
      seen.add(file);
      // A worker's address stands in new URL(…): its code never runs in the page.
      const code = (text.get(file) ?? '').replace(/new URL\([^)]*\)/g, '');
      for (const match of code.matchAll(/(?:\.\/|assets\/)([\w.-]+\.js)/g))
        if (text.has(`assets/${match[1]}`)) queue.push(`assets/${match[1]}`);
    }
    const withEngine = (file: string) => /tensorflow|tfjs/i.test(text.get(file) ?? '');
    expect([...seen].filter(withEngine)).toEqual([]);
    expect([...text.keys()].filter(withEngine).length).toBeGreaterThan(0);
  });
});
