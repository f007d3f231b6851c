package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"ordertimeout/transforms/rules"
)

// readRules reads the file of -rules, which stands in place of some other flags.
func (o *options) readRules(flags *flag.FlagSet) error {
	if err := o.refuseBesideRules(flags); err != nil || !given(flags, "rules") {
		return err
	}
	file, err := loadRules(o.rules)
	if err != nil {
		return fmt.Errorf("-rules: %w", err)
	}
	o.takeRules(file, flags)
	return nil
}

// refuseBesideRules refuses the flags that a file of rules stands in place of, if there is one.
func (o *options) refuseBesideRules(flags *flag.FlagSet) (err error) {
	flags.Visit(func(f *flag.Flag) {
		if o.rules != "" && slices.Contains([]string{"pattern", "within", "key", "remind", "resolve", "early"}, f.Name) {
			err = fmt.Errorf("-%s with -rules %s: want it in the file", f.Name, o.rules)
		}
	})
	return err
}

// takeRules makes a file of rules the settings. Flags win over what it says of the input.
func (o *options) takeRules(file rules.File, flags *flag.FlagSet) {
	o.config.Rules = file.Rules
	names := &o.config.Names
	if !given(flags, "types") {
		names.Types = file.Input.Types
	}
	if !given(flags, "fields") {
		names.Fields = file.Input.Fields
	}
	if !given(flags, "format") {
		names.Format = file.Input.Format
	}
}

// given reports whether a flag stands on the command line.
func given(flags *flag.FlagSet, name string) (is bool) {
	flags.Visit(func(f *flag.Flag) { is = is || f.Name == name })
	return is
}

// loadRules reads a file of rules. Its faults are a line each.
func loadRules(path string) (rules.File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		if of := new(fs.PathError); errors.As(err, &of) {
			err = fmt.Errorf("%s: %w", path, of.Err)
		}
		return rules.File{}, err
	}
	return rules.Parse(path, text)
}
