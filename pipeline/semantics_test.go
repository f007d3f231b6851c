package pipeline

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each rule of SEMANTICS.md says what shows it, and each test that it names is there.
func TestTheRulesHaveTheTestsThatTheyName(t *testing.T) {
	text, err := os.ReadFile("SEMANTICS.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testsOfPackages(t)
	rules := false // the rows are those of a table of rules
	n := 0
	for i, row := range strings.Split(string(text), "\n") {
		cells := strings.Split(row, " | ")
		shownBy := strings.TrimSuffix(cells[len(cells)-1], " |")
		switch {
		case !strings.HasPrefix(row, "|"):
			rules = false
		case row == "| rule | test |":
			rules = true
		case rules && row != "|---|---|":
			n++
			for _, fault := range wrongTests(shownBy, tests) {
				t.Errorf("SEMANTICS.md:%d: %s", i+1, fault)
			}
		}
	}
	if n < 50 {
		t.Errorf("SEMANTICS.md: %d rules were found: want them in tables with the header | rule | test |", n)
	}
}

func TestWrongTestsAreFound(t *testing.T) {
	tests := map[string][]string{"cmd": {"TestA"}, "order": {"TestB", "FuzzC"}, "cep": {"window.txt"}}
	for shownBy, want := range map[string]string{
		"cmd: `TestA`; order: `TestB`, `FuzzC`; cep:window": "",
		"the model":                  "",
		"go doc transforms/order":    "",
		"":                           "nothing shows the rule",
		"soon":                       "nothing shows the rule",
		"order: `TestA`":             "order has no TestA",
		"`TestA`":                    " has no TestA",
		"cep:windows":                "cep has no windows.txt",
		"cmd, order: `TestB`":        "cmd has no TestB",
		"cmd: `TestA`; cmd: `FuzzC`": "cmd has no FuzzC",
	} {
		if got := strings.Join(wrongTests(shownBy, tests), "; "); got != want {
			t.Errorf("%q: got %q, want %q", shownBy, got, want)
		}
	}
}

var (
	testName     = regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	scenarioName = regexp.MustCompile(`(cep|whole):(\w+)`)
	testFunc     = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// wrongTests returns what is wrong with the right-hand side of a rule, such as
// "order: `TestA`; files, native: `TestB`; cep:window; whole:loops; the model".
func wrongTests(shownBy string, tests map[string][]string) (faults []string) {
	found := strings.Contains(shownBy, "the model") || strings.Contains(shownBy, "go doc ")
	for _, m := range scenarioName.FindAllStringSubmatch(shownBy, -1) {
		found = true
		if file := m[2] + ".txt"; !slices.Contains(tests[m[1]], file) {
			faults = append(faults, m[1]+" has no "+file)
		}
	}
	for part := range strings.SplitSeq(shownBy, ";") {
		packages, names, ok := strings.Cut(part, ": ")
		if !ok {
			packages, names = "", part
		}
		for _, m := range testName.FindAllStringSubmatch(names, -1) {
			found = true
			for name := range strings.SplitSeq(packages, ", ") {
				if name = strings.TrimSpace(name); !slices.Contains(tests[name], m[1]) {
					faults = append(faults, name+" has no "+m[1])
				}
			}
		}
	}
	if !found {
		faults = append(faults, "nothing shows the rule")
	}
	return faults
}

// testsOfPackages returns the tests of each package, by the last part of its path, and
// with those of cep and whole their scenario files. The command is called cmd.
func testsOfPackages(t *testing.T) map[string][]string {
	t.Helper()
	tests := map[string][]string{}
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		switch folder := filepath.Base(filepath.Dir(path)); {
		case err != nil:
			return err
		case filepath.ToSlash(path) == "../cmd/bench":
			return filepath.SkipDir // a module whose packages have names of others
		case strings.HasPrefix(filepath.ToSlash(path), "../transforms/cep/testdata/"):
			tests["cep"] = append(tests["cep"], filepath.Base(path))
		case strings.HasPrefix(filepath.ToSlash(path), "../transforms/cep/ceptest/whole/timelines/"):
			tests["whole"] = append(tests["whole"], filepath.Base(path))
		case strings.HasSuffix(path, "_test.go"):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			switch folder {
			case "..", ".":
				folder = "pipeline"
			case "ordertimeout":
				folder = "cmd"
			}
			for _, m := range testFunc.FindAllSubmatch(text, -1) {
				tests[folder] = append(tests[folder], string(m[1]))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
