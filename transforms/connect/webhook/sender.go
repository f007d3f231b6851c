package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"ordertimeout/transforms/process"
)

// sender is what all bundles of a run share that post to one URL.
type sender struct {
	name   string // what a DoFn carries of it
	asked  Config // as it was given
	config Config // with what the environment holds
	client *http.Client
	signer *standardwebhooks.Webhook // nil before it is open
	slots  chan struct{}             // holds one for each request under way
}

// senders are a run's senders. Several instances of a DoFn are at work at a time, and
// Config.Concurrency bounds them all. A URL stays here and does not travel with the
// pipeline, whose graph the pages of runners show.
type senders struct {
	mu  sync.Mutex
	all []*sender
}

// sendersOf returns the senders of a run.
func sendersOf(runID string) (*senders, error) {
	s, err := process.Get(process.Of(runID), func() *senders { return &senders{} })
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	return s, nil
}

// Open reads what a webhook needs of the environment, before the pipeline starts: the
// signing secret and, where the settings say so, the URL. The run's DoFns in this
// process use what was read. The error is one line that shows nothing of either.
func Open(runID string, c Config) error {
	s, err := sendersOf(runID)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reserve(c).open()
}

// reserve returns the sender for some settings, which may not be open yet. The caller
// holds the lock.
func (s *senders) reserve(c Config) *sender {
	for _, known := range s.all {
		if known.asked == c {
			return known
		}
	}
	made := &sender{asked: c, name: Environment}
	if !c.FromEnvironment {
		made.name = fmt.Sprintf("%s %d", Environment, len(s.all)+1)
	}
	s.all = append(s.all, made)
	return made
}

// find returns the open sender that a DoFn has the name of. In a process that the
// pipeline was not built in, that is only the one of the environment.
func (s *senders) find(name string) (*sender, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.all {
		if known.name == name {
			return known, known.open()
		}
	}
	if name != Environment {
		return nil, fmt.Errorf("webhook: its URL is known to the process of the command alone: want the target %s, and %s for the workers", Environment, URLVariable)
	}
	made := s.reserve(Config{FromEnvironment: true})
	return made, made.open()
}

// open opens the sender at the first call.
func (s *sender) open() (err error) {
	if s.signer != nil {
		return nil
	}
	if s.config, err = s.asked.resolve(); err != nil {
		return err
	}
	if s.client, err = newClient(s.config); err != nil {
		return err
	}
	s.slots = make(chan struct{}, s.config.Concurrency)
	s.signer, err = newSigner()
	return err
}

// maxHeader is how long the header of an answer may be, in bytes.
const maxHeader = 64 << 10

// newClient returns a client that follows no redirect. Its proxy is the one of the
// environment.
func newClient(c Config) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = c.Concurrency
	transport.MaxResponseHeaderBytes = maxHeader
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return proxyError(answer.StatusCode)
		}
		return nil
	}
	request, err := http.NewRequest(http.MethodPost, c.URL, nil)
	if err != nil { // whose text quotes the URL
		return nil, fmt.Errorf("webhook: %s: the URL cannot be requested", c)
	}
	if _, err := transport.Proxy(request); err != nil { // whose text quotes the proxy's URL
		return nil, errors.New("webhook: the proxy of the environment is no URL (not shown, as it may hold a secret): see HTTPS_PROXY, HTTP_PROXY")
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// proxyError is the status of a proxy that does not connect, without what it says in
// its own words.
type proxyError int

func (e proxyError) Error() string { return fmt.Sprintf("the proxy answers %d", int(e)) }

// Close closes the connections.
func (s *senders) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.all {
		if known.client != nil {
			known.client.CloseIdleConnections()
		}
	}
	s.all = nil
	return nil
}
