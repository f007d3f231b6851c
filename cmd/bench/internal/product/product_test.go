package product

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheRootHasTheModuleOfTheProduct(t *testing.T) {
	root, err := Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || !bytes.HasPrefix(text, []byte("module "+module+"\n")) {
		t.Errorf("%s: go.mod is %.60q, %v, want that of %s", root, text, err, module)
	}
}

func TestOutsideOfTheModulesThereIsNoRoot(t *testing.T) {
	t.Chdir(t.TempDir())
	root, err := Root(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "product: find the module ordertimeout: ") {
		t.Errorf("got %q, %v, want an error", root, err)
	}
}

func TestAPathCountsFromTheRoot(t *testing.T) {
	for path, want := range map[string]string{"pipeline": "/root/pipeline", "./a.jar": "/root/a.jar", "/tmp/a.jar": "/tmp/a.jar"} {
		if got := Path("/root", path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestACommandIsBuiltUnderItsLastName(t *testing.T) {
	root, err := Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := Build(t.Context(), root, dir, "bench/orderlog"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "orderlog")); err != nil || info.IsDir() {
		t.Errorf("no command orderlog: %v", err)
	}
	if err := Build(t.Context(), root, dir, "nothing"); err == nil || !strings.HasPrefix(err.Error(), "product: build nothing: ") {
		t.Errorf("got %v, want an error", err)
	}
}
