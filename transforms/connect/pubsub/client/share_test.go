package client

import (
	"context"
	"errors"
	"testing"

	"ordertimeout/transforms/process"
)

// user takes note of its end.
type user struct{ closed int }

func (u *user) Close(context.Context) { u.closed++ }

func TestShareOpensOnceAndClosesWithTheLink(t *testing.T) {
	run := process.NewRun()
	l, err := Of(run)
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	open := func() (*user, error) {
		if opened++; opened == 1 {
			return nil, errors.New("not yet")
		}
		return &user{}, nil
	}
	if u, err := Share(t.Context(), l, "a", open); u != nil || err == nil {
		t.Errorf("got %v, %v where it cannot be opened", u, err)
	}
	first, err := Share(t.Context(), l, "a", open)
	if again, err := Share(t.Context(), l, "a", open); err != nil || again != first {
		t.Errorf("the second call got %p, %v, want %p", again, err, first)
	}
	if err != nil || opened != 2 || len(Users[*user](l)) != 1 {
		t.Errorf("opened %d times, %v; want once after a failure", opened, err)
	}
	dropped, _ := Share(t.Context(), l, "b", open)
	l.Drop("b")
	other, _ := Share(t.Context(), l, "b", open)
	run.Close()
	if first.closed != 1 || other.closed != 1 || dropped.closed != 0 {
		t.Errorf("closed %d, %d and %d times, want what the link has once", first.closed, other.closed, dropped.closed)
	}
	if _, err := Share(t.Context(), l, "a", open); err != ErrClosed {
		t.Errorf("after the end: %v, want %v", err, ErrClosed)
	}
}

// What is opened while the run is closed is closed at once.
func TestShareThatOpensDuringTheEndIsClosed(t *testing.T) {
	run := process.NewRun()
	l, err := Of(run)
	if err != nil {
		t.Fatal(err)
	}
	var made *user
	_, err = Share(t.Context(), l, "a", func() (*user, error) {
		run.Close()
		made = &user{}
		return made, nil
	})
	if err != ErrClosed || made.closed != 1 {
		t.Errorf("got %v, closed %d times; want %v and once", err, made.closed, ErrClosed)
	}
}
