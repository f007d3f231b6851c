// Package beamfix is what is done about defects of Apache Beam 2.77.0, a file for
// each:
//
//   - finalize.go: the Go SDK finalizes one bundle of a plan, and never another
//   - bundles.go: Prism cannot drain a job, and the Go SDK does not tell what is at work
//   - commits.go: Flink finalizes bundles that its checkpoint does not have
//   - elements.go: the Go SDK sends a message for each timer, and Flink hangs with many
//   - ends.go: Prism asks in a loop for the answer of a worker
//   - split.go: Prism loses the watermark of a source that it splits
//   - temporary.go: the SDK leaves a file behind, and panics where it cannot make it
//   - noise.go: Prism and Dataflow log warnings that are none
//
// Each file says what is wrong and where, what is done about it, and how to tell that it
// can be deleted. Paths in Go are below sdks/go/pkg/beam of Beam. The package knows nothing
// but Beam.
//
// Other defects are worked around in one place that is no use to others, and are
// explained there:
//
//   - transforms, alongside: an emitter panics where a later step has failed
//   - cmd/ordertimeout, runPrism: to cancel a job is a data race and a panic
//   - cmd/ordertimeout, executePrism: Prism loses what several bundles count at first
//   - cmd/ordertimeout, refuseRunning: a running job is taken for the one submitted to Dataflow
//   - cmd/internal/flink: the SDK's runner sends no options, and cannot resume or cancel
//   - cmd/ordertimeout-boot: Beam's boot program leaves the worker running
//
// A program that runs pipelines, or is the worker of one, calls [Install] first:
//
//	func main() {
//		beamfix.Install()
//		beam.Init()
//		...
//
// and [ForPrism] or [ForFlink] before it runs a pipeline there.
//
// The hooks of the SDK belong to the process. So the package has one registry of the
// bundles of this process, and knows whether Install was called; it has no other state.
package beamfix

import (
	"errors"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
)

// hookName names the hooks in the options of a pipeline, by which its workers find them.
const hookName = "beamfix-bundles"

var once sync.Once

var errNotInstalled = errors.New("beamfix: no hooks: call beamfix.Install before beam.Init, where the pipeline is submitted and in its workers")

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
		registerDialer()
		bundles.installed.Store(true)
	})
}
