/** apps/v1 ControllerRevisions: template history of StatefulSets. */
import { AGE, age, column, NAME } from '../machinery/columns.ts';
import { IMMUTABLE, invalid } from '../machinery/field-error.ts';
import { numberOf, objectOf, sameValue } from '../machinery/read.ts';
import { define } from './define.ts';

export const controllerRevisions = define({
  group: 'apps',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
  printer: {
    columns: [NAME, column('Controller', 'Owner of the revision.'), column('Revision', 'Revision number.'), AGE],
    row(revision, now) {
      const owner = revision.metadata.ownerReferences?.find(({ controller }) => controller);
      const [group = ''] = owner?.apiVersion.includes('/') ? owner.apiVersion.split('/') : [];
      const kind = owner?.kind.toLowerCase() ?? '';
      const controller = owner ? `${group === '' ? kind : `${kind}.${group}`}/${owner.name}` : '<none>';
      return [revision.metadata.name, controller, numberOf(revision.revision), age(revision, now)];
    },
  },
  strategy: {
    validateUpdate: (revision, old) =>
      sameValue(revision.data, old.data) ? [] : [invalid('data', objectOf(revision.data), IMMUTABLE)],
  },
});
