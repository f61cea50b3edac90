import type { FieldComparison } from '../../../../src/server/console/api-types.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Table } from '../parts/layout.tsx';
import { Mono } from '../parts/text.tsx';

/** Fields of the merge, with the export that each comes from. */
export function FieldTable({ fields, label }: { readonly fields: readonly FieldComparison[]; readonly label: string }) {
  const t = useMessages();
  return (
    <Table label={label} head={[t.field, t.served, t.winner, t.differs]}>
      {fields.map(({ field, value, winner, others }) => (
        <tr key={field} className={others.length > 0 ? 'bg-warn-soft' : ''}>
          <td className="font-medium">
            <Mono>{field}</Mono>
          </td>
          <td>
            <Mono className="break-words">{value}</Mono>
          </td>
          <td>
            <Mono>{winner}</Mono>
          </td>
          <td>
            {others.length === 0 ? (
              <span className="text-dim">{t.agree}</span>
            ) : (
              <ul>
                {others.map((other) => (
                  <li key={other.value}>
                    <Mono>{other.members.join(', ')}</Mono>:{' '}
                    <Mono className="font-medium text-warn">{other.value}</Mono>
                  </li>
                ))}
              </ul>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}
