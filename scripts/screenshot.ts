/** Takes docs/screenshot.png of the first screen from the production build. `npm run screenshot`, after `npm run build`. */
import { fileURLToPath } from 'node:url';
import { launchChromium } from './chromium.ts';
import { serve } from './serve.ts';

const server = await serve({ root: fileURLToPath(new URL('../dist', import.meta.url)), port: 0 });
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, colorScheme: 'light', reducedMotion: 'reduce' });
  await page.goto(server.url);
  await page.getByRole('grid').getByRole('gridcell').nth(29).waitFor();
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: fileURLToPath(new URL('../docs/screenshot.png', import.meta.url)) });
} finally {
  await browser.close();
  await server.close();
}
