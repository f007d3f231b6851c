package cep

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/cep/syntax"
)

// richState is a state with everything in it: a run of two, a duplicate of it,
// and a run that is remembered.
func richState(t testing.TB) State {
	t.Helper()
	m := mustCompile(t, "a followedBy b followedBy c within 100ms", 100*time.Millisecond).Matcher()
	var s State
	for i, typ := range []string{"a", "b", "c", "a", "b", "a"} {
		m.Step("k", &s, &Event{Type: typ, ID: strings.Repeat("x", i), Time: int64(i), At: int64(i), Data: []byte{byte(i)}, Ref: uint64(i)}, new(Output))
	}
	return s
}

func mustCompile(t testing.TB, text string, remember time.Duration) *Prog {
	t.Helper()
	p, err := Compile(syntax.MustParse(text), Config{Remember: remember})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ofSteps returns the program of a pattern of so many steps.
func ofSteps(t testing.TB, n int) *Prog {
	return mustCompile(t, strings.Join([]string{"a", "b", "c"}[:n], " followedBy ")+" within 100ms", 100*time.Millisecond)
}

// A state that an older build has written must decode in every later one, so
// this text is never to be changed: add one for a new version.
const stateV1 = "01020603787878010317dd683fefb25d5508047878787801044da33dcf3ec6c07f" +
	"015a9c24b1ccb2203a010403ae456b60c039b0fe529d8ef667d8ce792d3a55d8567cc9bd"
const stateV2 = "0202060378787801030317dd683fefb25d550804787878780104044da33dcf3ec6c07f" +
	"015a9c24b1ccb2203a010403ae456b60c039b0fe529d8ef667d8ce792d3a55d8567cc9bd"

func TestStateEncoding(t *testing.T) {
	s := richState(t)
	got, _ := s.AppendBinary(nil)
	if want := stateV2; hex.EncodeToString(got) != want {
		t.Errorf("encoded state:\ngot  %x\nwant %s", got, want)
	}
	for _, version := range []string{stateV1, stateV2} {
		old, err := hex.DecodeString(version)
		if err != nil {
			t.Fatal(err)
		}
		decoded, rest, err := ofSteps(t, 3).DecodeState(append(old, "rest"...))
		if err != nil || string(rest) != "rest" {
			t.Fatalf("DecodeState: %v, rest %q", err, rest)
		}
		if version == stateV1 { // which has no Refs
			decoded.first.ref, decoded.more.rest[0].ref = 3, 4
		}
		if again, _ := decoded.AppendBinary(nil); hex.EncodeToString(again) != stateV2 {
			t.Errorf("decoded and encoded again:\ngot  %x\nwant %s", again, stateV2)
		}
	}
}

func TestBrokenStates(t *testing.T) {
	whole, _ := new(State).AppendBinary(nil)
	if _, _, err := ofSteps(t, 2).DecodeState(whole); err != nil {
		t.Errorf("empty state: %v", err)
	}
	s := richState(t)
	whole, _ = s.AppendBinary(nil)
	for n := range whole {
		if _, _, err := ofSteps(t, 3).DecodeState(whole[:n]); err == nil {
			t.Errorf("state cut to %d of %d bytes: no error", n, len(whole))
		}
	}
	for _, test := range []struct {
		reason, want string
		b            []byte
		steps        int
	}{
		{"a version to come", "cep: state has version 9: want 1 to 4", append([]byte{9}, whole[1:]...), 3},
		{"a longer run than the pattern has", "cep: state with an open run of 2 events: want fewer than the pattern's 2 steps", whole, 2},
		{"a count beyond the bytes", "cep: truncated state", []byte{1, 0xff, 0xff, 0x03}, 2},
		{"a time that cannot be", "cep: state with a time out of range", []byte{1, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1, 1, 0, 0, 0, 0, 0, 0, 0}, 2},
		{"an event without a fingerprint", "cep: state without a fingerprint", []byte{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 2},
		{"rows that are not there", "cep: state with rows that are not among its events", append([]byte{rowsVersion, 1, 4}, whole...), 3},
		{"a byte of rows without one", "cep: state with rows that are not among its events", append([]byte{rowsVersion, 1, 0}, whole...), 3},
		{"rows and no more", "cep: truncated state", []byte{rowsVersion, 1, 1}, 3},
		{"rows twice", "cep: state has version 4: want 1 to 4", append([]byte{rowsVersion, 1, 1, rowsVersion, 1, 1}, whole...), 3},
		{"an ended run without a fingerprint", "cep: state without a fingerprint", []byte{1, 0, 0, 1, 0, 0}, 2},
	} {
		if _, _, err := ofSteps(t, test.steps).DecodeState(test.b); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", test.reason, err, test.want)
		}
	}
}

// FuzzDecodeState checks that any bytes are an error or a state that encodes to
// one that is the same.
func FuzzDecodeState(f *testing.F) {
	s := richState(f)
	b, _ := s.AppendBinary(nil)
	f.Add(b)
	s.more.rest[0].row = true
	b, _ = s.AppendBinary(nil)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, _, err := ofSteps(t, 3).DecodeState(b)
		if err != nil {
			return
		}
		first, _ := s.AppendBinary(nil)
		s, rest, err := ofSteps(t, 3).DecodeState(first)
		if err != nil || len(rest) != 0 {
			t.Fatalf("decode what was encoded: %v, %d bytes left", err, len(rest))
		}
		if second, _ := s.AppendBinary(nil); !bytes.Equal(first, second) {
			t.Errorf("encoded %x, then %x", first, second)
		}
	})
}

// A run with more duplicates than a slice is searched for finds them all.
func TestManyDuplicates(t *testing.T) {
	var set printSet
	for i := range uint64(3 * indexFrom) {
		i++ // no print is zero
		if set.has(i) {
			t.Fatalf("%d is in the set before it was added", i)
		}
		set.add(i)
		set.add(i)
		if !set.has(i) || !set.has(1) || set.len() != int(i) {
			t.Fatalf("after adding %d: has it %v, has 1 %v, size %d", i, set.has(i), set.has(1), set.len())
		}
	}
}
