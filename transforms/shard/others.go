package shard

// TypeCount is how many events there were of a type.
type TypeCount struct {
	Type  string
	Count int64
}

// maxOthers is how many types are told apart in an Output. They are counted for people
// who have misnamed one, who are shown a few.
const maxOthers = 16

// other counts an event of class other by its type. It counts no type beyond maxOthers.
// Types are of a batch's dictionary, so most comparisons are of pointers or lengths.
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
