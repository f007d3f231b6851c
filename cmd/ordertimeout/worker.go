package main

import (
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// isWorker reports whether the process is started by a runner, to work for it. It
// has only Beam's own flags then, and beam.Init does not return.
func isWorker() bool { return flag.Lookup("worker").Value.String() == "true" }

// workerName is the name of the workers' binary, which lies beside the command's.
// workerMain is its main package: a worker has to have the same DoFns.
const (
	workerName = "ordertimeout-worker"
	workerMain = "ordertimeout/cmd/ordertimeout"
)

// workerBinary returns the path of the binary that the workers of a cluster run: the
// given one, or that beside the command. The error says what is wrong with it in a
// line, or how to make it.
func workerBinary(given string) (string, error) {
	path := given
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("-worker_binary: %w", err)
		}
		path = filepath.Join(filepath.Dir(self), workerName)
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("-worker_binary: none given, and there is no %s: make worker builds it", path)
		}
	}
	if err := checkWorker(path); err != nil {
		return "", fmt.Errorf("-worker_binary %s: %w: make worker builds one", path, err)
	}
	return path, nil
}

// checkWorker reports why a file is not this command for Linux on amd64, linked
// statically: the image of the workers need not have the libraries of this machine.
func checkWorker(path string) error {
	if _, err := os.Stat(path); err != nil {
		return errors.Unwrap(err)
	}
	f, err := elf.Open(path)
	if err != nil {
		return errors.New("not a program for Linux")
	}
	defer f.Close()
	if f.Machine != elf.EM_X86_64 {
		return fmt.Errorf("a program for %v: want linux/amd64", f.Machine)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("linked dynamically: want CGO_ENABLED=0")
		}
	}
	info, err := buildinfo.ReadFile(path)
	switch {
	case err != nil:
		return errors.New("not a program of Go")
	case info.Path != workerMain:
		return fmt.Errorf("a build of %s: want %s", info.Path, workerMain)
	}
	return nil
}
