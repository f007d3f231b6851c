package webhook

import (
	"net/http"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// sender is what all bundles of a run share that post to one URL.
type sender struct {
	config Config
	client *http.Client
	signer *standardwebhooks.Webhook
	slots  chan struct{} // holds one for each request under way
}

type senderKey struct {
	runID  string
	config Config
}

// senders are those of this process: several instances of a DoFn are at work at
// a time, and Config.Concurrency bounds them all.
var senders = struct {
	sync.Mutex
	byKey map[senderKey]*sender
}{byKey: map[senderKey]*sender{}}

// open returns the run's sender, which is made at the first call.
func open(runID string, c Config) (*sender, error) {
	key := senderKey{runID, c}
	senders.Lock()
	defer senders.Unlock()
	if s := senders.byKey[key]; s != nil {
		return s, nil
	}
	signer, err := newSigner()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = c.Concurrency
	s := &sender{
		config: c,
		client: &http.Client{
			Transport:     transport,
			Timeout:       c.Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		signer: signer,
		slots:  make(chan struct{}, c.Concurrency),
	}
	senders.byKey[key] = s
	return s, nil
}

// Close closes the connections of a run, after its pipeline has ended.
func Close(runID string) {
	senders.Lock()
	defer senders.Unlock()
	for key, s := range senders.byKey {
		if key.runID == runID {
			s.client.CloseIdleConnections()
			delete(senders.byKey, key)
		}
	}
}
