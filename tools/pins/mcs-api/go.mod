module catamaran.dev/tools/mcs-api

go 1.23.0

// The tests compare our CRDs with those of this module. Nothing of it is built.
require sigs.k8s.io/mcs-api v0.5.2
