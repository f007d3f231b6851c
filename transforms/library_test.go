package transforms_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// libraryMain is a program around the lines that README.md shows.
const libraryMain = `package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"ordertimeout/transforms"
	"ordertimeout/transforms/order"
)

func init() { register.Function1x0(printLine) }

func printLine(m order.Message) { fmt.Println(string(m.Body)) }

func main() {
	beam.Init()
	ctx := context.Background()
	LINES
	if err != nil {
		log.Fatal(err)
	}
}
`

// The lines that README.md shows are a program in a module of its own, which has no more
// of this one than a folder. It must not fetch anything that this one does not need.
func TestTheLinesOfTheReadmeWorkInAnotherModule(t *testing.T) {
	repository, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readFile(t, filepath.Join(repository, "README.md"))), "\n## As a library\n")
	_, rest, shown := strings.Cut(section, "```go\n")
	lines, _, closed := strings.Cut(rest, "```\n")
	if !found || !shown || !closed {
		t.Fatal("README.md: the section As a library has no lines of Go")
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "main.go"), []byte(strings.Replace(libraryMain, "LINES", lines, 1)))
	writeFile(t, filepath.Join(dir, "go.sum"), readFile(t, filepath.Join(repository, "go.sum")))
	inModule(t, dir, "mod", "init", "example.org/shop")
	inModule(t, dir, "mod", "edit", "-require", "ordertimeout@v0.0.0", "-replace", "ordertimeout="+repository)
	inModule(t, dir, "vet", ".")
	if testing.Short() {
		return
	}
	got := inModule(t, dir, "run", ".")
	if want := `{"outcome":"timeout","id":"`; strings.Count(got, want) != 1 {
		t.Errorf("the program wrote\n%s\nwant one line with %s", got, want)
	}
}

// inModule runs a go command in a module, without the network, and returns its output.
func inModule(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.Command("go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	var errors strings.Builder
	command.Stderr = &errors
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, errors.String())
	}
	return string(output)
}
