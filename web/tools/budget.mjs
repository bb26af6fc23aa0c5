// Sizes of the build in gzip, against their limits: the first load, the load until the list is on screen, and each chunk that comes later.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const FIRST = 105_000;
const LIST = 123_000;
const LAZY = 25_000;
const LOADER = 1_024;
const root = new URL('../dist/page', import.meta.url).pathname;
const size = name => gzipSync(readFileSync(join(root, name)), { level: 9 }).length;
const html = readFileSync(join(root, 'index.html'), 'utf8');
const assets = readdirSync(join(root, 'assets')).filter(name => /\.(js|css)$/.test(name));
const first = assets.filter(name => html.includes(name));
const catalogs = assets.filter(name => /^(en|ru|uz)\.icu-/.test(name));

const sizes = Object.fromEntries(assets.map(name => [name, size(`assets/${name}`)]));
const total = size('index.html') + first.reduce((sum, name) => sum + sizes[name], 0) + Math.max(...catalogs.map(name => sizes[name]));
const lazy = Object.entries(sizes).filter(([name]) => !first.includes(name) && !catalogs.includes(name));
const list = lazy.filter(([name]) => /^(inbox|shared)-/.test(name)).reduce((sum, [, bytes]) => sum + bytes, total);
const problems = lazy.filter(([, bytes]) => bytes > LAZY).map(([name, bytes]) => `${name}: ${bytes} bytes, allowed are ${LAZY}`);
if (total > FIRST) problems.push(`first load: ${total} bytes, allowed are ${FIRST}`);
if (list > LIST) problems.push(`until the list is on screen: ${list} bytes, allowed are ${LIST}`);

const loader = size('suhbat.js');
if (loader > LOADER) problems.push(`suhbat.js: ${loader} bytes, allowed are ${LOADER}`);

console.log(`suhbat.js ${loader} bytes of ${LOADER}`);
console.log(`first load ${(total / 1000).toFixed(1)} kB of ${FIRST / 1000}`);
console.log(`until the list is on screen ${(list / 1000).toFixed(1)} kB of ${LIST / 1000}`);
for (const [name, bytes] of lazy.sort((a, b) => b[1] - a[1]))
  console.log(`  later ${name} ${(bytes / 1000).toFixed(1)} kB of ${LAZY / 1000}`);
writeFileSync(
  new URL('../budget.json', import.meta.url),
  JSON.stringify({ first: total, limit: FIRST, list, lazy: Object.fromEntries(lazy) }, null, 2),
);
for (const problem of problems) console.error(problem);
process.exit(problems.length ? 1 : 0);
