// Package product finds the module of ordertimeout and builds its commands, for the
// programs of this module that measure or show them.
//
//	root, err := product.Root(ctx)
//	err = product.Build(ctx, root, dir, "ordertimeout", "bench/orderlog")
package product

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// module is the path of the product's module.
const module = "ordertimeout"

// Root returns the folder of the product's module. It is asked of the go command, since
// a program has another current folder under `go run -C cmd/bench` than a test has. It
// fails outside of the two modules.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("product: find the module %s: %w%s", module, err, stderrOf(err))
	}
	return string(bytes.TrimSpace(out)), nil
}

// Path returns the path that a flag names. A relative one counts from the root, because
// who calls `go run -C cmd/bench` is in another folder than the program.
func Path(root, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(root, path)
}

// Build builds commands into the folder dir, each under its last name. The names are
// those of folders below cmd. Each is built in its own module, so that ordertimeout is
// the one that its users build.
func Build(ctx context.Context, root, dir string, names ...string) error {
	for _, name := range names {
		in := filepath.Join(root, "cmd", filepath.FromSlash(name))
		if out, err := exec.CommandContext(ctx, "go", "build", "-C", in, "-o", dir+"/", ".").CombinedOutput(); err != nil {
			return fmt.Errorf("product: build %s: %w\n%s", name, err, out)
		}
	}
	return nil
}

// Temporary builds commands into a folder of its own, where what they are given may stand,
// too. Call remove once it is not needed any more.
func Temporary(ctx context.Context, names ...string) (dir string, remove func(), err error) {
	root, err := Root(ctx)
	if err != nil {
		return "", nil, err
	}
	if dir, err = os.MkdirTemp("", "ordertimeout-bench"); err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	if err := Build(ctx, root, dir, names...); err != nil {
		remove()
		return "", nil, err
	}
	return dir, remove, nil
}

// stderrOf returns what a command has said before it failed, on a line of its own.
func stderrOf(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "\n" + string(bytes.TrimSpace(exit.Stderr))
	}
	return ""
}
