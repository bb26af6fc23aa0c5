import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useT } from '../app.tsx';
import { Dialog } from './Dialog.tsx';

/** Asks before an act that cannot be taken back. The focus stands on Cancel. */
export function ConfirmDialog({
  title,
  lead,
  onConfirm,
  onClose,
}: {
  title: string;
  lead: string;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const t = useT();
  return (
    <Dialog
      title={title}
      role="alertdialog"
      onClose={onClose}
      actions={
        <>
          <button type="button" className={controls.button} data-autofocus onClick={onClose}>
            {t('common.cancel')}
          </button>
          <button type="button" className={join(controls.button, controls.danger)} onClick={onConfirm}>
            {t('common.delete')}
          </button>
        </>
      }
    >
      <p>{lead}</p>
    </Dialog>
  );
}
