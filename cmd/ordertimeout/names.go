package main

import (
	"flag"

	"ordertimeout/transforms/order"
)

// defineNames defines the flags that say what the input calls its members and types.
func defineNames(fs *flag.FlagSet, n *order.Names) {
	fs.Func("fields", "", func(s string) (err error) {
		n.Fields, err = order.ParseFields(s)
		return err
	})
	fs.Func("types", "", func(s string) (err error) {
		n.Types, err = order.ParseTypes(s)
		return err
	})
	fs.StringVar(&n.Format, "format", n.Format, "")
}
