import type { ServiceConfig } from '../../client/index.ts';

export type FileProblem = 'empty' | 'type' | 'too-big' | 'too-many' | 'too-big-together';

function extensionOf(name: string): string {
  const at = name.lastIndexOf('.');
  return at < 0 ? '' : name.slice(at + 1).toLowerCase();
}

/** What the service would refuse, told before anything is uploaded. The service decides all the same. */
export function problemsOf(files: readonly File[], config: ServiceConfig | null): (FileProblem | null)[] {
  if (!config) return files.map(file => (file.size === 0 ? 'empty' : null));
  const { limits, allowed_types } = config;
  let total = 0;
  return files.map((file, index) => {
    if (file.size === 0) return 'empty';
    const extension = extensionOf(file.name);
    const byName = allowed_types.some(type => type.extensions.some(known => known.replace(/^\./, '').toLowerCase() === extension));
    const byType = allowed_types.some(type => type.mime_type === file.type.split(';')[0]);
    // A pasted picture may have no sensible name; a named file must have a known ending.
    if (extension ? !byName : !byType) return 'type';
    if (file.size > limits.file_bytes) return 'too-big';
    if (index >= limits.files_per_message) return 'too-many';
    total += file.size;
    return total > limits.request_bytes ? 'too-big-together' : null;
  });
}

export function acceptOf(config: ServiceConfig | null): string {
  return (config?.allowed_types ?? []).flatMap(type => type.extensions.map(e => `.${e.replace(/^\./, '')}`)).join(',');
}
