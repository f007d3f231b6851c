package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect/localfile"
)

// checkFiles resolves the input files, once and before any output is opened: a glob must
// not match what the run writes. It refuses an output that is also an input. The file of
// the open orders may be one, as it takes the input's place when that was read. It also
// refuses a summary or profile in the file of another output, which it would replace.
func checkFiles(o *options) error {
	if err := checkRules(o); err != nil {
		return err
	}
	plan, paths, err := o.plan.Resolve()
	if err != nil {
		return err
	}
	o.plan = plan
	outputs := plan.Outputs()
	for _, report := range []string{o.summary, o.profile} {
		if isFile(report) {
			outputs = append(outputs, localfile.Target{Name: report})
		}
	}
	for _, path := range paths {
		for _, output := range outputs {
			switch {
			case !sameFile(path, output.Name):
			case output.Mode != localfile.Aside:
				return usageError{fmt.Errorf("output %s is also an input", output.Name)}
			case plan.Carries():
				return usageError{fmt.Errorf("output %s is also an input: with -carry the next run goes on with that file, and open orders are written for people", output.Name)}
			case !plan.OpenGoesOn():
				return usageError{fmt.Errorf("output %s is also an input: of this pattern open orders are written for people, and no run goes on with them", output.Name)}
			default:
				o.takesPlace = true
			}
		}
	}
	if err := checkCarry(o, paths); err != nil {
		return err
	}
	return checkReports(o)
}

// checkRules refuses an output in the file of rules, which it would replace or add to. It
// comes before anything that may fail otherwise, as a run that fails removes the summary.
func checkRules(o *options) error {
	outputs := []string{o.summary, o.profile}
	for _, output := range o.plan.Outputs() {
		outputs = append(outputs, output.Name)
	}
	if o.plan.Carries() {
		outputs = append(outputs, o.config.Carry, o.config.Carry+carry.LockSuffix)
	}
	for _, output := range outputs {
		if isFile(output) && sameFile(o.rules, output) {
			return usageError{fmt.Errorf("output %s is also the file of -rules", output)}
		}
	}
	return nil
}

// checkReports refuses a summary or profile in the file of another output.
func checkReports(o *options) error {
	for i, report := range []string{o.summary, o.profile} {
		if !isFile(report) {
			continue
		}
		if info, err := os.Stat(report); err == nil && info.IsDir() || strings.Contains(report, "://") {
			return usageError{fmt.Errorf("-%s %s: want a file", []string{"summary", "cpuprofile"}[i], o.config.Kinds().Show(report))}
		}
		others := []string{o.profile}[:1-i]
		for _, output := range o.plan.Outputs() {
			others = append(others, output.Name)
		}
		for _, other := range others {
			if isFile(other) && oneFile(report, other) {
				return usageError{fmt.Errorf("two outputs are one file: %s and %s", report, other)}
			}
		}
	}
	return nil
}

// isFile reports whether an output is a file.
func isFile(name string) bool {
	return name != "" && name != localfile.Stdout && name != localfile.None
}

// forgetSummary removes the summary of an earlier run, so that a run which fails leaves
// none. It removes nothing that is named as an input.
func forgetSummary(name string, inputs []string) error {
	info, err := os.Lstat(name)
	if !isFile(name) || err != nil || !info.Mode().IsRegular() {
		return nil
	}
	for _, in := range inputs {
		if match, _ := filepath.Match(in, name); match || sameFile(in, name) {
			return nil
		}
	}
	if err := os.Remove(name); err != nil {
		return fmt.Errorf("-summary: %w", err)
	}
	return nil
}

// sameFile reports whether two paths are the same regular file; the first may be
// "-", standard input.
func sameFile(in, out string) bool {
	if out == localfile.Stdout || out == localfile.None {
		return false
	}
	stat := os.Stat
	if in == "-" {
		stat = func(string) (os.FileInfo, error) { return os.Stdin.Stat() }
	}
	a, err := stat(in)
	if err != nil || !a.Mode().IsRegular() {
		return false
	}
	b, err := os.Stat(out)
	return err == nil && os.SameFile(a, b)
}
