package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/rules"
	"ordertimeout/transforms/screen"
)

// explainLine says how ordertimeout explain is called.
const explainLine = "Usage: ordertimeout explain [-within D] [-program] TEXT, or FILE.yaml\n"

// explainUsage prints the flags of ordertimeout explain.
func explainUsage(w io.Writer) {
	fmt.Fprint(w, explainLine, `
Says in plain sentences what a pattern means, below its canonical text: the one by which
the ids of its outcomes are made. TEXT is one argument, in quotes, as of -pattern. The
language is told in transforms/cep/LANGUAGE.md. Of a file of rules it says what each rule
means; TEXT is the name of one if it ends in .yaml, .yml or .json, and has no white space in
it or is there.

  -within D       replaces the pattern's duration
  -program        what the pattern is compiled to, too: a table or a program

Exit status: 0 done, 2 wrong flags, a wrong pattern, or a wrong file of rules.
`)
}

// explainOptions are the settings of ordertimeout explain.
type explainOptions struct {
	text    string
	within  time.Duration // zero: the pattern's own
	program bool
}

// errNoPattern is the error of a command line without a pattern.
var errNoPattern = errors.New("no pattern")

// explain says what a pattern means, and returns the exit status.
func explain(args []string, stdout, stderr io.Writer) int {
	o, err := parseExplain(args)
	var text string
	if err == nil {
		text, err = explanation(o)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		explainUsage(stdout)
		return exitOK
	case errors.Is(err, errNoPattern):
		fmt.Fprint(stderr, explainLine)
		return exitUsage
	case errors.As(err, new(*rules.Faults)):
		return tellFaults(err, stderr)
	case err != nil:
		return tell(usageError{fmt.Errorf("explain: %w", err)}, newJournal(stderr, logText))
	}
	_, err = io.WriteString(stdout, text)
	return tell(err, newJournal(stderr, logText))
}

// parseExplain reads the command line. Flags may stand behind the text, too. Its errors
// are one line each.
func parseExplain(args []string) (explainOptions, error) {
	var o explainOptions
	fs := flag.NewFlagSet("ordertimeout explain", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Func("within", "", func(text string) error {
		d, err := syntax.ParseDuration(text)
		if err != nil || d < time.Millisecond || d%time.Millisecond != 0 {
			return errors.New("want a duration such as 10m, 1h30m or 2d, in whole milliseconds")
		}
		o.within = d
		return nil
	})
	fs.BoolVar(&o.program, "program", false, "")
	var texts []string
	for rest := args; ; rest = fs.Args()[1:] {
		if err := fs.Parse(rest); err != nil {
			return o, err
		}
		if fs.NArg() == 0 {
			break
		}
		texts = append(texts, fs.Arg(0))
	}
	switch len(texts) {
	case 0:
		return o, errNoPattern
	case 1:
		o.text = texts[0]
		return o, nil
	}
	return o, fmt.Errorf("unexpected argument %q: want the pattern as one argument, in quotes", texts[1])
}

// explanation returns the canonical text of a pattern and what it means, a line each.
func explanation(o explainOptions) (string, error) {
	if isRulesFile(o.text) {
		return o.explainRules()
	}
	pattern, err := syntax.Parse(o.text)
	if err != nil {
		return "", err
	}
	if o.within != 0 {
		pattern.Within = o.within
	}
	// It is compiled in any case: some patterns are too large for a program.
	prog, err := cep.Compile(pattern, cep.Config{})
	if err != nil {
		return "", err
	}
	lines := slices.Concat([]string{prog.Text(), ""}, pattern.Explain("an order"))
	if o.program {
		lines = append(lines, "", strings.TrimSuffix(prog.String(), "\n"))
	}
	return printable(strings.Join(lines, "\n") + "\n"), nil
}

// isRulesFile reports whether a text is the name of a file of rules and no pattern. A pattern
// may end so, too, but then it has white space, or is one type that would be matched at once.
func isRulesFile(text string) bool {
	if !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(text)) {
		return false
	}
	_, err := os.Stat(text)
	return err == nil || !strings.ContainsFunc(text, unicode.IsSpace)
}

// explainRules says what the rules of a file mean, a block each.
func (o explainOptions) explainRules() (string, error) {
	if o.within != 0 || o.program {
		return "", fmt.Errorf("-within and -program are of a pattern, and %s is a file of rules", o.text)
	}
	file, err := loadRules(o.text)
	if err != nil {
		return "", err
	}
	var blocks []string
	for i := range file.Rules {
		r := &file.Rules[i]
		lines := slices.Concat([]string{"rule " + r.Name + ": " + r.Pattern.String(), ""}, r.Explain())
		blocks = append(blocks, strings.Join(lines, "\n")+"\n")
	}
	return printable(strings.Join(blocks, "\n")), nil
}

// printable escapes what does not print but tabs and line breaks: the conditions of a
// canonical text are as they were written.
func printable(text string) string {
	var b strings.Builder
	for text != "" {
		end := strings.IndexAny(text, "\t\n")
		if end < 0 {
			end = len(text)
		}
		b.WriteString(screen.Text(text[:end]))
		b.WriteString(text[end:min(end+1, len(text))])
		text = text[min(end+1, len(text)):]
	}
	return b.String()
}
