package deploy

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// root is the root of the repository.
const root = "../.."

// exported returns the series that the command serves, as Prometheus keeps them: of a run
// with a plain pattern, of one with another, and those of Prometheus itself.
func exported(t *testing.T) []labels.Labels {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "ordertimeout")
	if out, err := exec.Command("go", "build", "-C", root, "-o", binary, "./cmd/ordertimeout").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	series := []labels.Labels{labels.FromStrings("__name__", "up", "job", "ordertimeout", "instance", "shop:9464")}
	for _, pattern := range []string{"create followedBy pay within 10m", "create[n > 1] followedBy pay within 10m"} {
		series = append(series, scrape(t, binary, pattern)...)
	}
	return series
}

// scrape runs the command on a file that grows, with a carry file, until all of its series
// are there.
func scrape(t *testing.T, binary, pattern string) (series []labels.Labels) {
	t.Helper()
	dir := t.TempDir()
	log, err := os.ReadFile(filepath.Join(root, "testdata/orders.jsonl"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "orders.jsonl"), log, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	cmd := exec.Command(binary, "-input", "orders.jsonl", "-follow", "-carry", "orders.carry", "-carry-every", "100ms",
		"-pattern", pattern, "-success", "none", "-timeouts", "none", "-metrics", address)
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	var text string
	for end := time.Now().Add(30 * time.Second); !strings.Contains(text, "\nordertimeout_watermark_lag_seconds ") || !strings.Contains(text, "\nordertimeout_carry_age_seconds "); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no watermark, or no carry file, in 30 s:\n%s", text)
		}
		if answer, err := http.Get("http://" + address + "/metrics"); err == nil {
			b, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			text = string(b)
		}
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, family := range families {
		for _, m := range family.Metric {
			b := labels.NewBuilder(labels.FromStrings("__name__", name, "job", "ordertimeout", "instance", "shop:9464"))
			for _, pair := range m.Label {
				b.Set(pair.GetName(), pair.GetValue())
			}
			series = append(series, b.Labels())
		}
	}
	return series
}

// freeAddress returns an address that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprintf("localhost:%d", l.Addr().(*net.TCPAddr).Port)
}
