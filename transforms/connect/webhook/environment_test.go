package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/process"
)

// setURL sets the two variables of the URL, and those of a secret that can be used.
func setURL(t *testing.T, value, path string) {
	t.Helper()
	t.Setenv(SecretVariable, sharedSecret)
	t.Setenv(SecretFileVariable, "")
	t.Setenv(URLVariable, value)
	t.Setenv(URLFileVariable, path)
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hush")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestURLComesFromTheEnvironmentOrAFile(t *testing.T) {
	const good = "https://example.com/services/hush#retries=3"
	const noURL = "the address is no https URL (not shown, as it may hold a secret): want https://host/path"
	for _, test := range []struct {
		reason, value, path string
		want                string // the error; "": it is the good one
	}{
		{"as it is", good, "", ""},
		{"white space around it", " " + good + "\n", "", ""},
		{"a file with a line break", "", secretFile(t, good+"\n"), ""},
		{"there is none", "", "", "webhook: no URL to post to: set " + URLVariable + " or " + URLFileVariable},
		{"it is not clear which", good, "x", "webhook: " + URLVariable + " and " + URLFileVariable + " are both set: want one"},
		{"no such file", "", "no/hush", "webhook: " + URLFileVariable + ": the file that it names: no such file or directory"},
		{"the URL itself in place of a path", "", good, "webhook: " + URLFileVariable + ": the file that it names: no such file or directory"},
		{"an empty file", "", secretFile(t, "\n"), "webhook: " + URLFileVariable + ": " + noURL},
		{"white space alone", " ", "", "webhook: " + URLVariable + ": " + noURL},
		{"no URL", "hush:hush", "", "webhook: " + URLVariable + ": " + noURL},
		{"the word for itself", Environment, "", "webhook: " + URLVariable + ": " + noURL},
		{"two lines", "https://example.com/hush\nhttps://example.com/hush", "", "webhook: " + URLVariable + ": " + noURL},
		{"http", "http://example.com/hush", "", "webhook: " + URLVariable + ": http://example.com: http is not safe beyond this machine: want https"},
		{"a wrong setting", good + "&hush=1", "", "webhook: " + URLVariable + ": https://example.com: what follows # (not shown, as it may belong to a secret): want timeout, retries, concurrency"},
	} {
		setURL(t, test.value, test.path)
		run, _ := newRun(t)
		got := ""
		if err := Open(run.ID, Config{FromEnvironment: true}); err != nil {
			got = err.Error()
		} else if s, err := open(run.ID, Environment); err != nil || s.config.URL != "https://example.com/services/hush" || s.config.Retries != 3 {
			t.Errorf("%s: opened %+v, %v", test.reason, s, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || strings.Contains(got, "hush") {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
	}
}

func TestTheEnvironmentIsReadBeforeTheStartAndNotAgain(t *testing.T) {
	r := newReceiver(t)
	url, secret := secretFile(t, r.config().URL), secretFile(t, sharedSecret)
	setURL(t, "", url)
	t.Setenv(SecretVariable, "")
	t.Setenv(SecretFileVariable, secret)
	run, _ := newRun(t)
	c, err := Parse(Environment)
	if err == nil {
		err = Open(run.ID, c)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{url, secret} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if rejects, err := bundle(t.Context(), run, c, testMessage("ok1")); err != nil || rejects != nil {
		t.Errorf("got %v, %v", rejects, err)
	}
}

// open returns the open sender of a run that has a name.
func open(runID, name string) (*sender, error) {
	senders, err := sendersOf(runID)
	if err != nil {
		return nil, err
	}
	return senders.find(name)
}

// A worker that is another process has none of the runs of this one.
func TestAnotherProcessKnowsTheURLOfItsEnvironmentAlone(t *testing.T) {
	r := newReceiver(t)
	setURL(t, r.config().URL, "")
	fn := &postFn{RunID: t.Name(), Receiver: Environment}
	defer process.Of(t.Name()).Close()
	if err := fn.Setup(); err != nil || fn.sender.config.URL != r.config().URL {
		t.Errorf("of the environment: %v", err)
	}
	fn = &postFn{RunID: t.Name(), Receiver: "webhook 1"}
	if want := "webhook: its URL is known to the process of the command alone: want the target webhook, and ORDERTIMEOUT_WEBHOOK_URL for the workers"; fn.Setup() == nil || fn.Setup().Error() != want {
		t.Errorf("of a flag: %v", fn.Setup())
	}
}

// A DoFn travels as JSON to workers, and to the pages of runners.
func TestTheGraphHasNoURL(t *testing.T) {
	setURL(t, "https://example.com/hush", "")
	literal := Default("https://hush:hush@hush.example.com/hush?hush")
	p, s := beam.NewPipelineWithRoot()
	messages := beam.ParDo(s, &messagesFn{}, beam.Impulse(s))
	defer process.Of(t.Name()).Close()
	for _, c := range []Config{literal, {FromEnvironment: true}} {
		if err := Open(t.Name(), c); err != nil {
			t.Fatal(err)
		}
		Write(s, t.Name(), c, messages)
	}
	edges, _, err := p.Build()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, e := range edges {
		if e.DoFn == nil {
			continue
		}
		text := fmt.Sprintf("%v %v", e, e.Name())
		if fn, ok := e.DoFn.Recv.(*postFn); ok {
			found++
			value := reflect.ValueOf(fn).Elem()
			for i := range value.NumField() {
				if value.Type().Field(i).IsExported() {
					text += fmt.Sprint(value.Field(i))
				}
			}
		}
		if strings.Contains(text, "hush") {
			t.Errorf("the graph shows %s", text)
		}
	}
	if found != 2 {
		t.Errorf("found %d webhooks in the graph, want 2", found)
	}
}

func TestReasonsShowNothingThatCameFromOutside(t *testing.T) {
	hush := errors.New("hush")
	for _, err := range []error{hush, fmt.Errorf("net/http: %w", hush), textproto.ProtocolError("malformed MIME header line: hush"), http.ErrUseLastResponse} {
		if got := reason(err, 0); got != errNotHTTP.Error() {
			t.Errorf("%v is told as %s", err, got)
		}
	}
	if got := reason(context.DeadlineExceeded, 5); got != "no answer within 5ns" {
		t.Error(got)
	}
	// The server of TLS is not trusted, or is none.
	setURL(t, "", "")
	secure, plain := httptest.NewTLSServer(nil), httptest.NewServer(nil)
	defer secure.Close()
	defer plain.Close()
	for url, want := range map[string]string{
		secure.URL: "tls: failed to verify certificate: x509: certificate signed by unknown authority",
		strings.Replace(plain.URL, "http:", "https:", 1): "the server speaks HTTP without TLS",
	} {
		c := Default(url + "/hush")
		c.Retries = 0
		run := process.NewRun()
		rejects, err := bundle(t.Context(), run, c, testMessage("1"))
		if err != nil || len(rejects) != 1 || !strings.Contains(rejects[0], "webhook: "+url+": "+want) || strings.Contains(rejects[0], "hush") {
			t.Errorf("%s: got %q, %v, want %s", url, rejects, err, want)
		}
		run.Close()
	}
}

// Of a proxy that does not connect only the status is told.
func TestProxyThatRefusesIsToldByItsStatus(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			fmt.Fprintf(conn, "HTTP/1.1 502 hush %s\r\n\r\n", q.Host)
			conn.Close()
		}
	}))
	defer proxy.Close()
	setURL(t, "", "")
	client, err := newClient(Default("https://shop.example/hush"))
	if err != nil {
		t.Fatal(err)
	}
	address, err := http.NewRequest(http.MethodGet, proxy.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	client.Transport.(*http.Transport).Proxy = http.ProxyURL(address.URL)
	c := Default("https://shop.example/hush")
	c.Retries = 0
	s := &sender{config: c, client: client, signer: testSigner(t)}
	if fate, why := s.post(t.Context(), testMessage("1")); fate != refused || why != "webhook: https://shop.example: the proxy answers 502" {
		t.Errorf("got %v, %s", fate, why)
	}
}
