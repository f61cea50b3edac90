module catamaran.dev/tools/lab/images

go 1.24.0
