package files

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"ordertimeout/transforms/connect/files/bookmark"
)

// Resume is what a run goes on from.
type Resume struct {
	// Watermark is that of the log, in milliseconds. No event has a place before it.
	Watermark int64
	// Begun and Largest are those of the log's clock: see bookmark.Log.
	Begun   bool
	Largest int64
	// Inputs are how far each of Config.Inputs was read; nil of one that is new.
	Inputs []*bookmark.File
	// Parts are, of followed inputs, the rotated parts that are read before what has the name
	// now, the oldest first. What is known of an input is then known of the first part.
	Parts [][]string
	// Past are the files that are no input any more.
	Past []bookmark.File
}

// of returns how far an input was read, nil where it is new.
func (r *Resume) of(number int) *bookmark.File {
	if r == nil || number >= len(r.Inputs) {
		return nil
	}
	return r.Inputs[number]
}

// goOn returns the settings of a run that goes on at a position, with a watermark in
// milliseconds. Files that were read to their ends, and have not changed since, are no
// inputs any more.
func (c Config) goOn(position json.RawMessage, watermark int64) (Config, error) {
	log, err := bookmark.Decode(position)
	if err != nil {
		return c, fmt.Errorf("files: the position in the carry file: %w", err)
	}
	if c.Follow {
		return c.followOn(log, watermark)
	}
	var paths []string // of files that can be known again
	for _, path := range c.Inputs {
		if !mayWait(path) {
			paths = append(paths, path)
		}
	}
	known, err := log.Recognize(paths, openToLook, c.Forget)
	if err != nil {
		return c, fmt.Errorf("files: %w", err)
	}
	r := &Resume{Watermark: watermark, Begun: log.Begun, Largest: log.Largest, Past: known.Past}
	var inputs []string
	for _, path := range c.Inputs {
		var from *bookmark.File
		if len(paths) > 0 && path == paths[0] {
			from, known.Inputs, paths = known.Inputs[0], known.Inputs[1:], paths[1:]
		}
		if from != nil && from.Ended && unchanged(path, from) {
			r.Past = append(r.Past, *from)
			continue
		}
		inputs, r.Inputs = append(inputs, path), append(r.Inputs, from)
	}
	c.Inputs, c.Resume = inputs, r
	return c, nil
}

// unchanged reports whether a file is as it was when it was read.
func unchanged(path string, from *bookmark.File) bool {
	info, err := os.Stat(path)
	return err == nil && path == from.Path && bookmark.StatOf(info) == from.Stat
}

// openToLook opens a file, decompressed, to look at what is in it.
func openToLook(path string) (io.ReadCloser, error) {
	if _, ext := splitExt(path); ext == "" {
		f, err := os.Open(path)
		return f, plainText(err)
	}
	s, err := open(context.Background(), &remotes{}, path, func(int) {})
	if err != nil {
		return nil, plainText(err)
	}
	return looked{s}, nil
}

// looked is an input that is looked at.
type looked struct{ *stream }

// Close implements io.Closer.
func (l looked) Close() error {
	l.stream.Close()
	return nil
}

// followOn is goOn of followed files.
func (c Config) followOn(log bookmark.Log, watermark int64) (Config, error) {
	r := &Resume{Watermark: watermark, Begun: log.Begun, Largest: log.Largest}
	var known []*bookmark.File
	for _, path := range c.Inputs {
		rotated, from, err := followOn(log, path, c.Others)
		if err != nil {
			return c, fmt.Errorf("files: %s: %w", path, err)
		}
		r.Inputs, r.Parts = append(r.Inputs, from), append(r.Parts, rotated)
		if from != nil {
			known = append(known, from)
		}
	}
	var err error
	if r.Past, err = log.Rest(known, openToLook, c.Forget); err != nil {
		return c, fmt.Errorf("files: %w", err)
	}
	c.Resume = r
	return c, nil
}
