package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is something wrong with a file of rules.
type Fault struct {
	// Line and Column say where, from one.
	Line, Column int
	// Text says what, and what is wanted.
	Text string
}

// Faults are all that is wrong with a file. As an error it is a line for each.
type Faults struct {
	// File is the name of the file.
	File string
	List []Fault
}

// Error returns a line for each fault, without a line break at the end.
func (f *Faults) Error() string {
	lines := make([]string, len(f.List))
	for i, fault := range f.List {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", f.File, fault.Line, fault.Column, fault.Text)
	}
	return strings.Join(lines, "\n")
}

// sorted returns the faults as an error, in the order of the file; nil without any.
func (f *Faults) sorted() error {
	if len(f.List) == 0 {
		return nil
	}
	slices.SortStableFunc(f.List, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f
}
