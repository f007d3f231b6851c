package main

import "syscall"

// endWithParent lets a process be killed when the one that has started it ends,
// however that happens.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
