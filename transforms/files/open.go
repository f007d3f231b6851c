package files

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"ordertimeout/transforms/fsys"
)

// stream is an opened input, decompressed.
type stream struct {
	io.Reader
	file  io.Closer
	close func() // of the decompressor; nil without one
}

// open opens an input. Of what it reads from it, it calls progress with the
// number of bytes after each read and, where a read may have to wait for
// someone to write, idle before it.
func open(ctx context.Context, remote *remotes, path string, progress func(bytes int), idle func() error) (*stream, error) {
	f, mayWait, err := openRaw(ctx, remote, path)
	if err != nil {
		return nil, fsys.Reason(err)
	}
	if !mayWait {
		idle = nil
	}
	s := &stream{Reader: &meter{file: f, progress: progress, idle: idle}, file: f}
	if err := s.decompress(path); err != nil {
		s.Close()
		return nil, fsys.Reason(err)
	}
	return s, nil
}

// openRaw opens an input as it is. A local file is read without Beam's file system
// in between, which has no standard input and does not tell what may wait.
func openRaw(ctx context.Context, remote *remotes, path string) (f io.ReadCloser, mayWait bool, err error) {
	if fsys.IsURI(path) {
		f, err = remote.open(ctx, path)
		return f, false, err
	}
	var local *os.File
	if path == stdin {
		local = os.Stdin
		f = io.NopCloser(local) // not ours to close
	} else {
		if local, err = os.Open(path); err != nil {
			return nil, false, err
		}
		f = local
	}
	info, err := local.Stat()
	if err != nil {
		f.Close()
		return nil, false, err
	}
	return f, !info.Mode().IsRegular(), nil
}

// decompress puts the decompressor that the path asks for before the reader.
func (s *stream) decompress(path string) error {
	switch _, ext := splitExt(path); ext {
	case ".gz":
		z, err := gzip.NewReader(bufio.NewReaderSize(s.Reader, 64<<10))
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		s.Reader = z
	case ".zst":
		// More than one goroutine would call meter from elsewhere.
		z, err := zstd.NewReader(bufio.NewReaderSize(s.Reader, 64<<10), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return err
		}
		s.Reader, s.close = z, z.Close
	}
	return nil
}

// Close closes the input.
func (s *stream) Close() {
	if s.close != nil {
		s.close()
	}
	s.file.Close() // of what was only read there is nothing to lose
}

// splitExt splits the extension of a compressed file, in lower case, off a path.
func splitExt(path string) (base, ext string) {
	base = strings.ToLower(path)
	for _, ext := range []string{".gz", ".zst"} {
		if b, ok := strings.CutSuffix(base, ext); ok {
			return b, ext
		}
	}
	return base, ""
}

// isCSV reports whether a file is read as CSV.
func (c Config) isCSV(path string) bool {
	if c.Format != "" {
		return c.Format == "csv"
	}
	base, _ := splitExt(path)
	return strings.HasSuffix(base, ".csv")
}

// size returns how many bytes there are to read, or 0 where nobody knows, or would
// have to ask for each file.
func size(paths []string) int64 {
	var sum int64
	for _, path := range paths {
		if fsys.IsURI(path) {
			return 0
		}
		info, err := check(path)
		if err != nil || !info.Mode().IsRegular() {
			return 0
		}
		sum += info.Size()
	}
	return sum
}

// meter watches the reads of a file.
type meter struct {
	file     io.Reader
	progress func(bytes int)
	idle     func() error
}

func (m *meter) Read(p []byte) (int, error) {
	if m.idle != nil {
		if err := m.idle(); err != nil {
			return 0, err
		}
	}
	n, err := m.file.Read(p)
	m.progress(n)
	if err != nil && err != io.EOF {
		err = fsys.Reason(err)
	}
	return n, err
}
