package replica

import (
	"slices"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// Config are the settings of Shards.
type Config struct {
	// Rules are what is run, at least one; those of a step have one kind of key.
	Rules []Rule
	// Compile, Before and Keyless are those of shard.Rules.
	Compile func(name, settings string) (shard.Rule, error)
	Before  []shard.Rule
	Keyless bool
	// Forget are names of rules that may go, though they have something: else a log of theirs
	// is an error.
	Forget []string
	// Further says that another step gives the events that the end leaves undecided.
	Further bool
	// Tick is the distance of two ticks in milliseconds, at least one.
	Tick int64
	// ByOrder says that an order is known by its id alone. Then the user of an outcome
	// is that of the run's first event.
	ByOrder bool
	// Reader reads the users of such orders.
	Reader order.Reader
	// OpenUnread says that nobody wants to have the events of open runs, and RejectsUnread
	// that no rejects are made.
	OpenUnread, RejectsUnread bool
	// ChunkSize is how many runs and rejects are worked, sent and forgotten at a time.
	// It bounds the memory of ticks that end many runs: at the end of the input, and
	// after a time in which nothing came. Zero: 4096, which most ticks do not reach.
	ChunkSize int
	// Start returns the state that a shard begins with where the input goes on, a record of
	// package shard; nil: an empty one. It is called where a batch says GoOn.
	Start func(shard int64) []byte
}

// Rule is a rule, and what is made of its outcomes.
type Rule struct {
	shard.Rule
	// Labels are written in each outcome.
	Labels []order.Label
	// Unread are the kinds of outcome that are not made.
	Unread []order.Kind
}

// Restore returns the shard that a log leads to.
func (c *Config) Restore(log [][]byte) (*shard.Shard, error) {
	return shard.Restore(c.ShardRules(), c.Tick, log)
}

// Wrote reports whether the rules are those that snapshots are of.
func (c *Config) Wrote(snapshots [][]byte) (bool, error) {
	for _, s := range snapshots {
		if len(s) == 0 {
			continue
		}
		of, err := shard.RulesOf(s)
		if err != nil || !slices.EqualFunc(of, c.Rules, func(a shard.Rule, b Rule) bool { return a.Name == b.Name && a.Settings == b.Settings }) {
			return false, err
		}
	}
	return true, nil
}

// ShardRules returns the rules as shards take them.
func (c *Config) ShardRules() shard.Rules {
	rules := shard.Rules{Compile: c.Compile, Before: c.Before, Keyless: c.Keyless}
	for i := range c.Rules {
		rules.Each = append(rules.Each, c.Rules[i].Rule)
	}
	return rules
}

const defaultChunkSize = 4096

// Shards are the shards of a stateful step, as one of its workers sees them. A worker
// works bundles one after the other: it calls StartBundle, and then Add and Tick. It is
// not safe for concurrent use, but the workers of a process share a Cache.
type Shards struct {
	config Config
	cache  *Cache
	step   string
	bundle int64 // its number among all of the cache
}

// New returns the shards of a step, whose id tells them from those of others in the
// cache.
func New(cache *Cache, step string, c Config) *Shards {
	if c.ChunkSize == 0 {
		c.ChunkSize = defaultChunkSize
	}
	return &Shards{config: c, cache: cache, step: step}
}

// StartBundle begins a bundle. What is written to stores until the next call is committed
// as a whole, or not at all.
func (s *Shards) StartBundle() { s.bundle = s.cache.bundles.Add(1) }

// Result is what the caller of Shards has to do.
type Result struct {
	// Clear is a timer to be cleared, and Set and Next are timers to be set after that, each
	// if it is not the zero Timer.
	Clear, Set, Next Timer
	// Point is the carry point that the shard has come to, nil where it has come to none.
	Point *Point
	// Begun is what each rule of the shard has begun with; nil where it has not begun.
	Begun []shard.Standing
	// Removed are rules that had something and are no more, once the log has nothing of them.
	Removed []shard.Removed
}

// Add appends an encoded shard.Batch to the log of shard n. at is the timestamp of the
// batch in milliseconds: the output watermark is not held before it. After an error the
// bundle is to fail.
func (s *Shards) Add(store Store, n, at int64, batch []byte) (result Result, err error) {
	h, err := shard.DecodeHeader(batch)
	if err != nil {
		return Result{}, err
	}
	r, err := s.replicaFor(store, n, h)
	if err == nil && h.GoOn {
		r, result, err = s.goOn(store, n)
	}
	if err != nil {
		return Result{}, err
	}
	result.Set = s.timerOf(h, max(h.Min, at))
	set := &result.Set
	if r == nil || set.Hold < r.early.tick {
		// There is no replica, or what it has done early it did too early. The next tick
		// makes one from the log.
		return result, addBlindly(store, batch)
	}
	tick := noTick
	if h.Reaches(set.Tick) && !h.More {
		tick = set.Tick
	}
	r.promised = max(r.promised, h.Watermark)
	r.changed = r.changed || h.Events > 0 // before the work in the background, which sets it, too
	r.begin(batch, tick, maxLog(r.snapshotSize, n))
	if err := r.writeBatch(store, s.bundle, batch); err != nil {
		return Result{}, err
	}
	if result.Clear = r.takeNext(h, set.Tick); result.Clear != (Timer{}) {
		set.Hold = min(set.Hold, result.Clear.Hold)
	}
	if r.point = max(r.point, h.Point); h.Point != 0 && !h.End {
		if err := r.wait(); err != nil {
			return Result{}, err
		}
		result.Point = r.comeTo(s.config.Tick)
	}
	s.cache.put(place{s.step, n}, r)
	return result, nil
}

// replicaFor returns the replica that is to take a batch, or nil where the log alone is to
// have it. It reads from the store only where it must.
func (s *Shards) replicaFor(store Store, n int64, h shard.Header) (*replica, error) {
	r, err := s.cache.take(place{s.step, n})
	switch {
	case err != nil:
		return nil, err
	case r == nil && h.Events == 0 && !h.End || h.Point != 0:
		// It is sent for its promise, so that all before it is worked early; or for the
		// state at its point.
		return s.open(store, r)
	case r != nil && len(r.versions) >= maxVersions:
		r, _, err = s.verify(store, r)
	}
	return r, err
}

// Tick works a tick of shard n whose timer has fired. It hands what comes of it to emit,
// chunk by chunk; a chunk is emit's only until it returns. Then it appends the tick to the
// log. A tick that a later one has made up for does not. After an error the bundle is to
// fail.
func (s *Shards) Tick(store Store, n, tick int64, emit func(*Chunk) error) (Result, error) {
	cached, err := s.cache.take(place{s.step, n})
	if err != nil {
		return Result{}, err
	}
	r, err := s.open(store, cached)
	if err != nil {
		return Result{}, err
	}
	if r.next.Tick == tick {
		r.next = Timer{} // it has fired
	}
	if r.isOver(tick) {
		if r.logSize > 0 {
			s.cache.put(place{s.step, n}, r)
		}
		return Result{Set: r.missingNext(s.config.Tick), Point: r.comeTo(s.config.Tick)}, nil
	}
	write := func() error { return r.writeTick(store, n, s.bundle, tick) }
	if err := r.finish(tick, emit, write); err != nil {
		return Result{}, err
	}
	result := Result{Set: r.setNext(s.config.Tick), Removed: r.takeRemoved()}
	if r.shard.Finished() {
		result.Point = r.last()
		return result, nil
	}
	result.Point = r.comeTo(s.config.Tick)
	s.cache.put(place{s.step, n}, r)
	return result, nil
}
