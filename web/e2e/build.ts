import { existsSync } from 'node:fs';

/** The tests use the page as it is built; a missing build fails at once. */
export default function setup(): void {
  if (!existsSync(new URL('../dist/page/index.html', import.meta.url))) throw new Error('no web/dist/page: run `npm run build` first');
}
