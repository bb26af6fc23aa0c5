import { defineConfig } from '@playwright/test';

const chromium = process.env['CHROMIUM_PATH'];

/** Browser tests against the real binary. `CHROMIUM_PATH` names a Chromium of the system; unset, Playwright's own is used. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'e2e-results',
  // Every test has a service of its own.
  fullyParallel: true,
  workers: 2,
  // Generous, so that a busy machine fails nothing: what is waited for ends the wait.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [['list']],
  globalSetup: './e2e/build.ts',
  use: {
    browserName: 'chromium',
    locale: 'en-US',
    timezoneId: 'Asia/Tashkent',
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'short', testMatch: /e2e\/[a-z-]+\.spec\.ts/, testIgnore: /\.(long|shots)\.spec\.ts/ },
    // Without traces, which take time and memory of what is measured.
    { name: 'long', testMatch: /\.long\.spec\.ts/, timeout: 45 * 60_000, workers: 1, use: { trace: 'off' } },
    { name: 'shots', testMatch: /\.shots\.spec\.ts/ },
  ],
});
