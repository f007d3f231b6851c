package replica

import (
	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/order"
)

// Fields returns how the conditions of a pattern read the events of orders.
func Fields() cond.Fields {
	return cond.Fields{Members: order.Members, Whole: order.Whole, IDs: order.IDs, Cell: order.Cell}
}
