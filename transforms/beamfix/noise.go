package beamfix

import "strings"

// What is wrong: the SDK logs warnings that are none. Prism gives the first three at the
// end of any run, and of a live one that is stopped: which, is up to the goroutine that
// ends first (Beam 2.77.0, runners/prism/internal/worker/worker.go:360 and :474,
// bundle.go:132). A submission to Dataflow that could not look at the bucket gives the
// others (runners/dataflow/dataflow.go:486), and fails with an error where it needs the
// bucket.
//
// What is done: whoever shows the log of the SDK asks whether a message is one of these.
//
// When to delete it: a prefix, when the line that logs it is gone from the SDK.

// noise is what messages begin with that mean nothing.
var noise = [...]string{
	"Control done", "state request after bundle inactive", "additional bundle response",
	"Error creating GCS client", "Error checking SoftDeletePolicy",
}

// IsNoise reports whether a warning in the log of the SDK means nothing.
func IsNoise(message string) bool {
	message = strings.TrimPrefix(message, "[SDK] ")
	for _, prefix := range noise {
		if strings.HasPrefix(message, prefix) {
			return true
		}
	}
	return false
}
