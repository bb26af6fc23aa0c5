import { useState } from 'react';
import { LANGUAGE_NAMES, LOCALES } from '../../i18n/translate.ts';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useApp, useLanguage, useSettings } from '../app.tsx';
import { Dialog } from './Dialog.tsx';
import styles from './SettingsDialog.module.css';
import { useSettingsWords } from './sentences.ts';

const THEMES = [
  ['system', 'settings.system'],
  ['light', 'settings.light'],
  ['dark', 'settings.dark'],
] as const;

const SIZES = ['100', '115', '130', '150'] as const;

const DENSITIES = [
  ['roomy', 'settings.roomy'],
  ['compact', 'settings.compact'],
] as const;

const SENDS = [
  ['enter', 'settings.enter'],
  ['ctrl-enter', 'settings.ctrlEnter'],
] as const;

function Choice<T extends string>({
  label,
  name,
  value,
  options,
  onChange,
}: {
  label: string;
  name: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  return (
    <fieldset className={styles.group}>
      <legend>{label}</legend>
      <div className={styles.options}>
        {options.map(([option, text]) => (
          <label key={option} className={styles.option}>
            <input type="radio" name={name} checked={value === option} onChange={() => onChange(option)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export default function SettingsDialog({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const { t, locale } = useLanguage();
  const words = useSettingsWords();
  const { environment } = useApp();
  const [settings, change] = useSettings();
  const { notifications } = environment;
  // The browser's settings hold neither features that it lacks nor permissions that an embedding page withholds.
  const isPossible = !environment.embedded && notifications?.isPossible();
  const [permission, setPermission] = useState(() => notifications?.permission() ?? 'denied');
  const isOn = settings.notify && permission === 'granted';
  const toggle = async () => {
    if (isOn) {
      change({ notify: false });
      return;
    }
    const answer = (await notifications?.ask()) ?? 'denied';
    setPermission(answer);
    change({ notify: answer === 'granted' });
  };
  return (
    <Dialog title={t('settings.title')} onClose={onClose}>
      <div className={styles.groups}>
        <Choice
          label={t('settings.language')}
          name="language"
          value={locale}
          options={LOCALES.map(option => [option, LANGUAGE_NAMES[option]] as const)}
          onChange={value => change({ locale: value })}
        />
        <Choice
          label={words('settings.theme')}
          name="theme"
          value={settings.theme}
          options={THEMES.map(([option, key]) => [option, words(key)] as const)}
          onChange={value => change({ theme: value })}
        />
        <Choice
          label={words('settings.textSize')}
          name="text-size"
          value={String(settings.textSize)}
          options={SIZES.map(size => [size, words('settings.percent', { n: size })] as const)}
          onChange={value => change({ textSize: Number(value) })}
        />
        <Choice
          label={words('settings.density')}
          name="density"
          value={settings.density}
          options={DENSITIES.map(([option, key]) => [option, words(key)] as const)}
          onChange={value => change({ density: value })}
        />
        <div className={styles.keyboard}>
          <Choice
            label={words('settings.send')}
            name="send"
            value={settings.sendWith}
            options={SENDS.map(([option, key]) => [option, words(key)] as const)}
            onChange={value => change({ sendWith: value })}
          />
        </div>
        <fieldset className={styles.group}>
          <legend>{words('settings.notify')}</legend>
          {permission === 'denied' ? (
            <p className={styles.hint}>{words(isPossible ? 'settings.notifyDenied' : 'settings.notifyNone')}</p>
          ) : (
            <button type="button" className={controls.button} onClick={() => void toggle()}>
              {words(isOn ? 'settings.notifyOff' : 'settings.notifyOn')}
            </button>
          )}
          <label className={styles.check}>
            <input type="checkbox" checked={settings.sound} onChange={event => change({ sound: event.target.checked })} />
            <span>{words('settings.sound')}</span>
          </label>
        </fieldset>
        <button type="button" className={join(controls.button, styles.keyboard)} onClick={onKeys}>
          {words('settings.keys')}
        </button>
      </div>
    </Dialog>
  );
}
