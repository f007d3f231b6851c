package main

import (
	"fmt"
	"path/filepath"

	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect/localfile"
)

// since returns the targets with what a carry file has noted of them. The keeper may be nil.
func since(k *carry.Keeper, targets []localfile.Target) []localfile.Target {
	if k == nil || k.Start() == nil {
		return targets
	}
	return localfile.Since(targets, k.Start().Outputs)
}

// checkCarry refuses a carry file that is also an input or another output, and so its lock.
// paths are the files that are read.
func checkCarry(o *options, paths []string) error {
	if !o.plan.Carries() {
		return nil
	}
	others := []string{o.summary, o.profile}
	for _, output := range o.plan.Outputs() {
		others = append(others, output.Name)
	}
	for _, mine := range []string{o.config.Carry, o.config.Carry + carry.LockSuffix} {
		for _, path := range paths {
			if oneFile(path, mine) {
				return usageError{fmt.Errorf("-carry: %s is also an input", mine)}
			}
		}
		for _, other := range others {
			if isFile(other) && oneFile(other, mine) {
				return usageError{fmt.Errorf("two outputs are one file: %s and %s", other, mine)}
			}
		}
	}
	return nil
}

// oneFile reports whether two paths are of the same file, which need not be there.
func oneFile(a, b string) bool { return filepath.Clean(a) == filepath.Clean(b) || sameFile(a, b) }
