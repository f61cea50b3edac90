import { visible } from '../runtime/visible.ts';

/** Text for HTML and XML, in elements and attributes; control characters are shown. */
export function escaped(text: string): string {
  return visible(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
