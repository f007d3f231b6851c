// Package maven builds the Maven projects of testdata, for the commands that run
// what is in them beside ordertimeout.
package maven

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Package makes what a project's "mvn package" makes, where it is missing or older
// than the project: its pom.xml and src. made is a file or a folder below the
// project. It wants Java and Maven on the path, and Maven a repository to fetch
// from. The error is one line, and what Maven says.
func Package(ctx context.Context, project, made string) error {
	pom := filepath.Join(project, "pom.xml")
	if _, err := os.Stat(pom); err != nil {
		return fmt.Errorf("no %s: run it in the root of the module", pom)
	}
	if _, err := exec.LookPath("java"); err != nil {
		return errors.New("no java on the path: want Java 17 or later, and Maven")
	}
	sources := []string{pom}
	if src := filepath.Join(project, "src"); isDir(src) {
		sources = append(sources, src)
	}
	stale, err := isStale(made, sources...)
	if err != nil || !stale {
		return err
	}
	if _, err := exec.LookPath("mvn"); err != nil {
		return fmt.Errorf("no mvn on the path: want Maven 3 or later, to build %s", project)
	}
	if out, err := exec.CommandContext(ctx, "mvn", "-B", "-q", "-f", project, "package").CombinedOutput(); err != nil {
		return fmt.Errorf("mvn -f %s package: %w\n%s", project, err, out)
	}
	now := time.Now() // a folder that was filled is not newer for it
	return os.Chtimes(made, now, now)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isStale reports whether a file or folder is missing or older than any of the
// sources, files or folders with all that is in them.
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
