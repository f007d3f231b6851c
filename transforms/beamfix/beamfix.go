// Package beamfix is what is done about defects of Apache Beam 2.77.0, a file for
// each:
//
//   - finalize.go: the Go SDK finalizes one bundle of a plan, and never another
//   - commits.go: Flink finalizes bundles that its checkpoint does not have
//   - bundles.go: the Go SDK does not tell whether a bundle is at work
//
// Each file says what is wrong and where, what is done about it, and how to tell that
// it can be deleted. The package knows nothing but Beam.
//
// A program that runs pipelines, or is the worker of one, calls [Install] first:
//
//	func main() {
//		beamfix.Install()
//		beam.Init()
//		...
//
// The hooks of the SDK belong to the process. So the package has one registry of the
// bundles of this process, and no other state.
package beamfix

import (
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
)

// hookName names the hooks in the options of a pipeline, by which its workers find them.
const hookName = "beamfix-bundles"

var once sync.Once

// Install adds the hooks to the SDK that the rest of the package needs. It is to be called
// before beam.Init, both in the process that submits a pipeline and in its workers: the
// first enables the hooks in the options of the pipeline, and the second has the code for
// them. Further calls do nothing.
func Install() {
	once.Do(func() {
		hooks.RegisterHook(hookName, func([]string) hooks.Hook {
			bundles.active.Store(true)
			return hooks.Hook{Req: bundles.onRequest, Resp: bundles.onResponse}
		})
		if err := hooks.EnableHook(hookName); err != nil {
			panic(err) // it was registered in the line above
		}
	})
}
