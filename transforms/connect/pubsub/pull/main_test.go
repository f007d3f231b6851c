package pull

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/connect/pubsub/pubsubtest"
)

// noInstall tells the test binary to be a program that does not call beamfix.Install.
const noInstall = "PUBSUB_TEST_NO_INSTALL"

func TestMain(m *testing.M) {
	if os.Getenv(noInstall) == "" {
		beamfix.Install()
	}
	beamfix.ForPrism()
	ptest.MainWithDefault(m, "prism")
}

// Else nothing would be acknowledged, and nobody would know why.
func TestSourceFailsWhereTheHooksOfBeamfixAreMissing(t *testing.T) {
	if os.Getenv(noInstall) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), noInstall+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %.2000s", err, out)
		}
		return
	}
	j := startJob(t, pubsubtest.NewServer(t, 600), "ack=bundle", true, "")
	if err := <-j.ended; err == nil {
		t.Error("the pipeline has not failed")
	}
	if err := j.run.Err(); err == nil || !strings.Contains(err.Error(), "beamfix.Install") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the run failed with %v: want a line that names beamfix.Install", err)
	}
}
