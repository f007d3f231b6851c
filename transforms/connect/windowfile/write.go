package windowfile

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/window"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/typex"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/cespare/xxhash/v2"

	"ordertimeout/transforms/connect/fsys"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn5x1[context.Context, typex.PaneInfo, beam.Window, int64, func(*[]byte) bool, error](&writeFn{})
	register.Iter1[[]byte]()
}

// writeFn writes a file: KV<shard, its parts> of a window and pane.
type writeFn struct {
	Config Config

	files   filesystem.Interface
	scratch []byte
}

// Setup opens the file system, which for one in a cloud is to connect to it.
func (fn *writeFn) Setup(ctx context.Context) (err error) {
	fn.files, err = filesystem.New(ctx, fn.Config.Dir)
	return err
}

func (fn *writeFn) Teardown() error { return fn.files.Close() }

func (fn *writeFn) ProcessElement(ctx context.Context, pane typex.PaneInfo, w beam.Window, shard int64, next func(*[]byte) bool) error {
	parts, err := sorted(next)
	if err != nil {
		return err
	}
	run := process.Of(fn.Config.Run)
	name := name(w.(window.IntervalWindow), pane.Index, shard, fn.Config.Shards)
	done, err := fn.write(ctx, name, parts)
	if err != nil {
		return run.Fail(fmt.Errorf("windowfile: %s/%s: %w", strings.TrimRight(fn.Config.Dir, "/"), name, fsys.Reason(err)))
	}
	for _, refs := range done {
		run.Done(refs)
	}
	return nil
}

// sorted returns the parts of a file in the order in which they are written.
func sorted(next func(*[]byte) bool) (parts []part, err error) {
	for {
		var data []byte
		if !next(&data) {
			break
		}
		p, err := readHead(data)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	slices.SortFunc(parts, compare)
	return parts, nil
}

// name returns the name of a file up to its hash.
func name(w window.IntervalWindow, pane, shard int64, shards int) string {
	span := "end"
	if start := w.Start.Milliseconds(); start < order.EndOfTime {
		span = utc(start) + "-" + utc(w.End.Milliseconds())
	}
	return fmt.Sprintf("%s-pane%d-shard%dof%d", span, pane, shard, shards)
}

func utc(ms int64) string { return time.UnixMilli(ms).UTC().Format("20060102T150405Z") }

// write writes a file: first under a name that nobody reads and that no other
// attempt uses, and when it is complete under its own. It returns the Refs of its
// lines.
func (fn *writeFn) write(ctx context.Context, name string, parts []part) (done [][]uint64, err error) {
	dir := strings.TrimRight(fn.Config.Dir, "/") + "/"
	tmp := dir + "." + name + "-" + rand.Text() + ".tmp"
	w, err := fn.files.OpenWrite(ctx, tmp)
	if err != nil {
		return nil, err
	}
	hash, done, err := fn.copy(w, parts)
	if closeErr := w.Close(); err == nil {
		err = closeErr // it is only now that a cloud has the file
	}
	if err == nil {
		err = filesystem.Rename(ctx, fn.files, tmp, fmt.Sprintf("%s%s-%016x.jsonl", dir, name, hash))
	}
	if err != nil {
		fn.remove(ctx, tmp)
	}
	return done, err
}

// copy writes the lines. Their hash is the same for the same lines in any order.
func (fn *writeFn) copy(w io.Writer, parts []part) (hash uint64, done [][]uint64, err error) {
	var page []byte
	for _, p := range parts {
		page = page[:0]
		err := p.each(&fn.scratch, func(line []byte, refs []uint64) error {
			hash += xxhash.Sum64(line)
			page = append(append(page, line...), '\n')
			if len(refs) > 0 {
				done = append(done, refs)
			}
			return nil
		})
		if err != nil {
			return 0, nil, err
		}
		if _, err := w.Write(page); err != nil {
			return 0, nil, err
		}
	}
	if f, ok := w.(interface{ Sync() error }); ok { // a local file: its lines are on the disk before its name is
		err = f.Sync()
	}
	return hash, done, err
}

// remove removes what a failed attempt has left, if that can be done: else the file
// stays, and nobody reads it.
func (fn *writeFn) remove(ctx context.Context, tmp string) {
	if r, ok := fn.files.(filesystem.Remover); ok {
		_ = r.Remove(ctx, tmp)
	}
}
