import { ApiError, refusal } from './api.ts';
import type { Message } from './types.ts';

export interface UploadRequest {
  url: string;
  token: string | null;
  fields: Record<string, string>;
  files: readonly File[];
  signal: AbortSignal;
  /** Bytes of each file that have left, and whether everything has. */
  onProgress: (sent: number[], done: boolean) => void;
}

/** Sends a multipart request and answers with the stored message. Injected, since only XHR reports upload progress. */
export type Uploader = (request: UploadRequest) => Promise<Message>;

/** The multipart body is sequential, so each file's share follows from the total: the last `sum(sizes)` bytes are the files. */
export function shares(sizes: readonly number[], loaded: number, total: number): number[] {
  const overhead = Math.max(0, total - sizes.reduce((sum, size) => sum + size, 0));
  const perFile = overhead / (sizes.length + 1);
  let offset = perFile;
  return sizes.map(size => {
    const sent = Math.round(Math.min(Math.max(loaded - offset, 0), size));
    offset += size + perFile;
    return sent;
  });
}

export function xhrUploader(createRequest: () => XMLHttpRequest): Uploader {
  return request =>
    new Promise((resolve, reject) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(request.fields)) form.append(name, value);
      for (const file of request.files) form.append('attachment_files', file, file.name);
      const sizes = request.files.map(file => file.size);
      const xhr = createRequest();
      const abort = () => xhr.abort();
      request.signal.addEventListener('abort', abort, { once: true });
      const end = () => request.signal.removeEventListener('abort', abort);
      xhr.open('POST', request.url);
      xhr.setRequestHeader('accept', 'application/json');
      if (request.token !== null) xhr.setRequestHeader('authorization', `Bearer ${request.token}`);
      xhr.upload.addEventListener('progress', event => request.onProgress(shares(sizes, event.loaded, event.total), false));
      xhr.upload.addEventListener('load', () => request.onProgress(sizes, true));
      xhr.addEventListener('load', () => {
        end();
        if (xhr.status < 200 || xhr.status >= 300) {
          reject(refusal(xhr.status, xhr.responseText, xhr.getResponseHeader('retry-after')));
          return;
        }
        try {
          resolve(JSON.parse(xhr.responseText) as Message);
        } catch {
          reject(new ApiError(xhr.status, 'unexpected'));
        }
      });
      xhr.addEventListener('error', () => {
        end();
        reject(new ApiError(0, 'network'));
      });
      xhr.addEventListener('abort', () => {
        end();
        reject(new DOMException('aborted', 'AbortError'));
      });
      if (request.signal.aborted) xhr.abort();
      else xhr.send(form);
    });
}
