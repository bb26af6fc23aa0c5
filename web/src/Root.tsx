import { useStore } from '@suhbat/react';
import { useEffect, useState } from 'react';
import { Router } from 'wouter';
import { type App, AppProvider, useSelect } from './components/app.tsx';
import { Shell } from './components/Shell.tsx';
import { Announcer } from './components/status/Announcer.tsx';
import { Boundary } from './components/status/Boundary.tsx';
import { type Catalog, chooseLocale, type Locale, loadCatalog } from './i18n/translate.ts';
import { Inbox, SignIn } from './pages/lazy.ts';
import { all } from './settings.ts';
import { applyTextSize, applyTheme } from './theme/theme.ts';

const CATALOG_AGAIN = 3_000;

function Pages() {
  const session = useSelect(state => state.session);
  const userId = useSelect(state => state.userId);
  // Another person's page is another page, even where nobody saw the first one sign out.
  return session === 'signed-in' ? <Inbox key={userId} /> : <SignIn />;
}

/** The page: language and appearance around it, and the way to the right part. */
export function Root({ app, base, languages }: { app: App; base: string; languages: readonly string[] }) {
  const settings = useStore(app.preferences, all);
  const wanted = chooseLocale(settings.locale, languages);
  const [loaded, setLoaded] = useState<{ locale: Locale; catalog: Catalog } | null>(null);

  useEffect(() => {
    let current = true;
    let timer: unknown = null;
    const { clock } = app.messenger;
    const load = () =>
      loadCatalog(wanted).then(
        catalog => {
          if (!current) return;
          document.documentElement.lang = wanted;
          document.querySelector('link[rel="manifest"]')?.setAttribute('href', app.environment.asset(`manifest.${wanted}.webmanifest`));
          setLoaded({ locale: wanted, catalog });
        },
        () => {
          // No text can be shown without a catalog, so it goes on trying.
          if (current) timer = clock.after(CATALOG_AGAIN, () => void load());
        },
      );
    void load();
    return () => {
      current = false;
      clock.cancel(timer);
    };
  }, [wanted, app]);

  useEffect(() => applyTheme(document.documentElement, settings.theme), [settings.theme]);
  useEffect(() => applyTextSize(document.documentElement, settings.textSize), [settings.textSize]);

  if (!loaded) return <Shell />;
  return (
    <AppProvider app={app} locale={loaded.locale} catalog={loaded.catalog}>
      <Router base={base}>
        <Announcer>
          <Boundary>
            <Pages />
          </Boundary>
        </Announcer>
      </Router>
    </AppProvider>
  );
}
