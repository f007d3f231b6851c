package pubsub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/process"
)

// checkTime is how long the service may take to answer before a run.
const checkTime = 5 * time.Second

// consume is the permission to pull and to acknowledge.
const consume = "pubsub.subscriptions.consume"

// deletedTopic is what the topic of a subscription is called when it is deleted.
const deletedTopic = "_deleted-topic_"

// Check asks the service, before a run, whether the subscription can be read as
// the settings want it. It pulls nothing, and ends within seconds. The error is
// one line that says what is wrong.
func Check(ctx context.Context, c Config) (connect.Found, error) {
	sub, err := c.parse()
	if err != nil {
		return connect.Found{}, err
	}
	return check(ctx, c, sub)
}

// check is Check of a subscription that the settings have named.
func check(ctx context.Context, c Config, sub uri.Subscription) (connect.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	if err := dialEmulator(ctx); err != nil {
		return connect.Found{}, c.fault("%s does not answer: %s", client.Server(), client.Detail(err))
	}
	l, err := client.Of(process.Of(c.Run))
	if err != nil {
		return connect.Found{}, err
	}
	requests, err := l.Client(ctx, sub.Project)
	if err != nil {
		return connect.Found{}, err
	}
	s := client.Service{Client: requests.SubscriptionAdminClient, Name: sub.String()}
	found, err := s.Look(ctx)
	if err != nil {
		return connect.Found{}, c.fault("%s", missing(err))
	}
	if !mayConsume(ctx, s) {
		return connect.Found{}, c.fault("no permission: want %s", consume)
	}
	if err := readable(found, sub); err != nil {
		return connect.Found{}, c.fault("%s", err)
	}
	all := connect.Found{Topic: found.GetTopic(), Warnings: c.warnings(sub, found)}
	if sub.Ack == uri.AckOutcome {
		var note string
		if all.MaxWithin, note, err = c.windows(sub, found.GetMessageRetentionDuration().AsDuration()); err != nil {
			return connect.Found{}, err
		}
		if note != "" {
			all.Warnings = append(all.Warnings, note)
		}
	}
	return all, nil
}

// TopicOf asks the service, for who does not read it by [Read], which topic a
// subscription is of: "projects/shop/topics/orders". It ends within seconds. The error is
// one line that says why it cannot be told.
func TopicOf(ctx context.Context, sub uri.Subscription) (topic string, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	type answer struct {
		topic string
		err   error
	}
	answers := make(chan answer, 1)
	go func() { // to look for credentials may take longer than ctx
		topic, err := topicOf(ctx, sub)
		answers <- answer{topic, err}
	}()
	select {
	case a := <-answers:
		return a.topic, a.err
	case <-ctx.Done():
		return "", fmt.Errorf("pubsub: subscription %s: %s", sub, client.OneLine(ctx.Err()))
	}
}

func topicOf(ctx context.Context, sub uri.Subscription) (string, error) {
	if err := dialEmulator(ctx); err != nil {
		return "", fmt.Errorf("pubsub: %s does not answer: %s", client.Server(), client.Detail(err))
	}
	requests, err := pubsub.NewClient(ctx, sub.Project)
	if err != nil {
		return "", fmt.Errorf("pubsub: project %s: %s", sub.Project, client.OneLine(err))
	}
	defer requests.Close()
	found, err := client.Service{Client: requests.SubscriptionAdminClient, Name: sub.String()}.Look(ctx)
	if err != nil {
		return "", fmt.Errorf("pubsub: subscription %s: %s", sub, missing(err))
	}
	return found.GetTopic(), nil
}

// dialEmulator finds out whether there is an emulator at the address, where one
// is given: the client would try again and again.
func dialEmulator(ctx context.Context) error {
	host := os.Getenv(uri.Emulator)
	if host == "" {
		return nil
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		return err
	}
	return conn.Close()
}

// missing says what is wrong where the subscription cannot be looked at.
func missing(err error) string {
	if status.Code(err) == codes.NotFound {
		return "no such subscription"
	}
	return client.OneLine(err)
}

// mayConsume reports whether messages may be pulled, as far as the service says.
func mayConsume(ctx context.Context, s client.Service) bool {
	got, err := s.Client.TestIamPermissions(ctx, &iampb.TestIamPermissionsRequest{Resource: s.Name, Permissions: []string{consume}})
	return err != nil || slices.Contains(got.GetPermissions(), consume) // an emulator knows no permissions
}

// readable returns why a subscription cannot be read.
func readable(found *pubsubpb.Subscription, sub uri.Subscription) error {
	switch {
	case found.GetTopic() == deletedTopic:
		return errors.New("the topic of the subscription was deleted")
	case found.GetDetached():
		return errors.New("the subscription is detached from its topic")
	case found.GetPushConfig().GetPushEndpoint() != "":
		return fmt.Errorf("the subscription pushes to %s: want one to pull from", found.GetPushConfig().GetPushEndpoint())
	case found.GetEnableMessageOrdering() && sub.Ack == uri.AckOutcome:
		return errors.New("the subscription orders its messages, and one that is not acknowledged blocks its key: want one without ordering, or ack=bundle")
	}
	return nil
}
