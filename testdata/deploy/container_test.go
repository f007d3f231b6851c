package deploy

import (
	"compress/gzip"
	"debug/elf"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// stages returns the stages of the container file, as the builder of images reads them.
func stages(t *testing.T) []instructions.Stage {
	t.Helper()
	f, err := os.Open("Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	parsed, err := parser.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Warnings) > 0 {
		t.Errorf("the builder warns: %v", parsed.Warnings)
	}
	all, _, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[1].BaseName != "scratch" {
		t.Fatalf("want a stage that builds, and one from scratch: %+v", all)
	}
	return all
}

// last returns the last command of a kind in a stage.
func last[C instructions.Command](t *testing.T, stage instructions.Stage) (c C) {
	t.Helper()
	found := false
	for _, command := range stage.Commands {
		if is, ok := command.(C); ok {
			c, found = is, true
		}
	}
	if !found {
		t.Fatalf("no %T in stage %s", c, stage.BaseName)
	}
	return c
}

func TestImageIsSafe(t *testing.T) {
	all := stages(t)
	if user := last[*instructions.UserCommand](t, all[1]).User; user != "65532:65532" {
		t.Errorf("user %s: want numbers, which a cluster can tell to be not root's", user)
	}
	if entry := last[*instructions.EntrypointCommand](t, all[1]); entry.PrependShell || !slices.Equal(entry.CmdLine, []string{"/ordertimeout"}) {
		t.Errorf("entry point %+v: there is no shell", entry)
	}
	if command := last[*instructions.CmdCommand](t, all[1]); command.PrependShell {
		t.Errorf("command %+v: there is no shell", command)
	}
	for _, command := range all[1].Commands {
		if _, ok := command.(*instructions.RunCommand); ok {
			t.Error("the image runs a command, and has none")
		}
	}
	for _, command := range all[0].Commands {
		if c, ok := command.(*instructions.CopyCommand); ok {
			for _, path := range c.SourcePaths {
				if _, err := os.Stat(filepath.Join(root, path)); err != nil {
					t.Errorf("COPY of what is not there: %v", err)
				}
			}
		}
	}
}

// image builds what the image has, with the commands of the container file, and returns
// the directory that is its root.
func image(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, command := range stages(t)[0].Commands {
		run, ok := command.(*instructions.RunCommand)
		if !ok || slices.Equal(run.CmdLine, []string{"go mod download"}) {
			continue
		}
		cmd := exec.Command("sh", "-ec", strings.ReplaceAll(run.CmdLine[0], "/image/", dir+"/"))
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", run.CmdLine, err, out)
		}
	}
	for _, command := range stages(t)[1].Commands {
		c, ok := command.(*instructions.CopyCommand)
		if !ok || c.From != "build" {
			continue
		}
		if from, ok := strings.CutPrefix(c.SourcePaths[0], "/image/"); ok && "/"+from != c.DestPath {
			move(t, filepath.Join(dir, from), filepath.Join(dir, c.DestPath))
		}
	}
	return dir
}

func move(t *testing.T, from, to string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(to), 0o755)
	if err == nil {
		err = os.Rename(from, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// maxImage is how large the image may be as it is sent, in bytes.
const maxImage = 40 << 20

func TestImageRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command anew")
	}
	dir := image(t)
	binary := filepath.Join(dir, "ordertimeout")
	checkBinary(t, binary)
	if os.Getuid() != 0 {
		t.Skip("only root may change the root of a process")
	}
	// What whoever runs an image gives it.
	if err := os.MkdirAll(filepath.Join(dir, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "etc/hosts"), []byte("127.0.0.1 localhost\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	log, err := os.Open(filepath.Join(root, "testdata/orders.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for _, path := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(filepath.Join(dir, "data"), 65532, 65532); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/ordertimeout", "-input", "-", "-success", "none", "-timeouts", "timeouts.jsonl", "-carry", "orders.carry", "-log-format", "json")
	cmd.Path, cmd.Err = "/ordertimeout", nil
	cmd.Dir, cmd.Stdin, cmd.Env = "/data", log, []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: dir, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"addsUp":true`) {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "data/timeouts.jsonl"))
	if err != nil || strings.Count(string(b), "\n") == 0 {
		t.Errorf("%v: no timeouts: %q", err, b)
	}
}

// checkBinary fails the test where a binary needs libraries, or is too large.
func checkBinary(t *testing.T, path string) {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("linked dynamically: the image has no libraries")
		}
	}
	b, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var size counter
	z := gzip.NewWriter(&size)
	if _, err := io.Copy(z, b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil || size > maxImage {
		t.Errorf("%v: %d bytes: want at most %d", err, size, maxImage)
	}
	t.Logf("%d bytes compressed", size)
}

// counter counts what is written to it.
type counter int

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }
