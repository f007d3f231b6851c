package localfile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
)

// Length says how far a file was written, for a run that goes on with it.
type Length struct {
	// Name is the path of the file, as it was given.
	Name string `json:"name"`
	// Bytes is its length: up to there it is made of whole lines.
	Bytes int64 `json:"bytes"`
	// Head is a hash of its first HeadBytes, 4 KiB or all of a shorter file: another file
	// of that name has another one.
	Head      string `json:"head"`
	HeadBytes int64  `json:"headBytes"`
}

// maxHead is how much of a file Length.Head is of.
const maxHead = 4 << 10

// Since returns targets with what was noted of those of the same name: see Target.Known.
func Since(targets []Target, noted []Length) []Target {
	targets = slices.Clone(targets)
	for i := range targets {
		at := slices.IndexFunc(noted, func(l Length) bool { return l.Name == targets[i].Name })
		if at >= 0 {
			targets[i].Known = &noted[at]
		}
	}
	return targets
}

// Lengths returns the lengths of the files of a set that are added to, when the watermark has
// reached a time in milliseconds; nil has none. It leaves out what cannot be looked at.
//
// While an outcome may come that stands in a file already, the length of that is the one that
// was known of it: who goes on from here has to know that outcome, too. None may come once
// all have come again; once a watermark of the clock has passed the time of their writing; or
// at the end of an input, which is math.MaxInt64.
func (s *Set) Lengths(watermark int64) (lengths []Length) {
	if s == nil {
		return nil
	}
	for _, f := range s.files {
		if !f.regular || f.mode != Append {
			continue
		}
		if l, err := f.length(watermark); err == nil {
			lengths = append(lengths, l)
		}
	}
	return lengths
}

// Sync makes the files of a set last, up to the lengths at least. The error names the file.
func (s *Set) Sync(lengths []Length) error {
	for _, l := range lengths {
		if f := s.targets[l.Name]; f != nil {
			if err := f.w.Sync(); err != nil {
				return fault(l.Name, err)
			}
		}
	}
	return nil
}

// length returns how far the file is written, between two writes. A write that has failed
// does not count: what of it is there is looked for by the run that goes on.
func (f *file) length(watermark int64) (Length, error) {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	info, err := f.w.Stat()
	if err != nil {
		return Length{}, err
	}
	l := Length{Name: f.name, Bytes: max(info.Size()-f.unsure, 0)}
	if f.told.mayCome(watermark) {
		if l.Bytes = 0; f.known != nil {
			l.Bytes = f.known.Bytes
		}
	}
	l.HeadBytes = min(l.Bytes, maxHead)
	l.Head, err = f.head(l.HeadBytes)
	return l, err
}

// head returns the hash of the first n bytes of the file.
func (f *file) head(n int64) (string, error) {
	b := make([]byte, n)
	if _, err := f.w.ReadAt(b, 0); err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), nil
}

// goOn makes a file ready that is added to. Where a run goes on with it, it reads which
// outcomes stand in it already.
func (f *file) goOn() error {
	info, err := f.w.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if err := f.completeLine(size); err != nil {
		return err
	}
	if err := f.compare(size); err != nil || f.warning != "" || !f.once {
		return err
	}
	from := int64(0)
	if f.known != nil {
		from = f.known.Bytes
	}
	if f.told, err = readTold(io.NewSectionReader(f.w, from, size-from)); err == nil {
		f.told.written = info.ModTime().UnixMilli()
	}
	return err
}

// compare sets the warning where the file is not the one that is known, or has less in it.
func (f *file) compare(size int64) error {
	switch l := f.known; {
	case l == nil:
		return nil
	case size < l.Bytes:
		f.warning = fmt.Sprintf("localfile: %s: it has %d bytes, and had %d at the last carry point: it is added to as it is", f.name, size, l.Bytes)
		return nil
	case l.HeadBytes < 0 || l.HeadBytes > min(l.Bytes, maxHead):
		return fmt.Errorf("its noted length %d, with a head of %d bytes, is none", l.Bytes, l.HeadBytes)
	}
	head, err := f.head(f.known.HeadBytes)
	if err == nil && head != f.known.Head {
		f.warning = fmt.Sprintf("localfile: %s: it begins otherwise than at the last carry point: it is another file, and is added to as it is", f.name)
	}
	return err
}
