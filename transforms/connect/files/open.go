package files

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"ordertimeout/transforms/connect/fsys"
)

// stream is an opened input, decompressed.
type stream struct {
	io.Reader
	file   io.Closer
	local  *os.File // the input, where it is a regular file of this machine; else nil
	whole  *whole   // what reads it
	packed bool     // there is a decompressor
	tail   *growing // the input, where it is followed; else nil
	pipe   *pipe    // the input, where a read may have to wait for someone to write; else nil
	close  func()   // of the decompressor; nil without one
}

// open opens an input. Of what it reads from it, it calls progress with the
// number of bytes after each read. A pipe wants to be completed.
func open(ctx context.Context, remote *remotes, path string, progress func(bytes int)) (*stream, error) {
	if fsys.IsURI(path) {
		f, err := remote.open(ctx, path)
		if err != nil {
			return nil, fsys.Reason(err)
		}
		return newStream(path, &stream{Reader: &meter{file: f, progress: progress}, file: f})
	}
	f, err := openLocal(path)
	if err != nil {
		return nil, fsys.Reason(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fsys.Reason(err)
	}
	s := &stream{file: f}
	if path == stdin {
		s.file = io.NopCloser(f) // not ours to close
	}
	if path == stdin || !info.Mode().IsRegular() {
		s.pipe = &pipe{file: f}
		s.Reader = &meter{file: s.pipe, progress: progress}
	} else {
		s.local, s.whole = f, &whole{file: f, size: info.Size()}
		s.Reader = &meter{file: s.whole, progress: progress}
	}
	return newStream(path, s)
}

// openLocal opens a file of this machine without Beam's file system in between, which
// has no standard input and does not tell what may wait.
func openLocal(path string) (*os.File, error) {
	if path == stdin {
		return os.Stdin, nil
	}
	return os.Open(path)
}

// newStream completes an opened input by the decompressor that its path asks for.
func newStream(path string, s *stream) (*stream, error) {
	if err := s.decompress(path); err != nil {
		s.Close()
		return nil, fsys.Reason(err)
	}
	return s, nil
}

// decompress puts the decompressor that the path asks for before the reader.
func (s *stream) decompress(path string) error {
	_, ext := splitExt(path)
	s.packed = ext != ""
	switch ext {
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

// whole reads a file that has to be read as a whole. One that gets shorter meanwhile,
// as when someone begins it anew, has a hole where nobody has read.
type whole struct {
	file       *os.File
	size, read int64 // in bytes; size is that of the file when it was opened
}

func (w *whole) Read(p []byte) (int, error) {
	n, err := w.file.Read(p)
	w.read += int64(n)
	if err == io.EOF && w.read < w.size {
		err = fmt.Errorf("it has become shorter while it was read, from %d bytes to %d", w.size, w.read)
	}
	return n, err
}

// meter watches the reads of a file.
type meter struct {
	file     io.Reader
	progress func(bytes int)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.file.Read(p)
	m.progress(n)
	if err != nil && err != io.EOF {
		err = fsys.Reason(err)
	}
	return n, err
}
