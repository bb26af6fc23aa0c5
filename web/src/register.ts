interface TrustedTypes {
  createPolicy: (name: string, rules: { createScriptURL: (address: string) => string }) => { createScriptURL: (address: string) => string };
}

/** Registers the worker that keeps the page's own files, where the browser has workers: over https, and on this device. */
export async function registerWorker(base: string): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const address = new URL('worker.js', base).href;
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  // The policy of the page wants addresses of scripts to be vouched for; there is this one.
  const vouched = trustedTypes?.createPolicy('suhbat-worker', { createScriptURL: () => address }).createScriptURL(address) ?? address;
  await navigator.serviceWorker.register(vouched, { scope: base, updateViaCache: 'none' });
}
