import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { commitId } from './scripts/commit.ts';
import { CONTENT_SECURITY_POLICY } from './scripts/csp.ts';
import { serviceWorker } from './scripts/offline.ts';

/** Writes the policy into the built index.html; Vite's development server needs inline scripts and goes without. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    // First in the head: it governs only what stands after it.
    transformIndexHtml: {
      order: 'post',
      handler: (html) =>
        html.replace('<head>', `<head>\n    <meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}" />`),
    },
  };
}

export default defineConfig({
  // Relative, so that any static host and any sub-path works.
  base: './',
  plugins: [react(), contentSecurityPolicy(), serviceWorker()],
  // Exports say which commit computed them.
  define: { __COMMIT__: JSON.stringify(commitId()) },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // Inlined assets would be data: URLs and the preload polyfill an inline script: the policy allows neither.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the entry imports, in one file: shared with parts that come later, it would fall into dozens, each compressed by itself.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } } },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
  },
  server: { port: 5173 },
});
