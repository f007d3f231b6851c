package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// project is the Maven project of the Flink jobs.
const project = "testdata/peers"

// build builds ordertimeout and orderlog into the folder, and the jar of the Flink
// jobs in its project where it is older than what it is made of.
func build(ctx context.Context, dir string) (jar string, err error) {
	if _, err := os.Stat(filepath.Join(project, "pom.xml")); err != nil {
		return "", fmt.Errorf("no %s/pom.xml: run it in the root of the module", project)
	}
	if _, err := exec.LookPath("java"); err != nil {
		return "", errors.New("no java on the path: want Java 17 or later, and Maven")
	}
	jar = filepath.Join(project, "target", "flink-jobs.jar")
	stale, err := isStale(jar, filepath.Join(project, "pom.xml"), filepath.Join(project, "src"))
	if err != nil {
		return "", err
	}
	if stale {
		if _, err := exec.LookPath("mvn"); err != nil {
			return "", fmt.Errorf("no mvn on the path: want Maven 3 or later, to build %s", project)
		}
		if err := command(ctx, "mvn", "-B", "-q", "-f", project, "package"); err != nil {
			return "", err
		}
	}
	return jar, command(ctx, "go", "build", "-o", dir+"/", "./cmd/ordertimeout", "./cmd/orderlog")
}

// isStale reports whether a file is missing or older than any of the sources, files
// or folders with all that is in them.
func isStale(file string, sources ...string) (bool, error) {
	made, err := os.Stat(file)
	if err != nil {
		return true, nil
	}
	stale := false
	for _, source := range sources {
		err := filepath.WalkDir(source, func(_ string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			stale = stale || err == nil && info.ModTime().After(made.ModTime())
			return err
		})
		if err != nil {
			return false, err
		}
	}
	return stale, nil
}

// writeLog writes a log of the simulated shop, as cmd/bench does.
func writeLog(ctx context.Context, dir, log string, events int, within time.Duration) error {
	return command(ctx, filepath.Join(dir, "orderlog"), "-n", strconv.Itoa(events), "-within", within.String(), "-o", log)
}

// command runs a command whose output matters only where it fails.
func command(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}
