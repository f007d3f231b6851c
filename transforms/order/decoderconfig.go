package order

import (
	"fmt"
	"time"
)

// DecoderConfig are the settings of a Decoder, as they travel with a pipeline.
type DecoderConfig struct {
	// TimeUnit is the unit of integer times: time.Millisecond, which is also what zero
	// means, or time.Second.
	TimeUnit time.Duration
	// MaxAhead is how far in the future an event may lie; a later one is malformed. Zero:
	// any distance.
	MaxAhead time.Duration
	// ByOrder makes orderId a required field.
	ByOrder bool
	// Within is the time that orders have: an event with a deadline after the year 9999
	// is malformed. Zero: not known.
	Within time.Duration
	// Names says what the events call their members and types, as Names.Text has written it:
	// the settings have to be comparable. "": the usual names.
	Names string `json:",omitempty"`
}

// Validate returns what is wrong with the settings in a line that begins with the flag,
// or nil.
func (c DecoderConfig) Validate() error {
	switch {
	case c.TimeUnit != 0 && c.TimeUnit != time.Millisecond && c.TimeUnit != time.Second:
		return fmt.Errorf("-time-unit %v: want ms or s", c.TimeUnit)
	case c.MaxAhead < 0:
		return fmt.Errorf("-max-ahead %v: want 0 or more", c.MaxAhead)
	}
	_, err := ParseNames(c.Names)
	return err
}

// Decoder returns a new decoder with the settings.
func (c DecoderConfig) Decoder() *Decoder {
	return &Decoder{Unit: c.TimeUnit, MaxAhead: c.MaxAhead, ByOrder: c.ByOrder, Within: c.Within, layout: newLayout(c.Names)}
}
