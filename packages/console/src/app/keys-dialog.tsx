import { useMessages } from '../i18n/locale.tsx';
import { Button, Kbd } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';

export function KeysDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useMessages();
  const rows: readonly (readonly [keys: readonly string[], label: string])[] = [
    [['/'], t.keySearch],
    [['j', 'k'], t.keyMove],
    [['Enter'], t.keyOpen],
    [['g', 'o'], t.keyGo(t.overview)],
    [['g', 's'], t.keyGo(t.services)],
    [['g', 'm'], t.keyGo(t.members)],
    [['g', 'c'], t.keyGo(t.conflicts)],
    [['g', 't'], t.keyGo(t.topology)],
    [['g', 'w'], t.keyGo(t.writes)],
    [['c'], t.keyCreate],
    [['t'], t.keyTheme],
    [['l'], t.keyLanguage],
    [['Esc'], t.keyClose],
    [['?'], t.keyHelp],
  ];
  return (
    <Dialog title={t.keys} onClose={onClose}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2">
        {rows.map(([keys, label]) => (
          <div key={label} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
      <Button onClick={onClose} className="self-end">
        {t.close}
      </Button>
    </Dialog>
  );
}
