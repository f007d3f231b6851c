//go:build !unix

package localfile

import "os"

// lock locks nothing: two processes with one output are not told apart here.
func lock(*os.File) error { return nil }
