package pipeline

import (
	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/dataflowpubsub"
	"ordertimeout/transforms/connect/demo"
	"ordertimeout/transforms/connect/files"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/connect/pubsub"
	"ordertimeout/transforms/connect/webhook"
	"ordertimeout/transforms/connect/windowfile"
)

// Kinds returns the connectors that the settings may name, in the order in which help and
// errors tell of them. Their flags set the fields of c.
func (c *Config) Kinds() connect.List {
	return append(connect.List{
		files.Connector(&c.Flags),
		localfile.Standard(),
		localfile.Connector(),
		windowfile.Connector(&c.Layout),
		demo.Connector(),
		pubsub.Connector(),
		dataflowpubsub.Connector(),
		webhook.Connector(),
	}, c.Connectors...)
}
