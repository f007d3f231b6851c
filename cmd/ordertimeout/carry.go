package main

import (
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
