package carry

import (
	"slices"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
)

// messageKey is what makes a message the same.
type messageKey struct{ outcome, id string }

func keyOf(m *order.Message) messageKey { return messageKey{m.Outcome, m.ID} }

func keysOf(messages []order.Message) map[messageKey]bool {
	keys := make(map[messageKey]bool, len(messages))
	for i := range messages {
		keys[keyOf(&messages[i])] = true
	}
	return keys
}

// Keep takes a message that neither its sink nor the rejects have taken. It is in the
// files that are written from then on, and delivered first by the run that goes on.
func (k *Keeper) Keep(m order.Message) {
	k.run.Count(count.Kept, 1)
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.again, keyOf(&m)) // it is not on its way any more
	m.Refs = nil
	k.undelivered = append(k.undelivered, m)
}

// Undelivered returns what the run that this one goes on from has kept, which is to be
// delivered, or kept again, before Delivered is called. Nil where there is nothing.
func (k *Keeper) Undelivered() []order.Message {
	if k.start == nil {
		return nil
	}
	return k.start.Undelivered
}

// Delivered says that all of Undelivered is delivered or kept again. Before, the files
// that are written have it still.
func (k *Keeper) Delivered() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.again = nil
}

// kept returns what a file that is written now is to have. The caller holds the lock.
func (k *Keeper) kept() []order.Message {
	kept := slices.Clone(k.undelivered)
	for _, m := range k.Undelivered() {
		if k.again[keyOf(&m)] {
			kept = append(kept, m)
		}
	}
	return kept
}
