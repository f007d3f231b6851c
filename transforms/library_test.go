package transforms_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// libraryMain is a program around the first lines that README.md shows.
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

// loginsMain is a program around the second lines, with elements of its own type.
const loginsMain = `package main

import (
	"context"
	"fmt"
	"log"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"ordertimeout/transforms"
	"ordertimeout/transforms/cep"
)

type attempt struct {
	Account, Result, JSON string
	At                    int64
}

func init() {
	register.Function1x2(loginEvent)
	register.Function2x0(print)
	register.Function1x0(printReject)
}

func loginEvent(a attempt) (string, cep.Event) {
	return a.Account, cep.Event{Type: a.Result, Time: a.At, Data: []byte(a.JSON)}
}

func print(at beam.EventTime, o transforms.PatternOutcome) {
	fmt.Println(o.TimedOut, o.Key, len(o.Events("fail")), len(o.Events("login")), at.Milliseconds())
}

func printReject(r transforms.PatternReject) { fmt.Println(r.Reason, r.Key, r.Event.Time) }

func main() {
	beam.Init()
	p, s := beam.NewPipelineWithRoot()
	const password = "{\"method\":\"password\"}"
	logins := beam.CreateList(s, []attempt{
		{"bob", "fail", password, 1000}, {"bob", "fail", password, 2000}, {"bob", "fail", password, 3000}, {"bob", "login", "", 4000},
		{"eve", "fail", password, 1000}, {"eve", "fail", password, 2000}, {"eve", "fail", password, 3000}, {"ann", "login", "", 4000},
	})
	LINES
	beam.ParDo0(s, print, beam.Flatten(s, matches, timeouts))
	beam.ParDo0(s, printReject, rejects)
	if _, err := beam.Run(context.Background(), "prism", p); err != nil {
		log.Fatal(err)
	}
}
`

// The lines that README.md shows are programs in a module of its own, which has no more
// of this one than a folder. It must not fetch anything that this one does not need.
func TestTheLinesOfTheReadmeWorkInAnotherModule(t *testing.T) {
	repository, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readFile(t, filepath.Join(repository, "README.md"))), "\n## As a library\n")
	section, _, _ = strings.Cut(section, "\n## ")
	shown := strings.Split(section, "```go\n")
	if len(shown) != 3 {
		t.Fatalf("README.md: the section As a library has %d times lines of Go, want 2", len(shown)-1)
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "go.sum"), readFile(t, filepath.Join(repository, "go.sum")))
	inModule(t, dir, "mod", "init", "example.org/shop")
	inModule(t, dir, "mod", "edit", "-require", "ordertimeout@v0.0.0", "-replace", "ordertimeout="+repository)
	for i, test := range []struct {
		name, main string
		want       []string
	}{
		{"orders", libraryMain, []string{`{"outcome":"timeout","id":"`}},
		{"logins", loginsMain, []string{"false bob 3 1 4000\n", "true eve 3 0 301000\n", "orphan ann 4000\n"}},
	} {
		lines, _, _ := strings.Cut(shown[i+1], "```\n")
		if err := os.Mkdir(filepath.Join(dir, test.name), 0o777); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, test.name, "main.go"), []byte(strings.Replace(test.main, "LINES", lines, 1)))
		inModule(t, dir, "vet", "./"+test.name)
		if testing.Short() {
			continue
		}
		got := inModule(t, dir, "run", "./"+test.name)
		for _, want := range test.want {
			if strings.Count(got, want) != 1 {
				t.Errorf("the program of %s wrote\n%s\nwant %q once", test.name, got, want)
			}
		}
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
