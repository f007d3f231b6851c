package replica

import (
	"fmt"
	"slices"

	"ordertimeout/transforms/shard"
)

// lose returns an error where rules that are no more have something and are not to be
// forgotten. It would be lost without a word.
func (c *Config) lose(removed []shard.Removed) error {
	for _, r := range removed {
		has := fmt.Sprintf("%d open orders and %d undecided events in one of the shards", r.Runs, r.Undecided)
		switch {
		case r.Rule == "": // it has no name by which it could be forgotten
			return fmt.Errorf("replica: the pattern is another one, and that before has %s: want the same, but for the window, or a new job", has)
		case !slices.Contains(c.Forget, r.Rule):
			return fmt.Errorf("replica: rule %s is no more, and has %s: want the rule, with its pattern but for the window, or -forget %s to give them up", r.Rule, has, r.Rule)
		}
	}
	return nil
}

// takeRemoved returns the rules that are no more, once: what is written now has nothing of
// them.
func (r *replica) takeRemoved() []shard.Removed {
	removed := r.removed
	r.removed = nil
	return removed
}
