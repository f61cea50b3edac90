/** v1 ServiceAccounts. */
import { column, printer } from '../machinery/columns.ts';
import { listOf } from '../machinery/read.ts';
import { define } from './define.ts';

export const serviceAccounts = define({
  group: '',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  namespaced: true,
  returnsDeleted: true,
  printer: printer([column('Secrets', 'Number of Secrets of the account.')], (account) => [
    listOf(account.secrets).length,
  ]),
});
