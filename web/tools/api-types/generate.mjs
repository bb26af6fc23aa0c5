// Writes web/packages/client/src/schema.gen.ts, the shapes of docs/openapi.json, and frames.gen.ts, the frames of docs/asyncapi.json. With `--check` it
// only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const OPTIONS = { alphabetize: true, rootTypes: true, rootTypesNoSchemaPrefix: true };
const root = new URL('../../../', import.meta.url);
const read = name => JSON.parse(readFileSync(new URL(name, root), 'utf8'));

async function schema() {
  // The client has calls of its own, by name; of the document it needs the shapes.
  const document = { ...read('docs/openapi.json'), paths: {} };
  return [astToString(await openapiTS(document, OPTIONS)), ...previewConstants(document)].join('\n');
}

/** How the service makes a preview, which the page makes too until the service's own arrives. */
function previewConstants({ components }) {
  const { description } = components.schemas.MessagePreview.properties.content;
  const [, characters, withoutText] = /first (\d+) characters.*`(\[.+\])` where there is no text/.exec(description) ?? [];
  if (!withoutText) throw new Error(`the description of a preview's content does not say how it is made: ${description}`);
  return [`export const PREVIEW_CHARACTERS = ${characters};`, `export const PREVIEW_WITHOUT_TEXT = ${JSON.stringify(withoutText)};\n`];
}

/** The frames of each direction by their type. The shapes in them are those of schema.gen.ts. */
async function frames() {
  const { messages } = read('docs/asyncapi.json').components;
  const shapes = new Set();
  // A reference becomes the name of an imported type. openapi-typescript lets only a schema of some `type` be replaced.
  const imported = (_key, value) => {
    const name = /^#\/components\/schemas\/(.*)$/.exec(value?.$ref)?.[1];
    if (name === undefined) return value;
    shapes.add(name);
    return { ...value, $ref: undefined, type: 'object', format: 'imported', title: name };
  };
  const direction = prefix => {
    const properties = {};
    for (const [key, { name, payload }] of Object.entries(messages)) if (key.startsWith(prefix)) properties[name] = payload;
    return JSON.parse(JSON.stringify({ type: 'object', required: Object.keys(properties), properties }, imported));
  };
  const schemas = { ClientFrames: direction('client.'), ServerFrames: direction('server.') };
  const document = { openapi: '3.1.0', info: { title: 'frames', version: '1' }, paths: {}, components: { schemas } };
  const transform = ({ format, title }) => (format === 'imported' ? ts.factory.createTypeReferenceNode(title) : undefined);
  const types = astToString(await openapiTS(document, { ...OPTIONS, transform }));
  const names = JSON.stringify([...schemas.ServerFrames.required].sort(), null, 4);
  return [
    `import type { ${[...shapes].sort().join(', ')} } from './schema.gen.ts';\n\n${types}`,
    `export const SERVER_FRAME_TYPES: readonly (keyof ServerFrames)[] = ${names};\n`,
  ].join('\n');
}

let isStale = false;
for (const [name, source, types] of [
  ['schema.gen.ts', 'docs/openapi.json', await schema()],
  ['frames.gen.ts', 'docs/asyncapi.json', await frames()],
]) {
  const path = `web/packages/client/src/${name}`;
  const text = `/** Written by tools/api-types from ${source}: \`./just generate\`. */\n\n${types}`;
  if (!process.argv.includes('--check')) {
    writeFileSync(new URL(path, root), text);
  } else if (readFileSync(new URL(path, root), 'utf8') !== text) {
    console.error(`${path} differs from ${source}: ./just generate`);
    isStale = true;
  }
}
process.exit(isStale ? 1 : 0);
