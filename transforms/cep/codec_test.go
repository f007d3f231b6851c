package cep

import (
	"bytes"
	"encoding/hex"
	"math"
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
			decoded.first.ref, decoded.more.rest.events[0].ref = 3, 4
		}
		if again, _ := decoded.AppendBinary(nil); hex.EncodeToString(again) != stateV2 {
			t.Errorf("decoded and encoded again:\ngot  %x\nwant %s", again, stateV2)
		}
	}
}

// richLive is a state of the machine with everything in it: runs with several branches,
// one of which has reached a deadline, matches that are held back, and a run that is
// remembered.
func richLive(t testing.TB) (*Prog, State) {
	t.Helper()
	p, err := Compile(syntax.MustParse("every a followedByAny within 20ms b? followedBy c[n == a.n]+ within 100ms skip past last"),
		Config{Remember: 140 * time.Millisecond, Fields: jsonFields})
	if err != nil {
		t.Fatal(err)
	}
	m := p.Matcher()
	var s State
	for i, event := range []string{"a1", "c1", "x0", "a2", "a3", "b0", "x0", "c3", "a4", "c3"} {
		at := int64(1000 + 3*i)
		if i > 2 {
			at += 100 // the first run has matched, and is over by now
		}
		e := Event{Type: event[:1], ID: strings.Repeat("x", i), Time: at, At: at, Data: []byte(`{"n":` + event[1:] + "}"), Ref: uint64(i)}
		m.Advance("k", &s, at, math.MaxInt64, new(Output))
		m.Step("k", &s, &e, new(Output))
	}
	m.Advance("k", &s, 1135, math.MaxInt64, new(Output))
	return p, s
}

// A state of the machine that an older build has written, as that of the table above.
const liveV3 = "03a4102659080603aa110317dd683fefb25d5501030b617878787b226e223a327d04b01104535289762522f5c501040c61787878787b226e223a337d07c81108a9d4edeeb2ef97a70108106178787878787878787b226e223a347d05b61105067d32da04dd34a701050d6278787878787b226e223a307d08ce1109544495b328a3b34c010911637878787878787878787b226e223a337d06c21107e98b95334e24b22101070f63787878787878787b226e223a337d090100000200000401010402010604020505020602020507020300000301f2120204020203050101d211010102f8120204020406040802d811010103901300040203090509040405c211f8120407c211f8120406ce11f8120408ce11f812d60fc60f0101d60f082fcc770e024a6e630101d98bcf079afd0807010117dd683fefb25d550303535289762522f5c50404067d32da04dd34a70304e98b95334e24b2210404a9d4edeeb2ef97a70707544495b328a3b34c0404"

func TestLiveStateEncoding(t *testing.T) {
	p, s := richLive(t)
	l := s.live()
	if len(l.runs) < 2 || len(l.branches) < 3 || len(l.held) == 0 || l.runs[0].lost == nil || len(l.known.ended) == 0 {
		t.Fatalf("%d runs, %d branches, %d held, %d ended, %+v: the test proves little", len(l.runs), len(l.branches), len(l.held), len(l.known.ended), l)
	}
	got, _ := s.AppendBinary(nil)
	if hex.EncodeToString(got) != liveV3 {
		t.Errorf("encoded state:\ngot  %x\nwant %s", got, liveV3)
	}
	old, err := hex.DecodeString(liveV3)
	if err != nil {
		t.Fatal(err)
	}
	decoded, rest, err := p.DecodeState(append(old, "rest"...))
	if err != nil || string(rest) != "rest" {
		t.Fatalf("DecodeState: %v, rest %q", err, rest)
	}
	if again, _ := decoded.AppendBinary(nil); hex.EncodeToString(again) != liveV3 {
		t.Errorf("decoded and encoded again:\ngot  %x\nwant %s", again, liveV3)
	}
	for n := range got {
		if _, _, err := p.DecodeState(got[:n]); err == nil {
			t.Errorf("state cut to %d of %d bytes: no error", n, len(got))
		}
	}
	other := mustCompile(t, "every a followedByAny b within 100ms", 0)
	if _, _, err := other.DecodeState(got); err == nil || err.Error() != "cep: state of another pattern" {
		t.Errorf("the state of another pattern: got %v", err)
	}
}

// FuzzDecodeLive checks that any bytes are an error, or a state that encodes to one that
// is the same and with which the machine goes on.
func FuzzDecodeLive(f *testing.F) {
	p, s := richLive(f)
	b, _ := s.AppendBinary(nil)
	f.Add(b)
	l := s.live()
	l.runs[0].reminded = 3
	l.runs[0].lost.guards = []int{1}
	l.setRare([]alert{{seq: 1, until: 2000, of: "it", ref: 3, waiting: []int{1, 2}, steps: []int{1}, node: l.hold(l.runs[0].lost.node)}}, nil)
	b, _ = s.AppendBinary(nil)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, _, err := p.DecodeState(b)
		if err != nil {
			return
		}
		first, _ := s.AppendBinary(nil)
		again, rest, err := p.DecodeState(first)
		if err != nil || len(rest) != 0 {
			t.Fatalf("decode what was encoded: %v, %d bytes left", err, len(rest))
		}
		if second, _ := again.AppendBinary(nil); !bytes.Equal(first, second) {
			t.Errorf("encoded %x, then %x", first, second)
		}
		m, out := p.Matcher(), new(Output)
		for i, typ := range []string{"a", "b", "c", "d", "x"} {
			m.Advance("k", &s, int64(i), math.MaxInt64, out)
			m.Step("k", &s, &Event{Type: typ, Time: int64(i), At: int64(i)}, out)
		}
		m.Advance("k", &s, math.MaxInt64, math.MaxInt64, out)
	})
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
		{"a version to come", "cep: state has version 9: want 1 to 5", append([]byte{9}, whole[1:]...), 3},
		{"a longer run than the pattern has", "cep: state with an open run of 2 events: want fewer than the pattern's 2 steps", whole, 2},
		{"a count beyond the bytes", "cep: truncated state", []byte{1, 0xff, 0xff, 0x03}, 2},
		{"a time that cannot be", "cep: state with a time out of range", []byte{1, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1, 1, 0, 0, 0, 0, 0, 0, 0}, 2},
		{"an event without a fingerprint", "cep: state without a fingerprint", []byte{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 2},
		{"rows that are not there", "cep: state with rows that are not among its events", append([]byte{rowsVersion, 1, 4}, whole...), 3},
		{"a byte of rows without one", "cep: state with rows that are not among its events", append([]byte{rowsVersion, 1, 0}, whole...), 3},
		{"rows and no more", "cep: truncated state", []byte{rowsVersion, 1, 1}, 3},
		{"rows twice", "cep: state has version 4: want 1 to 5", append([]byte{rowsVersion, 1, 1, rowsVersion, 1, 1}, whole...), 3},
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
	s.more.rest.events[0].row = true
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
