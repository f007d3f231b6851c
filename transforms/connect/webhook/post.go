package webhook

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"ordertimeout/transforms/order"
)

// fate is what became of a message.
type fate int

const (
	accepted  fate = iota // the receiver has it
	refused               // the receiver does not want it, or never answered well
	undecided             // the context ended before either
)

// maxAnswer is how much of an answer is read, in bytes, so that its connection
// can be used again.
const maxAnswer = 64 << 10

// maxRetryAfter is the longest wait that a receiver may ask for. One that asks
// for more is not tried again, rather than sooner than it wants.
const maxRetryAfter = 5 * time.Minute

// drainTime is how long an answer may take to end once its status is known. Its
// connection is closed then, and the status counts: the receiver has the message.
const drainTime = time.Second

// post posts a message until it is accepted, refused or tried often enough. Of a
// message that is refused it says in one line why.
func (s *sender) post(ctx context.Context, m *order.Message) (f fate, why string) {
	posting, end := context.WithCancel(ctx)
	defer end()
	request, err := s.request(posting, m)
	if err != nil {
		return refused, s.refusal(reason(err, s.config.Timeout), 1)
	}
	attempts := 0
	client := retryablehttp.Client{
		HTTPClient:   s.client,
		RetryWaitMin: s.config.RetryWait,
		RetryWaitMax: maxRetryWait,
		RetryMax:     s.config.Retries,
		Backoff:      backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		CheckRetry: func(ctx context.Context, answer *http.Response, err error) (bool, error) {
			attempts++
			return worthRetry(ctx, answer, err)
		},
		PrepareRetry: func(r *http.Request) error { return s.sign(r, m) },
	}
	answer, err := client.Do(request)
	if answer != nil {
		defer time.AfterFunc(drainTime, end).Stop()
		_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // for the connection's sake only
		answer.Body.Close()
	}
	switch {
	case err == nil && answer.StatusCode/100 == 2:
		return accepted, ""
	case err == nil:
		return refused, s.refusal(status(answer), attempts)
	case ctx.Err() != nil:
		return undecided, ""
	}
	return refused, s.refusal(reason(err, s.config.Timeout), attempts)
}

// refusal says in one line why a message is refused.
func (s *sender) refusal(why string, attempts int) string {
	if attempts > 1 {
		why = fmt.Sprintf("%s, at the last of %d attempts", why, attempts)
	}
	return fmt.Sprintf("webhook: %s: %s", s.config, why)
}

// request returns the request of the first attempt.
func (s *sender) request(ctx context.Context, m *order.Message) (*retryablehttp.Request, error) {
	if strings.ContainsFunc(m.ID, func(r rune) bool { return r < '!' || r > '~' }) {
		return nil, errID
	}
	r, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, s.config.URL, m.Body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "ordertimeout")
	return r, s.sign(r.Request, m)
}

// sign gives a request the headers of an attempt that is made now. Those of the
// attempt before may still be in use.
func (s *sender) sign(r *http.Request, m *order.Message) error {
	now := time.Now()
	signature, err := s.signer.Sign(m.ID, now, m.Body)
	if err != nil {
		return err
	}
	r.Header = r.Header.Clone()
	r.Header.Set(standardwebhooks.HeaderWebhookID, m.ID)
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return nil
}

// worthRetry reports whether an attempt may end otherwise when it is repeated.
func worthRetry(ctx context.Context, answer *http.Response, err error) (bool, error) {
	if err == nil && answer.StatusCode/100 == 2 {
		return false, nil // also where the time was over when it came
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if asked := retryAfter(answer); asked < 0 || asked > maxRetryAfter {
		return false, nil
	}
	return retryablehttp.DefaultRetryPolicy(ctx, answer, err)
}

// backoff is how long to wait before a repeat; the first has number 0.
func backoff(least, most time.Duration, repeat int, answer *http.Response) time.Duration {
	if asked := retryAfter(answer); asked > 0 {
		return asked + rand.N(asked/10+1)
	}
	wait := retryablehttp.DefaultBackoff(least, most, repeat, nil)
	return wait/2 + rand.N(wait/2+1)
}

// retryAfter is the wait that an answer asks for, 0 without one. A negative one
// is too long to be counted.
func retryAfter(answer *http.Response) time.Duration {
	return retryablehttp.DefaultBackoff(0, 0, 0, answer)
}

// status is the status of an answer without what the receiver says in its own
// words.
func status(answer *http.Response) string {
	text := strconv.Itoa(answer.StatusCode)
	if name := http.StatusText(answer.StatusCode); name != "" {
		text += " " + name
	}
	if asked := retryAfter(answer); asked < 0 || asked > maxRetryAfter {
		text += fmt.Sprintf(", and asks for a wait of more than %v", maxRetryAfter)
	}
	return text
}
