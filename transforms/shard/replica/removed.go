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
		if r.Rule == "" || !slices.Contains(c.Forget, r.Rule) {
			return fmt.Errorf("replica: rule %q is no more, and has %d open orders and %d undecided events in one of the shards: want the rule, with its pattern but for the window, or -forget RULE to give them up",
				r.Rule, r.Runs, r.Undecided)
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
