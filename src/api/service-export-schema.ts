/** Schema of ServiceExport, the same in v1alpha1 and v1beta1. KEP-1645, "Exporting Services". */
import { conditions } from './condition-schema.ts';
import type { ServiceExport } from './multicluster.ts';
import { object, textMap } from './openapi-schema.ts';

export const SERVICE_EXPORT = {
  description: 'Offers the Service of the same namespace and name to the other clusters of the clusterset.',
  spec: object<NonNullable<ServiceExport['spec']>>(
    'What goes along with the Service.',
    {
      exportedLabels: textMap('Labels that the ServiceImports shall carry.'),
      exportedAnnotations: textMap('Annotations that the ServiceImports shall carry.'),
    },
    ['exportedLabels', 'exportedAnnotations'],
  ),
  status: object<NonNullable<ServiceExport['status']>>(
    'How the export stands. The multi-cluster controller writes it.',
    { conditions: conditions('Valid, Ready and Conflict, and what the controller adds.') },
    ['conditions'],
  ),
};
