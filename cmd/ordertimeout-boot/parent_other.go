//go:build !linux

package main

import "syscall"

// endWithParent does nothing: only Linux ends a process with the one that has
// started it. Elsewhere a worker outlives an ordertimeout-boot that is killed.
func endWithParent() *syscall.SysProcAttr { return nil }
