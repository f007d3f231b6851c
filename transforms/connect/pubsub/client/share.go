package client

import (
	"context"
	"sync"
	"time"
)

// User is what a run has at Pub/Sub besides clients: a publisher, or a source.
type User interface {
	// Close ends it, before the clients are closed. It returns at the end of ctx.
	Close(ctx context.Context)
}

// share is a user, once it is open.
type share struct {
	opening sync.Mutex // held while it is opened
	user    User       // of the link's lock
}

// Share returns what the link has by a key. At the first call open makes it, and again
// where it has failed to. It fails once the link is closed.
func Share[U User](ctx context.Context, l *Link, key any, open func() (U, error)) (U, error) {
	var none U
	s, _, err := l.find(key)
	if err != nil {
		return none, err
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	if _, user, err := l.find(key); err != nil || user != nil {
		found, _ := user.(U)
		return found, err
	}
	made, err := open()
	if err != nil {
		return none, err
	}
	if !l.keep(key, s, made) {
		made.Close(ctx)
		return none, ErrClosed
	}
	return made, nil
}

// find returns the place of a key and what is there, if it is open.
func (l *Link) find(key any) (*share, User, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, nil, ErrClosed
	}
	s := l.shared[key]
	if s == nil {
		s = &share{}
		l.shared[key] = s
	}
	return s, s.user, nil
}

// keep takes a user in, and reports whether the link is open.
func (l *Link) keep(key any, s *share, user User) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	s.user, l.shared[key] = user, s
	return true
}

// Drop forgets what the link has by a key, which the caller closes: the next call of
// [Share] makes another one.
func (l *Link) Drop(key any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.shared, key)
}

// Users returns what the link has open of a type.
func Users[U User](l *Link) (users []U) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.shared {
		if u, ok := s.user.(U); ok {
			users = append(users, u)
		}
	}
	return users
}

// closeBudget is how long Close takes at most, whatever the service does: a
// process that was asked to stop has 5 s in all, of which what is under way may
// have used 2.5 (see the command).
const closeBudget = 1500 * time.Millisecond

// Close ends all that the run has open at Pub/Sub, after its pipeline has ended:
// its publishers, its sources, which give back what they hold, and its clients.
// It returns within 1.5 s also where the service is not reachable; what could not
// be given back by then is redelivered when its lease ends.
func (l *Link) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeBudget)
	defer cancel()
	l.mu.Lock()
	l.closed = true
	var users []User
	for _, s := range l.shared {
		if s.user != nil {
			users = append(users, s.user)
		}
	}
	clients := l.clients
	l.clients, l.shared = nil, nil
	l.mu.Unlock()
	var ended sync.WaitGroup // one that is stuck takes no time from the others
	for _, u := range users {
		ended.Go(func() { u.Close(ctx) })
	}
	ended.Wait()
	Within(ctx, func() {
		for _, c := range clients {
			_ = c.Close() // a connection that will not close ends with the process
		}
	})
	return nil
}

// Within runs f and waits for it, but no longer than ctx.
func Within(ctx context.Context, f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
