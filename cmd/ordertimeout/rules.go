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
func (o *options) readRules(flags *flag.FlagSet) (err error) {
	ruled := false
	flags.Visit(func(f *flag.Flag) {
		switch {
		case f.Name == "rules":
			ruled = true
		case o.rules != "" && slices.Contains([]string{"pattern", "within", "key", "remind", "resolve", "early"}, f.Name):
			err = fmt.Errorf("-%s with -rules %s: want it in the file", f.Name, o.rules)
		}
	})
	if err != nil || !ruled {
		return err
	}
	file, err := loadRules(o.rules)
	if err != nil {
		return fmt.Errorf("-rules: %w", err)
	}
	o.config.Rules = file.Rules
	given, names := map[string]bool{}, &o.config.Names
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["types"] {
		names.Types = file.Input.Types
	}
	if !given["fields"] {
		names.Fields = file.Input.Fields
	}
	if !given["format"] {
		names.Format = file.Input.Format
	}
	return nil
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
