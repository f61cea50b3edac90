/** rbac.authorization.k8s.io/v1 roles and bindings. They are stored but not enforced. */

import { AGE, age, column, NAME, wide } from '../machinery/columns.ts';
import { type FieldError, invalid, invalidFor, notSupported, required } from '../machinery/field-error.ts';
import { pathSegment, subdomain1123 } from '../machinery/formats.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import {
  isUnset,
  listOf,
  objectOf,
  objectsOf,
  sameValue,
  textOf,
  withEach,
  withMissing,
  withObject,
} from '../machinery/read.ts';
import type { Printer } from '../machinery/resource.ts';
import { define } from './define.ts';
import { selectorErrors } from './selector-rules.ts';

const GROUP = 'rbac.authorization.k8s.io';

function ruleErrors(path: string, rule: JsonObject, namespaced: boolean): readonly FieldError[] {
  const [verbs, urls] = [listOf(rule.verbs), listOf(rule.nonResourceURLs)];
  const [groups, resources] = [listOf(rule.apiGroups), listOf(rule.resources)];
  const errors: FieldError[] =
    verbs.length === 0 ? [required(`${path}.verbs`, 'verbs must contain at least one value')] : [];
  if (urls.length > 0) {
    const own = `${path}.nonResourceURLs`;
    if (namespaced) errors.push(invalid(own, urls, 'namespaced rules cannot apply to non-resource URLs'));
    if (groups.length > 0 || resources.length > 0 || listOf(rule.resourceNames).length > 0) {
      errors.push(invalid(own, urls, 'rules cannot apply to both regular resources and non-resource URLs'));
    }
    return errors;
  }
  if (groups.length === 0) {
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (resources.length === 0) {
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  }
  return errors;
}

function rolesErrors(role: StoredObject, namespaced: boolean): readonly FieldError[] {
  const rules = objectsOf(role.rules).flatMap((rule, i) => ruleErrors(`rules[${i}]`, rule, namespaced));
  if (isUnset(role.aggregationRule)) return rules;
  const selectors = objectsOf(objectOf(role.aggregationRule).clusterRoleSelectors);
  const path = 'aggregationRule.clusterRoleSelectors';
  return [
    ...rules,
    ...(selectors.length === 0
      ? [required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
      : []),
    ...selectors.flatMap((one, i) => selectorErrors(`${path}[${i}]`, one)),
  ];
}

function subjectErrors(path: string, subject: JsonObject, namespaced: boolean): readonly FieldError[] {
  const [kind, name, group] = [textOf(subject.kind), textOf(subject.name), textOf(subject.apiGroup)];
  const errors: FieldError[] = name === '' ? [required(`${path}.name`)] : [];
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...invalidFor(`${path}.name`, name, subdomain1123(name)));
      if (group !== '') errors.push(notSupported(`${path}.apiGroup`, group, ['']));
      if (!namespaced && isUnset(subject.namespace)) errors.push(required(`${path}.namespace`));
      return errors;
    case 'User':
    case 'Group':
      return group === GROUP ? errors : [...errors, notSupported(`${path}.apiGroup`, group, [GROUP])];
    default:
      return [...errors, notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group'])];
  }
}

function bindingErrors(binding: StoredObject, namespaced: boolean): readonly FieldError[] {
  const reference = objectOf(binding.roleRef);
  const [kind, name, group] = [textOf(reference.kind), textOf(reference.name), textOf(reference.apiGroup)];
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  return [
    ...(group === GROUP ? [] : [notSupported('roleRef.apiGroup', group, [GROUP])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...(name === '' ? [required('roleRef.name')] : invalidFor('roleRef.name', name, pathSegment(name))),
    ...objectsOf(binding.subjects).flatMap((one, i) => subjectErrors(`subjects[${i}]`, one, namespaced)),
  ];
}

function referenceErrors(binding: StoredObject, old: StoredObject): readonly FieldError[] {
  if (sameValue(binding.roleRef, old.roleRef)) return [];
  const { apiGroup = '', kind = '', name = '' } = objectOf(binding.roleRef);
  // The message contains Go's representation.
  return [invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')];
}

function bindingDefaults(binding: JsonObject): JsonObject {
  const referenced = withObject(binding, 'roleRef', (reference) => withMissing(reference, { apiGroup: GROUP }));
  return withEach(referenced, 'subjects', (subject) =>
    subject.kind === 'User' || subject.kind === 'Group' ? withMissing(subject, { apiGroup: GROUP }) : subject,
  );
}

const bindingPrinter: Printer = {
  columns: [
    NAME,
    column('Role', 'Kind and name of the role.'),
    AGE,
    wide('Users', 'Users bound to the role.'),
    wide('Groups', 'Groups bound to the role.'),
    wide('ServiceAccounts', 'ServiceAccounts bound to the role.'),
  ],
  row(binding, now) {
    const subjects = objectsOf(binding.subjects);
    const names = (kind: string, text: (subject: JsonObject) => string): string =>
      subjects
        .filter((one) => one.kind === kind)
        .map(text)
        .join(', ');
    return [
      binding.metadata.name,
      `${textOf(objectOf(binding.roleRef).kind)}/${textOf(objectOf(binding.roleRef).name)}`,
      age(binding, now),
      names('User', (one) => textOf(one.name)),
      names('Group', (one) => textOf(one.name)),
      names('ServiceAccount', (one) => `${textOf(one.namespace)}/${textOf(one.name)}`),
    ];
  },
};

const CREATED_AT = column('Created At', 'Creation time of the object.', 'date');

const rolePrinter: Printer = {
  columns: [NAME, CREATED_AT],
  row: (role) => [role.metadata.name, role.metadata.creationTimestamp],
};

function role(kind: 'Role' | 'ClusterRole') {
  const namespaced = kind === 'Role';
  return define({
    group: GROUP,
    kind,
    plural: `${kind.toLowerCase()}s`,
    namespaced,
    names: 'segment',
    createOnUpdate: true,
    printer: rolePrinter,
    validate: (object) => rolesErrors(object, namespaced),
  });
}

function binding(kind: 'RoleBinding' | 'ClusterRoleBinding') {
  const namespaced = kind === 'RoleBinding';
  return define({
    group: GROUP,
    kind,
    plural: `${kind.toLowerCase()}s`,
    namespaced,
    names: 'segment',
    createOnUpdate: true,
    printer: bindingPrinter,
    strategy: {
      defaults: bindingDefaults,
      validateCreate: (object) => bindingErrors(object, namespaced),
      validateUpdate: (object, old) => [...bindingErrors(object, namespaced), ...referenceErrors(object, old)],
    },
  });
}

export const rbac = [role('Role'), role('ClusterRole'), binding('RoleBinding'), binding('ClusterRoleBinding')] as const;
