package replica

import (
	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/order"
)

// Fields returns how conditions read the events of orders. byOrder is Config.ByOrder.
func Fields(byOrder bool) cond.Fields { return cond.Fields{} }

var _ = order.Success
