import { ArrowLeft } from 'lucide-react';
import { Link, useLocation } from 'wouter';
import controls from '../theme/controls.module.css';
import { join } from '../theme/theme.ts';
import { useT } from './app.tsx';

/** Kept with an entry of the browser's history that was opened from the list. */
export const FROM_LIST = { list: true };

/** To the list, where it is not in sight. Where one came from there it is a step back: the system's own Back shall not lead in again. */
export function BackLink({ className }: { className: string | undefined }) {
  const t = useT();
  const [, navigate] = useLocation();
  return (
    <Link
      href="/"
      className={join(controls.icon, className)}
      aria-label={t('common.back')}
      onClick={event => {
        event.preventDefault();
        if ((history.state as typeof FROM_LIST | null)?.list) history.back();
        else navigate('/', { replace: true });
      }}
    >
      <ArrowLeft aria-hidden size={22} />
    </Link>
  );
}
