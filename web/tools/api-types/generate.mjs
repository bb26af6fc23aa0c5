// Writes web/src/client/schema.gen.ts: the service's shapes, out of docs/openapi.json. With `--check` it only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const target = new URL('../../src/client/schema.gen.ts', import.meta.url);
const document = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'));
// The client has calls of its own, by name; of the document it needs the shapes.
const shapes = { ...document, paths: {} };
const types = astToString(await openapiTS(shapes, { alphabetize: true, rootTypes: true, rootTypesNoSchemaPrefix: true }));
const text = `/** Written by tools/api-types from docs/openapi.json: \`./just generate\`. */\n\n${types}`;

if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  console.error('web/src/client/schema.gen.ts differs from docs/openapi.json: ./just generate');
  process.exit(1);
}
