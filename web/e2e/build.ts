import { existsSync } from 'node:fs';

/** The tests use the page as it is built; a missing build is said at once. */
export default function setup(): void {
  if (!existsSync(new URL('../dist/index.html', import.meta.url))) throw new Error('no web/dist: run `npm run build` first');
}
