package files

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/process"
)

// hanging is a file system whose only file gives nothing until its reader gives up.
type hanging struct{ filesystem.Interface }

func init() {
	filesystem.Register("hanging", func(ctx context.Context) filesystem.Interface { return hanging{memfs.New(ctx)} })
}

func (hanging) Size(context.Context, string) (int64, error) { return 1, nil }

func (hanging) OpenRead(ctx context.Context, _ string) (io.ReadCloser, error) {
	return hangingFile{ctx}, nil
}

type hangingFile struct{ ctx context.Context }

func (f hangingFile) Read([]byte) (int, error) {
	<-f.ctx.Done()
	gaveUp <- true
	return 0, f.ctx.Err()
}

func (hangingFile) Close() error { return nil }

var gaveUp = make(chan bool, 1)

func TestPathsOfOtherFileSystems(t *testing.T) {
	write(t, map[string]string{"local": ""})
	for _, name := range []string{"memfs://paths/b.jsonl", "memfs://paths/a.jsonl", "memfs://paths/[x]"} {
		memfs.Write(name, nil)
	}
	for _, test := range []struct {
		reason string
		inputs []string
		want   string
	}{
		{"as given", []string{"memfs://paths/b.jsonl"}, "memfs://paths/b.jsonl"},
		{"a pattern, and a local file", []string{"memfs://paths/*.jsonl", "local"}, "local memfs://paths/a.jsonl memfs://paths/b.jsonl"},
		{"a file is read once", []string{"memfs://paths/a*", "memfs://paths/a.jsonl"}, "memfs://paths/a.jsonl"},
		{"a file named like a pattern is that file", []string{"memfs://paths/[x]"}, "memfs://paths/[x]"},
		{"no match", []string{"memfs://paths/*.gz"}, `files: -input "memfs://paths/*.gz": no file matches`},
		{"missing", []string{"memfs://paths/c"}, `files: -input "memfs://paths/c": file does not exist`},
		{"an unknown file system", []string{"hdfs://x"}, `files: -input "hdfs://x": no such file system in this program`},
	} {
		paths, err := Config{Inputs: test.inputs}.Paths()
		got := strings.Join(paths, " ")
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.reason, diff)
		}
	}
}

// A file is the same log wherever it is.
func TestReadOfAnotherFileSystem(t *testing.T) {
	texts := map[string]string{
		"a.jsonl":  line("a", 10_000) + "x\n\n" + line("b", 4_000),
		"b.csv.gz": "orderId,type,time\nc,pay,7000\n",
	}
	write(t, texts)
	for name := range texts {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		memfs.Write("memfs://read/"+name, data)
	}
	for skip := range int64(5) {
		want := replay(t, Config{Inputs: []string{"a.jsonl", "b.csv.gz"}, Disorder: time.Second}, skip)
		got := replay(t, Config{Inputs: []string{"memfs://read/a.jsonl", "memfs://read/b.csv.gz"}, Disorder: time.Second}, skip)
		for _, list := range [][]string{got.Log, got.Rejects} {
			for i := range list {
				list[i] = strings.Replace(list[i], "memfs://read/", "", 1)
			}
		}
		same(t, "from memory", got, want)
	}
	s := newSession(Config{Inputs: []string{"memfs://read/gone"}}, process.Of(""), 0)
	defer s.close()
	n := note{t: t}
	n.bundle(s, process.Of(""))
	same(t, "gone since it was listed", n.transcript, transcript{Err: "files: memfs://read/gone: file does not exist", End: "0,0"})
}

// Nobody waits for a server that does not answer: what is under way is given up.
func TestClosedSessionGivesUpARequest(t *testing.T) {
	s := newSession(Config{Inputs: []string{"hanging://file"}}, process.Of(""), 0)
	s.close()
	select {
	case <-gaveUp:
	case <-time.After(10 * time.Second):
		t.Error("the session still waits")
	}
}
