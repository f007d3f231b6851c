package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/compare"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/rules"
)

// countTable are the counts of both sides under a title.
type countTable struct {
	title string
	// has says which sides have the counts, by compare.Side.
	has  [2]bool
	rows []countRow
}

// countRow is a count: what it counts, and what of that.
type countRow struct {
	of, name string
	n        [2]int64 // by compare.Side
}

// tables returns the counts of the input, and of each rule: those of the new file, then those
// that only the old one has.
func (o *diffOptions) tables() []countTable {
	tables := []countTable{{title: "input", has: [2]bool{true, true}}}
	for _, name := range []string{count.Read, count.Malformed} {
		o.count(&tables[0], name, "", name)
	}
	old, tried := o.sides[compare.Old].compared, o.sides[compare.New].compared
	for _, r := range pipeline.CompareRules(old.Rules, tried.Rules) {
		t := countTable{title: "rule " + r.Name}
		var of *rules.Rule
		for i := range o.sides {
			all := o.sides[i].compared.Rules
			if j := slices.IndexFunc(all, func(of rules.Rule) bool { return of.Name == r.Name }); j >= 0 {
				t.has[i], of = true, &all[j]
			}
		}
		for _, class := range classesOf(of) {
			o.count(&t, count.Of(r.Name, class), "class", class)
		}
		for _, end := range endsOf(tried.Plan, of) {
			o.count(&t, count.Of(r.Name, end), "end", end)
		}
		for _, k := range kindCounters {
			o.count(&t, count.Of(r.Name, k.counter), "outcome", string(k.kind))
		}
		o.count(&t, count.Of(r.Name, count.ConditionErrors), "", count.ConditionErrors)
		tables = append(tables, t)
	}
	return tables
}

// count adds a row with a counter, if there is something to count.
func (o *diffOptions) count(t *countTable, counter, of, name string) {
	r := countRow{of: of, name: name}
	for i := range o.sides {
		r.n[i] = o.sides[i].counters[counter]
	}
	if r.n != [2]int64{} || t.title == "input" {
		t.rows = append(t.rows, r)
	}
}

// differ reports whether some counts are not the same.
func differ(tables []countTable) bool {
	return slices.ContainsFunc(tables, func(t countTable) bool {
		return t.has[compare.Old] != t.has[compare.New] ||
			slices.ContainsFunc(t.rows, func(r countRow) bool { return r.n[compare.Old] != r.n[compare.New] })
	})
}

// writeDifferences writes the counts and the orders that differ.
func writeDifferences(w io.Writer, tables []countTable, found compare.Found) error {
	out := bufio.NewWriter(w)
	for i := range tables {
		tables[i].write(out)
	}
	switch {
	case found.Total > 0:
		fmt.Fprintf(out, "%s (- old, + new)\n", ordersDiffer(found.Total, ""))
	case differ(tables):
		fmt.Fprintln(out, "no order differs, but counts do")
	default:
		fmt.Fprintln(out, "nothing differs")
	}
	for i := range found.Orders {
		writeOrder(out, &found.Orders[i])
	}
	if further := found.Total - int64(len(found.Orders)); further > 0 {
		fmt.Fprintf(out, "\n%s, %s: -limit 0 prints all\n", ordersDiffer(further, "further "), furtherOf(tables, found))
	}
	return out.Flush() // the first error of all
}

// ordersDiffer says how many orders differ.
func ordersDiffer(n int64, which string) string {
	if n == 1 {
		return "1 " + which + "order differs"
	}
	return fmt.Sprintf("%d %sorders differ", n, which)
}

// furtherOf says of which rules the orders are that are not printed.
func furtherOf(tables []countTable, found compare.Found) string {
	rest := map[string]int64{}
	for rule, n := range found.ByRule {
		rest["rule "+rule] = n
	}
	for i := range found.Orders {
		rest["rule "+found.Orders[i].Rule]--
	}
	var list []string
	for _, t := range tables {
		if rest[t.title] > 0 {
			list = append(list, fmt.Sprintf("%d of %s", rest[t.title], t.title))
		}
	}
	return strings.Join(list, ", ")
}

// write writes a table, and an empty line below it.
func (t *countTable) write(w io.Writer) {
	fmt.Fprintf(w, "%-27s %12s %12s\n", t.title, "old", "new")
	for _, r := range t.rows {
		var cells [2]string
		for i, n := range r.n {
			if cells[i] = "-"; t.has[i] {
				cells[i] = strconv.FormatInt(n, 10)
			}
		}
		more := ""
		if d := r.n[compare.New] - r.n[compare.Old]; d != 0 && t.has == [2]bool{true, true} {
			more = fmt.Sprintf("  %+d", d)
		}
		what := r.name
		if r.of != "" {
			what = fmt.Sprintf("%-8s %s", r.of, r.name)
		}
		fmt.Fprintf(w, "  %-25s %12s %12s%s\n", what, cells[compare.Old], cells[compare.New], more)
	}
	fmt.Fprintln(w)
}

// differenceTime is how the time of an outcome is written, in UTC as all other output.
const differenceTime = time.DateTime + ".000"

// writeOrder writes what differs of an order. Its ids come from outside.
func writeOrder(w io.Writer, o *compare.Order) {
	fmt.Fprintf(w, "\n%s\n", titleOf(o.Rule, o.UserID, o.OrderID, !o.ByOrder))
	for _, d := range o.Differences {
		sign := "-"
		if d.Side == compare.New {
			sign = "+"
		}
		at := func(ms int64) string { return time.UnixMilli(ms).UTC().Format(differenceTime) }
		fmt.Fprintf(w, "  %s %-9s  started %s  at %s\n", sign, d.Kind, at(d.StartedAt), at(d.At))
	}
}
