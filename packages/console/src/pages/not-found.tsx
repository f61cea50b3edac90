import { Link } from '@tanstack/react-router';
import { useMessages } from '../i18n/locale.tsx';
import { buttonClass } from '../parts/button.tsx';
import { Page } from '../parts/layout.tsx';

export function NotFound() {
  const t = useMessages();
  return (
    <Page title={t.notFound}>
      <p>{t.notFoundPage}</p>
      <Link to="/" className={`${buttonClass()} self-start`}>
        {t.toOverview}
      </Link>
    </Page>
  );
}
