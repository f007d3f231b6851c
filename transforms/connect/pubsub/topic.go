package pubsub

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Topic is where messages are published to, and how.
type Topic struct {
	// Project and Name are the ids of the project and of the topic in it.
	Project string
	Name    string
	// Ordered gives each message its user (without one, its order) as ordering
	// key: a subscription with message ordering then gets the messages of a user
	// in the order in which they were published. It costs throughput, as each
	// key's messages are published one batch after the other.
	Ordered bool
	// Timeout is how long a publish may take, with its repeats, before it fails.
	Timeout time.Duration
}

// DefaultTimeout is the Timeout of a topic whose URI names none.
const DefaultTimeout = 10 * time.Second

// The settings of a topic's URI.
const (
	orderingSetting = "ordering"
	timeoutSetting  = "timeout"
)

// ParseTopic returns the topic of a URI such as
//
//	pubsub://PROJECT/TOPIC
//	pubsub://PROJECT/TOPIC?ordering=user&timeout=30s
//
// Its errors name the part that is wrong.
func ParseTopic(uri string) (Topic, error) {
	project, name, settings, err := parseURI(uri, "topic", orderingSetting, timeoutSetting)
	if err != nil {
		return Topic{}, err
	}
	t := Topic{Project: project, Name: name, Timeout: DefaultTimeout}
	if settings.Has(orderingSetting) {
		if by := settings.Get(orderingSetting); by != "user" {
			return Topic{}, fmt.Errorf("pubsub: %q: ordering %q: want user", uri, by)
		}
		t.Ordered = true
	}
	if settings.Has(timeoutSetting) {
		text := settings.Get(timeoutSetting)
		if t.Timeout, err = time.ParseDuration(text); err != nil || t.Timeout < time.Second {
			return Topic{}, fmt.Errorf("pubsub: %q: timeout %q: want a duration of at least 1s, such as 10s", uri, text)
		}
	}
	return t, nil
}

// String returns the name by which the service knows the topic.
func (t Topic) String() string { return "projects/" + t.Project + "/topics/" + t.Name }

// checkTimeout is how long CheckTopic waits for an answer.
const checkTimeout = 5 * time.Second

// publishPermission is what a publisher needs.
const publishPermission = "pubsub.topics.publish"

// CheckTopic asks the service, before a pipeline starts, whether the topic of a
// URI can be published to. Its error is one line that says why not: no such
// topic, no permission, or no answer within 5 s.
func CheckTopic(ctx context.Context, uri string) error {
	t, err := ParseTopic(uri)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	c, err := pubsub.NewClient(ctx, t.Project)
	if err != nil {
		return fmt.Errorf("pubsub: project %s: %s", t.Project, oneLine(err))
	}
	defer c.Close()
	_, err = c.TopicAdminClient.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: t.String()})
	if status.Code(err) == codes.PermissionDenied && mayPublish(ctx, c, t) {
		return nil // who may publish need not be allowed to look at the topic
	}
	if err != nil {
		return t.fault(err)
	}
	return nil
}

func mayPublish(ctx context.Context, c *pubsub.Client, t Topic) bool {
	granted, err := c.TopicAdminClient.TestIamPermissions(ctx, &iampb.TestIamPermissionsRequest{
		Resource:    t.String(),
		Permissions: []string{publishPermission},
	})
	return err == nil && slices.Contains(granted.GetPermissions(), publishPermission)
}

// fault is an error of the client library as one of the topic.
func (t Topic) fault(err error) error {
	return fmt.Errorf("pubsub: topic %s: %s", t, oneLine(err))
}
