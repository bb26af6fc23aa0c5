import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useMessenger } from '../app.tsx';
import styles from './Announcer.module.css';

interface Announce {
  /** Said by a screen reader when it is free. */
  say: (text: string) => void;
  /** Said at once: something one did has failed. */
  alarm: (text: string) => void;
  /** Shown for a moment, and said. */
  toast: (text: string) => void;
  /** What lies over the page makes the rest of it deaf, so it lends a place for toasts. */
  lend: (place: Element | null) => (() => void) | undefined;
}

const AnnounceContext = createContext<Announce>({ say: () => {}, alarm: () => {}, toast: () => {}, lend: () => undefined });

export function useAnnounce(): Announce {
  return useContext(AnnounceContext);
}

/** Where toasts stand in what lies over the page. */
export function ToastPlace() {
  const { lend } = useAnnounce();
  return <div ref={lend} className={styles.place} role="status" />;
}

const SHOWN = 4_000;

/** The same text twice is read once, unless it differs. */
const anew = (text: string) => (old: string) => (old === text ? `${text}\u00a0` : text);

/** The live regions of the page. They exist from the start: a region that appears with its text is often not read. */
export function Announcer({ children }: { children: ReactNode }) {
  const { clock } = useMessenger();
  const [said, setSaid] = useState('');
  const [toast, setToast] = useState<string | null>(null);
  const timer = useRef<unknown>(null);
  const [alarmed, setAlarmed] = useState('');
  const say = useCallback((text: string) => setSaid(anew(text)), []);
  const alarm = useCallback((text: string) => setAlarmed(anew(text)), []);
  const show = useCallback(
    (text: string) => {
      clock.cancel(timer.current);
      setToast(text);
      timer.current = clock.after(SHOWN, () => setToast(null));
    },
    [clock],
  );
  useEffect(() => () => clock.cancel(timer.current), [clock]);
  const [home, setHome] = useState<Element | null>(null);
  const [places, setPlaces] = useState<readonly Element[]>([]);
  const lend = useCallback((place: Element | null) => {
    if (!place) return undefined;
    setPlaces(old => [...old, place]);
    return () => setPlaces(old => old.filter(other => other !== place));
  }, []);
  const announce = useRef({ say, alarm, toast: show, lend }).current;
  const top = places.at(-1) ?? home;
  return (
    <AnnounceContext value={announce}>
      {children}
      <div className="hidden" aria-live="polite" aria-atomic="true">
        {said}
      </div>
      <div className="hidden" role="alert">
        {alarmed}
      </div>
      <div ref={setHome} className={styles.place} role="status" />
      {toast && top && createPortal(<div className={styles.toast}>{toast}</div>, top)}
    </AnnounceContext>
  );
}
