package publish

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

	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/uri"
)

// checkTimeout is how long CheckTopic waits for an answer.
const checkTimeout = 5 * time.Second

// publishPermission is what a publisher needs.
const publishPermission = "pubsub.topics.publish"

// CheckTopic asks the service, before a pipeline starts, whether the topic of a
// URI can be published to. Its error is one line that says why not: no such
// topic, no permission, or no answer within 5 s.
func CheckTopic(ctx context.Context, t uri.Topic) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	c, err := pubsub.NewClient(ctx, t.Project)
	if err != nil {
		return fmt.Errorf("pubsub: project %s: %s", t.Project, client.OneLine(err))
	}
	defer c.Close()
	_, err = c.TopicAdminClient.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: t.String()})
	if status.Code(err) == codes.PermissionDenied && mayPublish(ctx, c, t) {
		return nil // who may publish need not be allowed to look at the topic
	}
	if err != nil {
		return topicFault(t, err)
	}
	return nil
}

func mayPublish(ctx context.Context, c *pubsub.Client, t uri.Topic) bool {
	granted, err := c.TopicAdminClient.TestIamPermissions(ctx, &iampb.TestIamPermissionsRequest{
		Resource:    t.String(),
		Permissions: []string{publishPermission},
	})
	return err == nil && slices.Contains(granted.GetPermissions(), publishPermission)
}

// topicFault is an error of the client library as one of the topic.
func topicFault(t uri.Topic, err error) error {
	return fmt.Errorf("pubsub: topic %s: %s", t, client.OneLine(err))
}
