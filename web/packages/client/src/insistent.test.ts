import { describe, expect, it } from 'vitest';
import { insistent } from './insistent.ts';

const FAILURE = 'Failed to fetch dynamically imported module: https://example.org/chat/assets/Part-abc.js';

/** A browser that keeps the failure of each address, as most do, and a network that is away at first. */
function browser(message = FAILURE) {
  const failed = new Set<string>();
  const asked: string[] = [];
  const network = { online: false };
  const fetchFrom = (address: string) => {
    asked.push(address);
    if (!network.online) failed.add(address);
    return failed.has(address) ? Promise.reject(new TypeError(message)) : Promise.resolve('the module');
  };
  const load = insistent(() => fetchFrom('https://example.org/chat/assets/Part-abc.js') as Promise<string>, fetchFrom);
  return { load, asked, network };
}

describe('a module that is loaded when it is needed', () => {
  it('comes with another try, although the browser keeps the failure', async () => {
    const { load, asked, network } = browser();
    await expect(load()).rejects.toThrow('Failed to fetch');
    await expect(load()).rejects.toThrow('Failed to fetch');
    network.online = true;
    expect(await load()).toBe('the module');
    expect(await load()).toBe('the module');
    expect(asked).toEqual(['', '?try=1', '?try=2'].map(query => `https://example.org/chat/assets/Part-abc.js${query}`));
  });

  it('is loaded once, however many ask for it', async () => {
    const { load, asked, network } = browser();
    network.online = true;
    expect(await Promise.all([load(), load()])).toEqual(['the module', 'the module']);
    expect(asked).toHaveLength(1);
  });

  it('is asked for in the same way where the browser does not say what failed', async () => {
    const { load, asked } = browser('Importing a module script failed.');
    await expect(load()).rejects.toThrow();
    await expect(load()).rejects.toThrow();
    expect(new Set(asked).size).toBe(1);
  });
});
