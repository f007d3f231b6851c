package uri

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseTopicTakesWhatTheServiceTakes(t *testing.T) {
	for uri, want := range map[string]Topic{
		"pubsub://shop/timeouts":                          {Project: "shop", Name: "timeouts", Timeout: DefaultTimeout},
		"pubsub://example.com:shop-1/a.b_c~d+e%f-0":       {Project: "example.com:shop-1", Name: "a.b_c~d+e%f-0", Timeout: DefaultTimeout},
		"pubsub://shop/timeouts?ordering=user":            {Project: "shop", Name: "timeouts", Ordered: true, Timeout: DefaultTimeout},
		"pubsub://shop/timeouts?timeout=1s&ordering=user": {Project: "shop", Name: "timeouts", Ordered: true, Timeout: time.Second},
		"pubsub://shop/" + strings.Repeat("t", 255):       {Project: "shop", Name: strings.Repeat("t", 255), Timeout: DefaultTimeout},
	} {
		got, err := ParseTopic(uri)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v", uri, got, err)
		}
	}
}

func TestParseTopicNamesTheWrongPart(t *testing.T) {
	for uri, want := range map[string]string{
		"":                                 `pubsub: "": want pubsub://PROJECT/TOPIC`,
		"pubsub:shop/t":                    `pubsub: "pubsub:shop/t": want pubsub://PROJECT/TOPIC`,
		"pubsub://":                        `pubsub: "pubsub://": project "" is not a project id: want pubsub://PROJECT/TOPIC`,
		"pubsub://Shop/timeouts":           `pubsub: "pubsub://Shop/timeouts": project "Shop" is not a project id: want pubsub://PROJECT/TOPIC`,
		"pubsub://shop":                    `pubsub: "pubsub://shop": no topic: want pubsub://PROJECT/TOPIC`,
		"pubsub://shop/":                   `pubsub: "pubsub://shop/": no topic: want pubsub://PROJECT/TOPIC`,
		"pubsub://shop/a/b":                `pubsub: "pubsub://shop/a/b": topic "a/b" is not a name: want 3 to 255 letters, digits and -_.~+%, a letter first, and not goog`,
		"pubsub://shop/ab":                 `pubsub: "pubsub://shop/ab": topic "ab" is not a name: want 3 to 255 letters, digits and -_.~+%, a letter first, and not goog`,
		"pubsub://shop/google":             `pubsub: "pubsub://shop/google": topic "google" is not a name: want 3 to 255 letters, digits and -_.~+%, a letter first, and not goog`,
		"pubsub://shop/abc?x=1":            `pubsub: "pubsub://shop/abc?x=1": no setting "x": want ordering, timeout`,
		"pubsub://shop/abc?a;b":            `pubsub: "pubsub://shop/abc?a;b": settings "a;b": want name=value&name=value`,
		"pubsub://shop/abc?ordering=order": `pubsub: "pubsub://shop/abc?ordering=order": ordering "order": want user`,
		"pubsub://shop/abc?ordering=user&ordering=user": `pubsub: "pubsub://shop/abc?ordering=user&ordering=user": setting ordering is given 2 times`,
		"pubsub://shop/abc?timeout=999ms":               `pubsub: "pubsub://shop/abc?timeout=999ms": timeout "999ms": want a duration of at least 1s, such as 10s`,
		"pubsub://shop/abc?timeout=10":                  `pubsub: "pubsub://shop/abc?timeout=10": timeout "10": want a duration of at least 1s, such as 10s`,
	} {
		_, err := ParseTopic(uri)
		if err == nil {
			t.Errorf("%s: no error", uri)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", uri, diff)
		}
	}
}

func FuzzParseTopic(f *testing.F) {
	f.Add("pubsub://shop/timeouts?ordering=user&timeout=30s")
	f.Add("pubsub://a:b/c%?%zz=&=")
	f.Fuzz(func(t *testing.T, uri string) {
		topic, err := ParseTopic(uri)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("more than one line: %v", err)
			}
			return
		}
		if again, err := ParseTopic(Scheme + topic.Project + "/" + topic.Name); err != nil || again.String() != topic.String() {
			t.Errorf("%q is %s, and that %s, %v", uri, topic, again, err)
		}
	})
}
