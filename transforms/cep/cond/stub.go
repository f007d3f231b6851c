// Package cond is a stand-in until conditions are here.
package cond

type Step struct {
	Name string
	List bool
}
type Names struct {
	Steps   []Step
	Refused map[string]string
}
type Cond struct{}
type Error struct {
	Offset int
	Text   string
}

func (e *Error) Error() string { return e.Text }
func Compile(text string, names Names) (*Cond, error) {
	for i, r := range []rune(text) {
		if r == '@' {
			return nil, &Error{i, "unrecognized character"}
		}
	}
	return new(Cond), nil
}
