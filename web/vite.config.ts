import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { emoji } from './tools/emoji.ts';
import { icu } from './tools/icu.ts';
import { loader } from './tools/loader.ts';
import { worker } from './tools/worker.ts';

const source = (path: string) => fileURLToPath(new URL(`./packages/${path}`, import.meta.url));
const service = process.env['SUHBAT_URL'] ?? 'http://127.0.0.1:8000';

const SHARED =
  /[\\/]src[\\/](?!components[\\/](words|overlays[\\/]sentences|search[\\/](?!found|opening|Marked))|i18n[\\/](rows|search|settings)|(store[\\/]message-)?search\.ts)|lucide/;
/** The parts of the list that come a moment after it, and what they have in common with the chat: the list must not wait for it. */
const OF_ROWS =
  /components[\\/](conversations[\\/](sentences|Filters|NoRows|RowMenus|RowPart)|message[\\/]Ticks)|icons[\\/](bell-off|check|check-check|clock-3|file|hourglass|image|mic|music|paperclip|video)\./;

export default defineConfig({
  base: './',
  plugins: [icu(), emoji(), react(), worker(), loader()],
  resolve: {
    alias: [
      // The packages of this repository, as their sources.
      { find: /^@suhbat\/client$/, replacement: source('client/src/index.ts') },
      { find: /^@suhbat\/react$/, replacement: source('react/src/index.ts') },
      { find: /^@suhbat\/client\/(testing\/[a-z-]+\.ts|fold)$/, replacement: `${source('client/src/')}$1` },
      // React has it by itself since 18; the router still brings a copy along.
      { find: /^use-sync-external-store\/shim\/index\.js$/, replacement: 'react' },
    ],
  },
  build: {
    // The folder above is always there, with a file in it that says what it is for: the service's build watches it.
    outDir: 'dist/page',
    target: 'es2023',
    cssTarget: 'chrome123',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What the page begins with is one file, and what follows at once few: apart, pieces compress worse and each costs a request.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'page', tags: ['$initial'] },
            { name: 'words', test: /components[\\/]words/ },
            { name: 'art', test: /components[\\/]art[\\/]TeaArt/ },
            // Needed by the recorder and by the player, and by nothing before them.
            {
              name: 'voice',
              test: /components[\\/](voice[\\/](?!VoiceRecorder)|attachments[\\/]playingTime)|i18n[\\/]voice/,
              minShareCount: 2,
            },
            // What the first message to a person needs.
            { name: 'beginning', test: /store[\\/]beginning/ },
            { name: 'fold', test: /client[\\/]src[\\/]fold/ },
            { name: 'menu', test: /components[\\/]overlays[\\/]Menu/ },
            {
              name: 'shared',
              test: name => SHARED.test(name) && !OF_ROWS.test(name),
              minShareCount: 2,
            },
            { name: 'inbox', test: /pages[\\/]Inbox\.tsx$/ },
            // Comes a moment after the list.
            { name: 'rows', test: OF_ROWS },
            {
              name: 'search',
              test: /components[\\/]search[\\/](?!found|opening|Marked)|client[\\/]src[\\/](store[\\/]message-)?search\.ts$/,
            },
            { name: 'settings', test: /overlays[\\/](sentences|SettingsDialog|KeysDialog)/ },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/api': service,
      '/ws': { target: service.replace(/^http/, 'ws'), ws: true },
    },
  },
  test: {
    restoreMocks: true,
    // Generous, so that a busy machine fails nothing; no test waits for time.
    testTimeout: 60_000,
    projects: [
      // The client and the store know no browser: they are tested without one.
      { extends: true, test: { name: 'plain', environment: 'node', include: ['{src,packages}/**/*.test.ts'] } },
      {
        extends: true,
        test: { name: 'page', environment: 'jsdom', setupFiles: ['src/testing/setup.ts'], include: ['{src,packages}/**/*.test.tsx'] },
      },
    ],
  },
});
