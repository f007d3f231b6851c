package replica

import (
	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/order"
)

// Fields returns how the conditions of a pattern read the events of orders.
func Fields(r order.Reader) cond.Fields {
	return cond.Fields{Members: r.Members, Whole: r.Whole, IDs: r.IDs, Cell: order.Cell}
}
