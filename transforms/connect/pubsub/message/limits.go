package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"cloud.google.com/go/pubsub/v2"
	"github.com/tidwall/gjson"

	"ordertimeout/transforms/order"
)

// What the service takes; it refuses a message that is over a limit each time it
// is tried, so none is sent that is.
const (
	// maxName is the limit of an attribute's value and of an ordering key, in
	// bytes.
	maxName = 1024
	// maxBody leaves room for attributes and key in a request of 10 MB.
	maxBody = 10_000_000 - 16<<10
)

// ToPublish returns what is published of a message: within the limits, and always
// the same for the same message. Where it is to be ordered, its ordering key is its user,
// or without one its order.
func ToPublish(m *order.Message, ordered bool) *pubsub.Message {
	out := &pubsub.Message{Data: fitBody(m, maxBody), Attributes: make(map[string]string, 4)}
	for name, value := range map[string]string{"id": m.ID, "outcome": m.Outcome, "orderId": m.OrderID, "userId": m.UserID} {
		if value != "" {
			out.Attributes[name] = fitName(value)
		}
	}
	if ordered {
		key := m.UserID
		if key == "" {
			key = m.OrderID
		}
		out.OrderingKey = fitName(key)
	}
	return out
}

// fitName returns a value that fits. One that is too long or no UTF-8 is cut,
// and ends in a hash of the whole, so that two of them stay two.
func fitName(value string) string {
	if len(value) <= maxName && utf8.ValidString(value) {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	hash := "~" + hex.EncodeToString(sum[:16])
	value = strings.ToValidUTF8(value[:min(len(value), maxName)], "\uFFFD")
	cut := min(len(value), maxName-len(hash))
	for cut > 0 && cut < len(value) && !utf8.RuneStart(value[cut]) {
		cut--
	}
	return value[:cut] + hash
}

// fitBody returns the body, or where it is longer than limit the JSON without its
// events and with "truncated":true, or if that does not help with nothing but
// what names the message.
func fitBody(m *order.Message, limit int) []byte {
	if len(m.Body) <= limit {
		return m.Body
	}
	if cut, ok := withoutEvents(m.Body); ok && len(cut) <= limit {
		return cut
	}
	least, err := json.Marshal(struct {
		Outcome   string `json:"outcome"`
		ID        string `json:"id"`
		UserID    string `json:"userId,omitempty"`
		OrderID   string `json:"orderId,omitempty"`
		Truncated bool   `json:"truncated"`
	}{m.Outcome, fitName(m.ID), nameOrNone(m.UserID), nameOrNone(m.OrderID), true})
	if err != nil {
		panic(err) // strings and a bool are always JSON
	}
	return least
}

func nameOrNone(value string) string {
	if value == "" {
		return ""
	}
	return fitName(value)
}

// withoutEvents returns a JSON object in which "truncated":true stands for the
// field events; the other fields are the same byte for byte.
func withoutEvents(body []byte) (cut []byte, ok bool) {
	object := gjson.ParseBytes(body)
	if !object.IsObject() || !gjson.ValidBytes(body) {
		return nil, false
	}
	var b bytes.Buffer
	b.WriteByte('{')
	object.ForEach(func(name, value gjson.Result) bool {
		if name.Str != "events" && name.Str != "truncated" {
			b.WriteString(name.Raw + ":" + value.Raw + ",")
		}
		return true
	})
	b.WriteString(`"truncated":true}`)
	return b.Bytes(), true
}
