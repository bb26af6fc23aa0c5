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
  // The second tells which tests needed a second try.
  reporter: [['list'], ['./e2e/second-try.ts']],
  globalSetup: './e2e/build.ts',
  use: {
    browserName: 'chromium',
    locale: 'en-US',
    timezoneId: 'Asia/Tashkent',
    viewport: { width: 1280, height: 800 },
    // Without it, an action on something that has gone waits until the whole test is out of time, and the error names another line.
    actionTimeout: 60_000,
    // The first try is recorded: of a fault that shows seldom, a trace of the second would show a page that works. Pages at each step and requests
    // cost little; filming the page all the time made the tests take more than twice as long, and the last picture of a failed try is kept anyway.
    trace: { mode: 'retain-on-failure', snapshots: true, screenshots: false, sources: false },
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        // A microphone that beeps, and nobody who has to allow it.
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    // One slow moment of the machine fails no run.
    { name: 'short', testMatch: /e2e\/[a-z-]+\.spec\.ts/, testIgnore: /\.(long|shots)\.spec\.ts/, retries: 1 },
    // Without traces, which take time and memory of what is measured.
    { name: 'long', testMatch: /\.long\.spec\.ts/, timeout: 45 * 60_000, workers: 1, use: { trace: 'off' } },
    { name: 'shots', testMatch: /\.shots\.spec\.ts/ },
  ],
});
