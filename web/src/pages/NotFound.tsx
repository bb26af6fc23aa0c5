import { Link } from 'wouter';
import { useT } from '../components/app.tsx';
import { DoorArt } from '../components/art/Art.tsx';
import { Notice } from '../components/status/Notice.tsx';
import controls from '../theme/controls.module.css';
import styles from './Elsewhere.module.css';

export function NotFound() {
  const t = useT();
  return (
    <main className={styles.place} id="main" tabIndex={-1}>
      <Notice heading="h1" art={<DoorArt />} title={t('missing.title')} lead={t('missing.lead')}>
        <Link href="/" className={controls.button}>
          {t('missing.home')}
        </Link>
      </Notice>
    </main>
  );
}
