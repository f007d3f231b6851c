package replica

import (
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// OpenOrders returns the open runs of a shard, for who wants to look at them: of each an
// outcome of kind order.Open, with the id that its timeout would have. Those of runs that
// have given a match are left out.
func OpenOrders(c *Config, s *shard.Shard) ([]order.Outcome, error) {
	var open []order.Outcome
	for rule, b := range newOutcomeBuilders(c) {
		for _, run := range s.OpenRuns(rule) {
			o, err := b.outcome(&run)
			if err != nil {
				return nil, err
			}
			open = append(open, o)
		}
	}
	return open, nil
}
