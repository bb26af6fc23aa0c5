import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

const SOURCE = fileURLToPath(new URL('../src/embed/suhbat.ts', import.meta.url));

/** Builds `suhbat.js` beside the page: one classic script, since a module from another origin would need its permission. */
export function loader(): Plugin {
  return {
    name: 'loader',
    apply: 'build',
    enforce: 'post',
    async generateBundle() {
      const built = await build({
        configFile: false,
        logLevel: 'warn',
        build: { write: false, target: 'es2022', lib: { entry: SOURCE, formats: ['iife'], name: 'suhbatLoader' } },
      });
      const [{ output }] = [built].flat() as { output: { code?: string }[] }[] as [{ output: { code?: string }[] }];
      this.emitFile({ type: 'asset', fileName: 'suhbat.js', source: output[0]?.code ?? '' });
    },
  };
}
