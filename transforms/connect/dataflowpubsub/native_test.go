package dataflowpubsub

import (
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/connect/pubsub/uri"
)

func TestParseSubscription(t *testing.T) {
	for _, test := range []struct {
		uri, id, attribute string
		time               uri.TimeOf
	}{
		{"pubsub://shop/orders", "", "", uri.TimeOfEvent},
		{"pubsub://shop/orders?ack=bundle&time=publish", "", "", uri.TimeOfPublish},
		{"pubsub://shop/orders?time=attribute:at&id=event%20id", "event id", "at", uri.TimeOfAttribute},
	} {
		s, err := ParseSubscription(test.uri)
		if err != nil || s.String() != "projects/shop/subscriptions/orders" || s.IDAttribute != test.id || s.Attribute != test.attribute || s.Time != test.time {
			t.Errorf("%s: got %+v, error %v", test.uri, s, err)
		}
	}
}

func TestValidate(t *testing.T) {
	valid := Config{Subscription: "pubsub://shop/orders", WatermarkSlack: time.Second}
	if err := valid.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		uri    string
		change func(*Config)
		want   string
	}{
		{"pubsub://shop", nil, "no subscription"},
		{"pubsub://shop/orders?ack=outcome", nil, `-input "pubsub://shop/orders?ack=outcome": ack=outcome: the runner acknowledges what is in its state: want ack=bundle`},
		{"pubsub://shop/orders?pulls=4", nil, "pulls=4: the runner reads as it sees fit: want time, id, ack"},
		{"pubsub://shop/orders?lease=1s&time=publish", nil, "lease=1s: the runner"},
		{"pubsub://shop/orders?id=a&id=b", nil, "id=a,b: want the name of one attribute"},
		{"pubsub://shop/orders?id=", nil, "id=: want the name of one attribute"},
		{"pubsub://shop/orders?time=never", nil, "time=never: want event, publish or attribute:NAME"},
		{"pubsub://shop/orders?tyme=event", nil, `no setting "tyme"`},
		{"pubsub://shop/orders?%", nil, `settings "%": want name=value`},
		{"pubsub://shop/orders?time=attribute:at", func(c *Config) { c.TimeUnit = time.Second }, `-time-unit s: the runner takes the integers of attribute "at" as milliseconds`},
		{"pubsub://shop/orders", func(c *Config) { c.TimeUnit = time.Hour }, "-time-unit 1h0m0s"},
		{"pubsub://shop/orders", func(c *Config) { c.MaxAhead = -1 }, "-max-ahead -1ns"},
		{"pubsub://shop/orders", func(c *Config) { c.WatermarkSlack = -1 }, "-disorder -1ns"},
	} {
		c := valid
		c.Subscription = test.uri
		if test.change != nil {
			test.change(&c)
		}
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want %s", c, err, test.want)
		}
	}
}

func TestParseTopic(t *testing.T) {
	topic, err := ParseTopic("pubsub://shop/timeouts")
	if err != nil || topic.String() != "projects/shop/topics/timeouts" {
		t.Errorf("got %v, error %v", topic, err)
	}
	for uri, want := range map[string]string{
		"pubsub://shop/timeouts?ordering=user": "setting ordering=user: the runner publishes as it sees fit: want none",
		"pubsub://shop/timeouts?timeout=20s":   "setting timeout=20s",
		"pubsub://shop/":                       "no topic",
	} {
		if _, err := ParseTopic(uri); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", uri, err, want)
		}
	}
}
