package cond

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/file"
)

// failure is why a condition fails on an event. It is written out only where somebody
// reads it.
type failure struct {
	cond   *Cond
	cause  error
	absent []string // the members that the condition reads and the event does not have
}

// failed returns the error of a condition that fails on the current event.
func (m *Evaluator) failed(c *Cond, cause error) error {
	f := &failure{cond: c, cause: cause}
	for _, name := range c.members {
		if m.env[memberKey(name)] == nil {
			f.absent = append(f.absent, name)
		}
	}
	return f
}

// Error returns the condition, the place in it, and the cause, in one line.
func (f *failure) Error() string {
	var b strings.Builder
	b.WriteString("cond: condition " + oneLine(f.cond.text) + ": ")
	message := f.cause.Error()
	if e := (*file.Error)(nil); errors.As(f.cause, &e) {
		b.WriteString("character " + strconv.Itoa(e.From+1) + ": ")
		message = e.Message
	}
	b.WriteString(oneLine(plain(message)))
	for i, name := range f.absent {
		if i == 0 {
			b.WriteString(": absent: ")
		} else {
			b.WriteString(", ")
		}
		if i == maxAbsent {
			b.WriteString("…")
			break
		}
		b.WriteString(oneLine(name))
		if meant := didYouMean(name, slices.Concat(f.cond.near, []string{"event", "type", "time", "userId", "orderId"})); meant != "" {
			b.WriteString(" (" + strings.TrimPrefix(meant, ", ") + ")")
		}
	}
	return b.String()
}

// maxAbsent is how many absent members an error shows.
const maxAbsent = 3

// goWords are what the messages of package expr call things by their names in Go. A name
// behind what is no object is taken for the place in a list, which is a number.
var goWords = strings.NewReplacer(
	"<nil>", "nothing",
	"map[string]interface {}", "an object",
	"[]interface {}", "a list",
	"invalid operation: int(string)", "got a name behind what is no object: want the number of a place in it",
	"reflect.Value.MapIndex: value of type int is not assignable to type string", "got a number behind an object: want a name",
)

// plain turns what Go says of a type that is not right to what the other errors say.
func plain(message string) string {
	types, ok := strings.CutPrefix(message, "interface conversion: interface {} is ")
	if !ok {
		return goWords.Replace(message)
	}
	got, want, _ := strings.Cut(types, ", not ")
	if got == "nil" {
		got = "nothing"
	}
	return "got " + goWords.Replace(got) + ": want " + want
}
