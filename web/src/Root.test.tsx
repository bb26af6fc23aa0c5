import { act, render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { loadCatalog } from './i18n/translate.ts';
import { Root } from './Root.tsx';
import { Stage } from './testing/stage.tsx';

const load = vi.hoisted(() => ({ failures: 0 }));

vi.mock('./i18n/translate.ts', async original => {
  const real = await original<{ loadCatalog: typeof loadCatalog }>();
  const flaky: typeof loadCatalog = locale => {
    if (load.failures === 0) return real.loadCatalog(locale);
    load.failures -= 1;
    return Promise.reject(new TypeError('Failed to fetch dynamically imported module'));
  };
  return { ...real, loadCatalog: flaky };
});

it('goes on asking for its words when they do not come', async () => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => {}, removeEventListener: () => {} }));
  load.failures = 2;
  const stage = new Stage();
  await act(async () => {
    render(<Root app={stage} base="" languages={['en']} />);
  });
  await stage.pass(3_000);
  expect(document.querySelector('main')).toBeNull();
  await stage.pass(3_000);
  expect(await screen.findByRole('main', {}, { timeout: 30_000 })).toBeInTheDocument();
  expect(document.documentElement.lang).toBe('en');
  vi.unstubAllGlobals();
});
