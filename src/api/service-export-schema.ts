/** Schema of ServiceExport, the same in v1alpha1 and v1beta1. KEP-1645, "Exporting Services". */
import { conditions } from './condition-schema.ts';
import type { ServiceExport } from './multicluster.ts';
import { object, textMap } from './openapi-schema.ts';

export const SERVICE_EXPORT = {
  description: 'Exports the Service of the same namespace and name to the clusterset.',
  spec: object<NonNullable<ServiceExport['spec']>>(
    'Metadata to export with the Service.',
    {
      exportedLabels: textMap('Labels to set on the ServiceImports.'),
      exportedAnnotations: textMap('Annotations to set on the ServiceImports.'),
    },
    ['exportedLabels', 'exportedAnnotations'],
  ),
  status: object<NonNullable<ServiceExport['status']>>(
    'Status of the export, written by the multi-cluster controller.',
    { conditions: conditions('Valid, Ready and Conflict, and those that the controller adds.') },
    ['conditions'],
  ),
};
