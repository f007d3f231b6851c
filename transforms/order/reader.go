package order

// Reader reads the members of events for conditions, and the ids of their orders. The zero
// value is one for the usual names.
type Reader struct{ layout *layout }

// NewReader returns a Reader for what Names.Text has written.
func NewReader(names string) Reader { return Reader{layout: newLayout(names)} }

// Members is the function Members of the event in data: of a CloudEvent that is its data.
func (r Reader) Members(data []byte, names []string, values []any) {
	Members(r.event(data), names, values)
}

// Whole is the function Whole of the event in data.
func (r Reader) Whole(data []byte) map[string]any { return Whole(r.event(data)) }

// IDs is the function IDs of the event in data, wherever it has the id of its user.
func (r Reader) IDs(key string, data []byte) (userID, orderID string) {
	if r.layout == nil || r.layout.err != nil {
		return IDs(key, data)
	}
	userID, orderID, err := SplitKey(key)
	if err != nil || userID != "" {
		return userID, orderID
	}
	var members members
	v := newValueReader(view(r.event(data)))
	r.layout.root.read(&v, &members)
	userID, _ = jsonID("", &members[userIDField])
	return userID, orderID
}

// event returns the object that stands for an event in conditions. A CloudEvent in binary
// mode is its data; Decoder.Binary takes none that looks like one in structured mode.
func (r Reader) event(data []byte) []byte {
	if r.layout == nil || !r.layout.cloudEvents {
		return data
	}
	c := readCloudEvent(view(data))
	if !c.version.Exists() {
		return data
	}
	return []byte(c.data.Raw)
}
