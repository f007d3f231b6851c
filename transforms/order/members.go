package order

import "encoding/json"

// Members sets values[i] to the member names[i] of an event's object, nil where it is
// absent or null. Of members with the same name the last counts. A value is a string,
// bool, int (a number written as an integer that fits), float64 (any other number), []any
// or map[string]any, and shares the memory of data, which is not to be written to again.
// data is what Event.Raw is; of other bytes Members reads what it can.
func Members(data []byte, names []string, values []any) {
	clear(values)
	r := newValueReader(view(data))
	for r.enter('{'); ; {
		name, ok := r.name()
		if !ok {
			return
		}
		wanted := -1
		for i, n := range names {
			if n == name {
				wanted = i
				break
			}
		}
		if wanted < 0 {
			ok = r.skip()
		} else {
			values[wanted], ok = r.value(1)
		}
		if !ok {
			return
		}
	}
}

// Whole returns all members of an event's object, with values as those of Members. null
// is nil.
func Whole(data []byte) map[string]any {
	r := newValueReader(view(data))
	members, _ := r.object(1)
	return members
}

// IDs returns the ids of an event's order from its key, see Key, and its object: a key
// that has no user may be one of orders that are known by their orderId alone.
func IDs(key string, data []byte) (userID, orderID string) {
	userID, orderID, err := SplitKey(key)
	if err != nil || userID != "" {
		return userID, orderID
	}
	r := newValueReader(view(data))
	for r.enter('{'); ; {
		name, ok := r.name()
		if !ok {
			return userID, orderID
		}
		start := r.pos
		if !r.skip() {
			return userID, orderID
		}
		if name == fieldNames[userIDField] {
			userID = idText(r.text[start:r.pos])
		}
	}
}

// idText returns the id in a value, as a Decoder reads it.
func idText(raw string) string {
	switch {
	case raw[0] == '"':
		return unquoted(raw)
	case isInteger(raw):
		return raw
	}
	return ""
}

// Cell returns what the text of a cell of CSV stands for: a number or a boolean of JSON
// for itself, nil for an empty one, the text for all else.
func Cell(text string) any {
	switch text {
	case "":
		return nil
	case "true":
		return true
	case "false":
		return false
	}
	if c := text[0]; c != '-' && (c < '0' || c > '9') {
		return text
	}
	r := newValueReader(text)
	if value, ok := r.number(); ok && r.pos == len(text) && json.Valid([]byte(text)) {
		return value
	}
	return text
}
