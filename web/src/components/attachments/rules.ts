import type { ServiceConfig } from '../../client/index.ts';

export type FileProblem = 'empty' | 'type' | 'too-big' | 'too-many' | 'too-big-together';

function extensionOf(name: string): string {
  const at = name.lastIndexOf('.');
  return at < 0 ? '' : name.slice(at + 1).toLowerCase();
}

/** Browsers do not agree on types, but on their kind. */
function kindOf(type: string): string {
  const kind = type.split('/')[0] ?? '';
  return kind === 'audio' || kind === 'video' ? 'media' : kind === 'image' ? kind : 'other';
}

/** What the service would refuse, told before anything is uploaded. The service decides all the same. */
export function problemsOf(files: readonly File[], config: ServiceConfig | null): (FileProblem | null)[] {
  if (!config) return files.map(file => (file.size === 0 ? 'empty' : null));
  const { limits, allowed_types } = config;
  let total = 0;
  return files.map((file, index) => {
    if (file.size === 0) return 'empty';
    const extension = extensionOf(file.name);
    const mime = file.type.split(';')[0] ?? '';
    const named = allowed_types.filter(type => type.extensions.some(known => known.replace(/^\./, '').toLowerCase() === extension));
    // A pasted picture may have no sensible name; a named file must have a known ending, and be of its kind where the browser knows that.
    const fits = extension
      ? named.some(type => mime === '' || kindOf(type.mime_type) === kindOf(mime))
      : allowed_types.some(type => type.mime_type === mime);
    if (!fits) return 'type';
    if (file.size > limits.file_bytes) return 'too-big';
    if (index >= limits.files_per_message) return 'too-many';
    total += file.size;
    return total > limits.request_bytes ? 'too-big-together' : null;
  });
}

export function acceptOf(config: ServiceConfig | null): string {
  return (config?.allowed_types ?? []).flatMap(type => type.extensions.map(e => `.${e.replace(/^\./, '')}`)).join(',');
}
