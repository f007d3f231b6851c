package maven

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAJarIsStaleWhereAnySourceIsNewer(t *testing.T) {
	dir := writeFiles(t, map[string]string{"jar": "", "pom.xml": "", "Job.java": ""})
	now := time.Now()
	at := func(name string, seconds int) {
		when := now.Add(time.Duration(seconds) * time.Second)
		if err := os.Chtimes(filepath.Join(dir, name), when, when); err != nil {
			t.Fatal(err)
		}
	}
	jar, pom, source := filepath.Join(dir, "jar"), filepath.Join(dir, "pom.xml"), filepath.Join(dir, "Job.java")
	for _, test := range []struct {
		reason   string
		pom, src int // seconds after the jar
		want     bool
	}{
		{"older", -1, -2, false},
		{"the first is newer", 1, -1, true},
		{"the last is newer", -1, 1, true},
	} {
		at("jar", 0)
		at("pom.xml", test.pom)
		at("Job.java", test.src)
		if got, err := isStale(jar, pom, source); got != test.want || err != nil {
			t.Errorf("%s: got %v, %v, want %v", test.reason, got, err, test.want)
		}
	}
	if got, err := isStale(filepath.Join(dir, "no jar"), pom); !got || err != nil {
		t.Errorf("no jar: got %v, %v, want stale", got, err)
	}
	if _, err := isStale(jar, filepath.Join(dir, "no source")); err == nil {
		t.Error("a missing source is no error")
	}
}

func writeFiles(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
