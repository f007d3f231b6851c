package main

import (
	// gs:// for inputs and directories of outcomes.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"
)
