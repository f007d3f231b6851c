package localfile

// Length says how far a file was written, for a run that goes on with it.
type Length struct {
	// Name is the path of the file, as it was given.
	Name string `json:"name"`
	// Bytes is its length.
	Bytes int64 `json:"bytes"`
}

// Lengths returns the lengths of the files of a set that are added to; nil has none.
func (s *Set) Lengths() (lengths []Length) {
	if s == nil {
		return nil
	}
	for _, f := range s.files {
		if f.standard || !f.regular || f.aside != nil {
			continue
		}
		if info, err := f.w.Stat(); err == nil {
			lengths = append(lengths, Length{Name: f.name, Bytes: info.Size()})
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
