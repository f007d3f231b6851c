package cond

import (
	"bytes"
	"time"
	"unsafe"
)

// objects has the events that conditions see as a whole, decoded. An event stays decoded
// for a while: a sum over a loop looks at the same events for each new one. They are found
// by their bytes, as the memory that has these may be used again.
type objects struct {
	fields *Fields
	cached map[string]object
	size   int // bytes of the cached events
}

type object struct {
	key, kind, id string
	time          int64
	row           bool
	members       map[string]any
}

// The bounds of what stays decoded: events, and bytes of these. A decoded event takes about
// eight times its bytes.
const (
	maxObjects     = 16_384
	maxObjectBytes = 4 << 20
)

// decodeCost is the work of decoding an event, which is charged whether or not it is still
// decoded: what a condition costs must not depend on what came before.
func decodeCost(e *Event) int { return 1 + len(e.Data)/8 }

// of returns an event as an object.
func (o *objects) of(e *Event) map[string]any {
	found, ok := o.cached[string(e.Data)]
	if ok && found.time == e.Time && found.id == e.ID && found.kind == e.Type && found.key == e.Key && found.row == e.Row {
		return found.members
	}
	// The copy is what the object's texts are cut from.
	data := bytes.Clone(e.Data)
	made := object{key: e.Key, kind: e.Type, id: e.ID, time: e.Time, row: e.Row, members: o.decode(e, data)}
	if len(data) > maxObjectBytes/64 {
		return made.members
	}
	if len(o.cached) >= maxObjects || o.size+len(data) > maxObjectBytes || o.cached == nil {
		o.cached, o.size = make(map[string]object), 0
	}
	if !ok {
		o.size += len(data)
	}
	o.cached[unsafe.String(unsafe.SliceData(data), len(data))] = made
	return made.members
}

// decode returns the members of an event, whose bytes are data, with what else it has.
func (o *objects) decode(e *Event, data []byte) map[string]any {
	members := o.fields.Whole(data)
	if members == nil {
		members = make(map[string]any)
	}
	if e.Row && o.fields.Cell != nil {
		for name, v := range members {
			if members[name] = o.cell(e, v); members[name] == nil {
				delete(members, name)
			}
		}
	}
	members["type"], members["time"], members["id"] = e.Type, time.UnixMilli(e.Time).UTC(), e.ID
	members["userId"], members["orderId"] = o.fields.IDs(e.Key, data)
	return members
}

// cell returns a member of an event, which is a text if it is one of a row.
func (o *objects) cell(e *Event, v any) any {
	if !e.Row || o.fields.Cell == nil {
		return v
	}
	if text, ok := v.(string); ok {
		return o.fields.Cell(text)
	}
	return v
}
