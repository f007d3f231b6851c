package files

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"

	"ordertimeout/transforms/connect/files/bookmark"
)

// rotatedParts returns the files that may have been a followed file before, as NAME.1 or
// NAME-2026-11-26.gz are in its folder, the one that was changed last as the last. Others are
// files of this run that are none.
func rotatedParts(path string, others []string) (parts []string) {
	type part struct {
		path    string
		changed int64
	}
	var found []part
	for _, glob := range []string{".*", "-*"} {
		matches, err := filepath.Glob(escape(path) + glob)
		if err != nil {
			continue // of a name that is no pattern there is none
		}
		for _, match := range matches {
			info, err := os.Stat(match)
			own := slices.ContainsFunc(others, func(other string) bool {
				return filepath.Clean(other) == filepath.Clean(match) || sameFile(match, other)
			})
			if err == nil && info.Mode().IsRegular() && !own {
				found = append(found, part{match, info.ModTime().UnixNano()})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b part) int { return cmp.Or(cmp.Compare(a.changed, b.changed), cmp.Compare(b.path, a.path)) })
	for _, p := range found {
		parts = append(parts, p.path)
	}
	return parts
}

// escape returns a path as a pattern that matches it alone.
func escape(path string) string {
	var b []byte
	for i := range len(path) {
		if slices.Contains([]byte(`*?[\`), path[i]) {
			b = append(b, '\\')
		}
		b = append(b, path[i])
	}
	return string(b)
}

// followOn returns what is to be read of a followed file behind what a log knows of it: its
// rotated parts, the oldest first, of which the first goes on at from; or the file itself
// does, where there are none. A file of which nothing is known is read from its beginning.
func followOn(log bookmark.Log, path string, others []string) (rotated []string, from *bookmark.File, err error) {
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() { // a folder is waited out
		if from, err = log.Find(path, openToLook); err != nil || from != nil {
			return nil, from, err
		}
	}
	parts := rotatedParts(path, others)
	for n := len(parts) - 1; n >= 0; n-- {
		from, err := log.Find(parts[n], openToLook)
		if err != nil {
			return nil, nil, err
		}
		if from != nil {
			return parts[n:], from, nil
		}
	}
	return nil, nil, nil
}

// partsSince returns the rotated parts that were changed no earlier than the last one that is
// read, and are none of those that are, under whatever name.
func partsSince(read []bookmark.File, path string, others []string) (since []string, err error) {
	log, last := bookmark.Log{Files: read}, &read[len(read)-1]
	for _, part := range rotatedParts(path, others) {
		info, err := os.Stat(part)
		if err != nil || info.ModTime().UnixNano() < last.Changed {
			continue // it is gone, or older
		}
		if known, err := log.Find(part, openToLook); err != nil {
			return nil, err
		} else if known == nil {
			since = append(since, part)
		}
	}
	return since, nil
}
