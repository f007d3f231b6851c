package shard

// TypeCount is how many events there were of a type.
type TypeCount struct {
	Type  string
	Count int64
}

// maxOthers is how many types are told apart in an Output. It is for people who have
// misnamed one, and these see a few.
const maxOthers = 16

// other counts an event of class other by its type, or not at all where there are too
// many types. Types are of a batch's dictionary, so that most comparisons are of
// pointers or lengths.
func (o *Output) other(typ string) {
	for i := range o.Others {
		if o.Others[i].Type == typ {
			o.Others[i].Count++
			return
		}
	}
	if len(o.Others) < maxOthers {
		o.Others = append(o.Others, TypeCount{typ, 1})
	}
}
