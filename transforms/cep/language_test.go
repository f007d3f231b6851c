package cep

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"ordertimeout/transforms/cep/ceptest/whole"
	"ordertimeout/transforms/cep/syntax"
)

// page is LANGUAGE.md: its fenced blocks and its tables.
type page struct {
	lines  []string
	fences []string // of each line, the word of the fence that it is in; "" outside
}

func readPage(t *testing.T) page {
	t.Helper()
	text, err := os.ReadFile("LANGUAGE.md")
	if err != nil {
		t.Fatal(err)
	}
	p := page{lines: strings.Split(string(text), "\n")}
	fence := ""
	for i, line := range p.lines {
		word, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && fence == "" && word == "":
			t.Fatalf("LANGUAGE.md:%d: a fence without a word: nothing tests it", i+1)
		case isFence:
			fence = word
			p.fences = append(p.fences, "")
			continue
		}
		p.fences = append(p.fences, fence)
	}
	return p
}

// block returns the text in the fences with a word, each line where it stands in the page.
func (p page) block(word string) string {
	lines := make([]string, len(p.lines))
	for i, line := range p.lines {
		if p.fences[i] == word {
			lines[i] = line
		}
	}
	return strings.Join(lines, "\n")
}

// row is a row of a table: the cells by the heads of their columns.
type row struct {
	place string
	cells map[string]string
}

var (
	bar  = regexp.MustCompile(`(^|[^\\])\|`)
	code = regexp.MustCompile("^`(.*)`$")
)

// rows returns the rows of the tables that have columns with these heads.
func (p page) rows(heads ...string) []row {
	var rows []row
	var head []string
	for i, line := range p.lines {
		if p.fences[i] != "" || !strings.HasPrefix(line, "|") {
			head = nil
			continue
		}
		line = bar.ReplaceAllString(line, "$1\x00")
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, "|"), "\x00"), "\x00")
		r := row{fmt.Sprintf("LANGUAGE.md:%d", i+1), map[string]string{}}
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
			if j < len(head) {
				r.cells[head[j]] = cells[j]
			}
		}
		if head == nil {
			head = cells
			continue
		}
		has := !strings.HasPrefix(cells[0], "---")
		for _, h := range heads {
			has = has && r.cells[h] != ""
		}
		if has {
			rows = append(rows, r)
		}
	}
	return rows
}

// code returns the code in a cell.
func (r row) code(t *testing.T, head string) string {
	t.Helper()
	m := code.FindStringSubmatch(r.cells[head])
	if m == nil {
		t.Fatalf("%s: %q: want code", r.place, r.cells[head])
	}
	return m[1]
}

// Every timeline of the page holds, by the table and by the machine, and by the model where
// that knows the conditions.
func TestLanguagePageTimelines(t *testing.T) {
	timelines, err := whole.ParseTimelines("LANGUAGE.md", readPage(t).block("timeline"))
	if err != nil {
		t.Fatal(err)
	}
	if len(timelines) < 50 {
		t.Errorf("got %d timelines: want all of the page", len(timelines))
	}
	for _, timeline := range timelines {
		for _, table := range []bool{true, false} {
			for _, fault := range timeline.Check(newEngine(t, "k", timeline.Text, timeline.Pattern, table)) {
				t.Errorf("table %v: %s", table, fault)
			}
		}
		if timeline.Beyond {
			continue
		}
		for _, fault := range timeline.Check(whole.NewKey(timeline.Pattern)) {
			t.Errorf("the model: %s", fault)
		}
	}
}

// Every pattern of the page's tables says what it is there for.
func TestLanguagePagePatterns(t *testing.T) {
	p := readPage(t)
	flink := p.rows("Flink's API", "text")
	for _, r := range flink {
		text := r.code(t, "text")
		parsed, err := syntax.Parse(text)
		if err == nil {
			err = parsed.Validate()
		}
		if err != nil || parsed.String() != text {
			t.Errorf("%s: got %v, %v: want %s as it stands", r.place, parsed, err, text)
		}
	}
	canonical := p.rows("text", "canonical")
	for _, r := range canonical {
		parsed, err := syntax.Parse(r.code(t, "text"))
		if want := r.code(t, "canonical"); err != nil || parsed.String() != want {
			t.Errorf("%s: got %v, %v: want %s", r.place, parsed, err, want)
		}
	}
	refused := p.rows("refused", "the error says")
	for _, r := range refused {
		parsed, err := syntax.Parse(r.code(t, "refused"))
		if err == nil {
			err = parsed.Validate()
		}
		if want := r.code(t, "the error says"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v: want an error with %s", r.place, err, want)
		}
	}
	often := p.rows("text", "how often")
	for _, r := range often {
		text := "every a" + r.code(t, "text") + " followedBy b within 1m"
		if _, err := syntax.Parse(text); err != nil {
			t.Errorf("%s: %s: %v", r.place, text, err)
		}
	}
	if len(flink) < 20 || len(canonical) < 5 || len(refused) < 15 || len(often) < 5 {
		t.Errorf("got %d, %d, %d and %d rows: want those of all tables", len(flink), len(canonical), len(refused), len(often))
	}
}

// Every condition of the page is true of the page's events, or refused as it says.
func TestLanguagePageConditions(t *testing.T) {
	p := readPage(t)
	const pattern = "create followedBy fail as fails{2} followedBy pay[CONDITION] within 10m"
	if !strings.Contains(strings.Join(p.lines, "\n"), "`"+pattern+"`") {
		t.Errorf("want the page to say that conditions are those of %s", pattern)
	}
	var events []string
	for line := range strings.Lines(p.block("events")) {
		if line = strings.TrimSpace(line); line != "" {
			events = append(events, line+" advanced")
		}
	}
	events[0] = strings.Replace(events[0], " advanced", " started", 1)
	conditions := p.rows("condition", "what it looks at")
	for _, r := range conditions {
		text := strings.Replace(pattern, "CONDITION", r.code(t, "condition"), 1)
		timelines, err := whole.ParseTimelines(r.place, "== "+r.place+"\npattern "+text+"\n"+strings.Join(events, "\n")+"; match create1 fails=fail1,fail2 pay1; matched")
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range timelines[0].Check(newEngine(t, "k", text, timelines[0].Pattern, true)) {
			t.Error(fault)
		}
	}
	refused := p.rows("refused condition", "the error says")
	for _, r := range refused {
		text := strings.Replace(pattern, "CONDITION", r.code(t, "refused condition"), 1)
		if _, err := syntax.Parse(text); err == nil || !strings.Contains(err.Error(), r.code(t, "the error says")) {
			t.Errorf("%s: got %v: want an error with %s", r.place, err, r.cells["the error says"])
		}
	}
	if len(events) < 4 || len(conditions) < 8 || len(refused) < 5 {
		t.Errorf("got %d events, %d conditions and %d refused ones: want all of the page", len(events), len(conditions), len(refused))
	}
}

// The page and package syntax have one grammar.
func TestLanguagePageGrammar(t *testing.T) {
	doc, err := os.ReadFile("syntax/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(readPage(t).block("grammar")) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if n++; !strings.Contains(string(doc), "//\t"+line+"\n") {
			t.Errorf("package syntax does not say %s", line)
		}
	}
	if n < 9 {
		t.Errorf("got %d rules: want all of the grammar", n)
	}
}
