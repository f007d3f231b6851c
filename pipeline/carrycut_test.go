package pipeline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	gocmp "github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/process"
)

// carriedPatterns are patterns of each kind: by table and by machine.
var carriedPatterns = []string{
	"create followedBy pay within 10m",
	"create next pay within 10m",
	"create notFollowedBy view followedBy pay within 10m",
	"every create followedByAny pay within 10m",
	"create followedBy view+ greedy followedBy pay within 10m",
	"every create followedBy pay within 10m skip past last",
	`create followedBy pay[id > create.id] within 10m`,
	"create notFollowedBy pay within 10m",
}

// A log with late and repeated events, cut anywhere, by files, by what is appended to one, and
// by stops, and carried on with any number of shards, has the outcomes of the whole log.
func TestALogThatIsCutAndCarriedHasTheOutcomesOfTheWhole(t *testing.T) {
	seeds := uint64(3 * len(carriedPatterns))
	if testing.Short() {
		seeds = uint64(len(carriedPatterns))
	}
	stops, told := 0, 0
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(seed, 29))
		c := Default()
		log := unruly(rnd, jitteredLog(rnd, c, false))
		c.Pattern = carriedPatterns[seed%uint64(len(carriedPatterns))]
		c.Tick = []time.Duration{0, 700 * time.Millisecond, time.Minute}[rnd.IntN(3)]
		whole := newCarriedRuns(t, c)
		whole.write("log", log, false)
		whole.run(0, "log")

		cut := newCarriedRuns(t, c)
		var files []string
		for rest := log; len(rest) > 0; {
			n := min(len(rest), 1+rnd.IntN(len(log)/2))
			appends := len(files) > 0 && rnd.IntN(2) == 0
			if !appends {
				files = append(files, fmt.Sprint("part", len(files)))
			}
			cut.write(files[len(files)-1], rest[:n], appends)
			rest = rest[n:]
			inputs := files
			if rnd.IntN(2) == 0 {
				inputs = files[len(files)-1:]
			}
			for range rnd.IntN(3) {
				stops++
				cut.config.Shards = 1 + rnd.IntN(20)
				cut.run(time.Duration(rnd.IntN(30_000))*time.Microsecond, inputs...)
			}
			cut.run(0, inputs...)
		}
		want, got := whole.outcomes(), cut.outcomes()
		if told += len(want); len(want) == 0 {
			t.Errorf("seed %d, %s: the log has no outcome", seed, c.Pattern)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d, %s, %d files (-whole +cut):\n%s", seed, c.Pattern, len(files), diff)
		}
	}
	t.Logf("%d stops, %d outcomes", stops, told)
}

// unruly returns a log in which some events come once more, and some very late.
func unruly(rnd *rand.Rand, log []string) []string {
	for range len(log) / 20 {
		from := rnd.IntN(len(log))
		line := log[from]
		to := min(len(log), from+rnd.IntN(200))
		if rnd.IntN(2) == 0 {
			log = slices.Delete(log, from, from+1) // it comes late, else twice
			to = min(to, len(log))
		}
		log = slices.Insert(log, to, line)
	}
	return log
}

// carriedRuns are runs one after the other, with one carry file and one file of outcomes.
type carriedRuns struct {
	t      *testing.T
	config Config
	dir    string
}

func newCarriedRuns(t *testing.T, c Config) *carriedRuns {
	t.Helper()
	r := &carriedRuns{t: t, config: c, dir: t.TempDir()}
	r.config.Carry = r.dir + "/carry"
	r.config.CarryEvery = time.Millisecond
	r.config.Success, r.config.Timeouts = r.dir+"/out", r.dir+"/out"
	return r
}

// write writes lines into an input, or appends them.
func (r *carriedRuns) write(name string, lines []string, appends bool) {
	r.t.Helper()
	how := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if appends {
		how = os.O_APPEND | os.O_WRONLY
	}
	f, err := os.OpenFile(r.dir+"/"+name, how, 0o666)
	if err == nil {
		_, err = f.WriteString(strings.Join(append(lines[:len(lines):len(lines)], ""), "\n"))
		f.Close()
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// run runs the pipeline over inputs, to their ends or, where after is not zero, until it is
// stopped after that.
func (r *carriedRuns) run(after time.Duration, inputs ...string) {
	t, c := r.t, r.config
	t.Helper()
	run := process.NewRun()
	defer run.Close()
	c.Run = run.ID
	for _, name := range inputs {
		c.Input = append(c.Input, r.dir+"/"+name)
	}
	p, _, err := plan(t, c).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	p, keeper, err := p.OpenCarry(run)
	if err != nil {
		t.Fatal(err)
	}
	targets := p.Outputs()
	if start := keeper.Start(); start != nil {
		targets = localfile.Since(targets, start.Outputs)
	}
	outputs, err := localfile.Open(run, targets...)
	if err != nil {
		t.Fatal(err)
	}
	keeper.Outputs(outputs)
	if after > 0 {
		defer time.AfterFunc(after, run.Stop).Stop()
	}
	graph, s := beam.NewPipelineWithRoot()
	Build(s, p)
	if _, err := beam.Run(context.Background(), "prism", graph); err != nil {
		t.Fatal(err)
	}
	if err := keeper.Finish(); err != nil {
		t.Fatal(err)
	}
	if err := run.Err(); err != nil {
		t.Fatal(err)
	}
}

// outcomes returns all that was written, sorted.
func (r *carriedRuns) outcomes() []string {
	lines := readLines(r.t, r.dir+"/out")
	slices.Sort(lines)
	return lines
}
