package order

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// Envelope is what stands around the data of a CloudEvent 1.0 in binary mode, where it is no
// part of the text: in the attributes of a message. "" is what is missing.
type Envelope struct {
	SpecVersion, ID, Source, Type, Time string
	// ContentType is that of the data; "" is JSON.
	ContentType string
}

// Binary returns the event of a CloudEvent in binary mode. data is one JSON object, which
// may have line breaks, and is not to be written to again; Event.Raw is the object on one
// line. A stamp is its time, whatever the envelope says. It wants FormatCloudEvents.
func (d *Decoder) Binary(data []byte, e Envelope, stamp *int64) (Event, error) {
	if stamp != nil {
		d.stamp = stampOf(*stamp)
		defer func() { d.stamp = "" }()
	}
	text := func(s string) gjson.Result {
		if s == "" {
			return gjson.Result{}
		}
		return gjson.Result{Type: gjson.String, Str: s, Raw: `"` + s + `"`}
	}
	c := cloudEvent{
		version: text(e.SpecVersion), id: text(e.ID), source: text(e.Source),
		kind: text(e.Type), time: text(e.Time), contentType: text(e.ContentType),
	}
	if d.layout == nil || !d.layout.cloudEvents {
		return Event{}, errors.New("a CloudEvent in attributes: want -format cloudevents")
	}
	if err := checkJSON(data); err != nil {
		return Event{}, fmt.Errorf("data: %w", err)
	}
	raw := oneLine(trimSpace(data))
	if inner := readCloudEvent(view(raw)); inner.version.Exists() {
		return Event{}, errors.New("data: got specversion, want no CloudEvent in the data of another")
	}
	c.data = gjson.Result{Type: gjson.JSON, Raw: view(raw)}
	return d.cloudEvent(raw, c)
}

// cloudEvent are the members of a CloudEvent, each as it came.
type cloudEvent struct {
	version, id, source, kind, time, contentType, data, base64 gjson.Result
}

// CloudEvents reports whether the decoder reads those.
func (d *Decoder) CloudEvents() bool { return d.layout != nil && d.layout.cloudEvents }

// readCloudEvent reads a JSON object. Of members with the same name the last counts.
func readCloudEvent(object string) (c cloudEvent) {
	gjson.Result{Type: gjson.JSON, Raw: object}.ForEach(func(key, value gjson.Result) bool {
		switch key.Str {
		case "specversion":
			c.version = value
		case "id":
			c.id = value
		case "source":
			c.source = value
		case "type":
			c.kind = value
		case "time":
			c.time = value
		case "datacontenttype":
			c.contentType = value
		case "data":
			c.data = value
		case "data_base64":
			c.base64 = value
		}
		return true
	})
	return c
}

// cloudEvent returns the event in a CloudEvent. raw is all of it.
func (d *Decoder) cloudEvent(raw []byte, c cloudEvent) (Event, error) {
	if c.version.Type != gjson.String || c.version.Str != "1.0" {
		return Event{}, fmt.Errorf(`specversion: %s, want "1.0", as CloudEvents have`, got(&c.version))
	}
	for _, m := range []struct {
		name  string
		value *gjson.Result
	}{{"id", &c.id}, {"source", &c.source}} {
		if m.value.Type != gjson.String || m.value.Str == "" {
			return Event{}, fmt.Errorf("%s: %s, want a non-empty string", m.name, got(m.value))
		}
		if err := checkEscapes(m.name, m.value); err != nil {
			return Event{}, err
		}
	}
	if c.time.Type == gjson.Number {
		return Event{}, fmt.Errorf("time: got %s, want RFC 3339 with an offset, as CloudEvents have", cut(c.time.Raw))
	}
	if err := c.checkData(); err != nil {
		return Event{}, err
	}
	members := [numFields]gjson.Result{typeField: c.kind, timeField: c.time}
	id := c.source.Str + "#" + c.id.Str
	members[idField] = gjson.Result{Type: gjson.String, Str: id, Raw: `"` + id + `"`}
	r := newValueReader(c.data.Raw)
	d.layout.root.read(&r, &members)
	return d.object(raw, &members)
}

// checkData returns why the data of a CloudEvent is no event, or nil.
func (c *cloudEvent) checkData() error {
	switch {
	case c.contentType.Type != gjson.Null && (c.contentType.Type != gjson.String || !isJSONType(c.contentType.Str)):
		return fmt.Errorf("datacontenttype: got %s, want JSON, such as application/json", cut(c.contentType.Raw))
	case c.base64.Type != gjson.Null:
		return errors.New("data_base64: got bytes, want JSON in data")
	case c.data.Type != gjson.JSON || c.data.Raw[0] != '{':
		return fmt.Errorf("data: %s, want a JSON object", got(&c.data))
	}
	return nil
}

// got says in an error what a member is.
func got(v *gjson.Result) string {
	if !v.Exists() {
		return "missing"
	}
	return "got " + cut(v.Raw)
}

// isJSONType reports whether a media type is JSON by the rule of CloudEvents 1.0, section
// 3.1.1 of its JSON format: the subtype is json or ends in +json.
func isJSONType(text string) bool {
	text, _, _ = strings.Cut(text, ";")
	_, subtype, ok := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "/")
	return ok && (subtype == "json" || strings.HasSuffix(subtype, "+json"))
}
