/**
 * The content security policy, in one place: the build writes it into index.html for static hosts, and the server sends it
 * with every file, because a meta tag does not cover the worker.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "img-src 'self' blob: data:",
  "base-uri 'none'",
].join('; ');
