// Package bookmark says how far each file of a log was read, for a run that goes on with it,
// and knows the files again.
//
// A file is known by two hashes: of its first 4 KiB, and of the last 4 KiB that were read of
// it, both decompressed. So it is known under another name, once it is compressed, and when
// something was appended to it; and another file under its name is not taken for it. One
// whose path, inode, size and time of change are as they were is known without a look.
package bookmark

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Log is where a log is.
type Log struct {
	// Version is of the layout.
	Version int `json:"version"`
	// Begun and Largest are the clock of the log: whether it has followed an event, and
	// the largest event time that it has followed, in milliseconds.
	Begun   bool  `json:"begun"`
	Largest int64 `json:"largest"`
	// Files are those of the log, and those of the past.
	Files []File `json:"files"`
}

const version = 1

// File is how far a file was read.
type File struct {
	// Path is its path, as it was given or found.
	Path string `json:"path"`
	Stat
	// Offset is where the first record begins that is not handed out, in decompressed
	// bytes, and Lines is the number of lines before it.
	Offset int64 `json:"offset"`
	Lines  int64 `json:"lines"`
	// Inside says that Offset is inside of a line that is too long to be an event, and was
	// handed out as such: its rest is skipped.
	Inside bool `json:"inside,omitempty"`
	// Ended says that it was read to its end.
	Ended bool `json:"ended"`
	// Head is of its first bytes, and Tail of the last ones before Offset.
	Head Print `json:"head"`
	Tail Print `json:"tail"`
}

// Stat is what the system says of a file.
type Stat struct {
	Device uint64 `json:"device"`
	Inode  uint64 `json:"inode"`
	Size   int64  `json:"size"`
	// Changed is the time of the last change, in nanoseconds since the Unix epoch.
	Changed int64 `json:"changed"`
}

// StatOf returns what the system has said of a file.
func StatOf(info fs.FileInfo) Stat {
	s := Stat{Size: info.Size(), Changed: info.ModTime().UnixNano()}
	s.Device, s.Inode = inodeOf(info)
	return s
}

// SameFile reports whether two files are one, as far as the system tells.
func (s Stat) SameFile(other Stat) bool {
	return s.Inode != 0 && s.Inode == other.Inode && s.Device == other.Device
}

// Most is how many bytes a Print is of, at most.
const Most = 4 << 10

// Print is a hash of some bytes, and how many they are.
type Print struct {
	Hash  string `json:"hash"`
	Bytes int64  `json:"bytes"`
}

// PrintOf returns the print of bytes.
func PrintOf(b []byte) Print {
	sum := sha256.Sum256(b)
	return Print{hex.EncodeToString(sum[:16]), int64(len(b))}
}

// Encode returns the log as JSON.
func (l Log) Encode() (json.RawMessage, error) {
	l.Version = version
	return json.Marshal(l)
}

// Decode reads a log that Encode has written. The error is a line.
func Decode(text []byte) (Log, error) {
	var l Log
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return Log{}, fmt.Errorf("bookmark: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Log{}, errors.New("bookmark: something follows it")
	}
	if l.Version != version {
		return Log{}, fmt.Errorf("bookmark: version %d: want %d", l.Version, version)
	}
	for _, f := range l.Files {
		if err := f.validate(); err != nil {
			return Log{}, fmt.Errorf("bookmark: %s: %w", f.Path, err)
		}
	}
	return l, nil
}

func (f File) validate() error {
	switch {
	case f.Path == "":
		return errors.New("no path")
	case f.Offset < 0 || f.Lines < 0 || f.Size < 0:
		return fmt.Errorf("offset %d, %d lines, size %d: want no less than 0", f.Offset, f.Lines, f.Size)
	case f.Head.Bytes < 0 || f.Head.Bytes > Most || f.Tail.Bytes < 0 || f.Tail.Bytes > min(Most, f.Offset):
		return fmt.Errorf("prints of %d and %d bytes before %d: want up to %d", f.Head.Bytes, f.Tail.Bytes, f.Offset, Most)
	}
	return nil
}
