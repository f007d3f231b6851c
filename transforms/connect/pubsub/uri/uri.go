// Package uri has the names of what is at Pub/Sub, a [Subscription] or a [Topic], and reads
// them from URIs. A URI is read once, where the settings are: what comes after that gets
// the value. It makes no request.
package uri

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Scheme begins the URI of everything that is at Pub/Sub.
const Scheme = "pubsub://"

// Emulator names the environment variable by which the client library finds an emulator.
const Emulator = "PUBSUB_EMULATOR_HOST"

// Is reports whether an input or a target is at Pub/Sub.
func Is(uri string) bool { return strings.HasPrefix(uri, Scheme) }

// The names that the service takes. A project is also given by an id of an older
// form, such as "example.com:shop".
var (
	projectName  = regexp.MustCompile(`^[a-z0-9]([a-z0-9.:-]{0,61}[a-z0-9])?$`)
	resourceName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$`)
)

// parse takes "pubsub://PROJECT/NAME?setting=value&…" apart. The kind is what
// the name is of, "topic" or "subscription"; of all settings only those given as
// known are taken, each at most once. An error names the part that is wrong.
func parse(uri, kind string, known ...string) (project, name string, settings url.Values, err error) {
	fault := func(format string, args ...any) (string, string, url.Values, error) {
		return "", "", nil, fmt.Errorf("pubsub: %q: %s", uri, fmt.Sprintf(format, args...))
	}
	form := fmt.Sprintf("%sPROJECT/%s", Scheme, strings.ToUpper(kind))
	rest, ok := strings.CutPrefix(uri, Scheme)
	if !ok {
		return fault("want %s", form)
	}
	path, query, _ := strings.Cut(rest, "?")
	project, name, ok = strings.Cut(path, "/")
	switch {
	case !projectName.MatchString(project):
		return fault("project %q is not a project id: want %s", project, form)
	case !ok || name == "":
		return fault("no %s: want %s", kind, form)
	case !resourceName.MatchString(name) || strings.HasPrefix(name, "goog"):
		return fault("%s %q is not a name: want 3 to 255 letters, digits and -_.~+%%, a letter first, and not goog", kind, name)
	}
	settings, err = url.ParseQuery(query)
	if err != nil {
		return fault("settings %q: want name=value&name=value", query)
	}
	for setting, values := range settings {
		if !slices.Contains(known, setting) {
			return fault("no setting %q: want %s", setting, strings.Join(known, ", "))
		}
		if len(values) > 1 {
			return fault("setting %s is given %d times", setting, len(values))
		}
	}
	return project, name, settings, nil
}
