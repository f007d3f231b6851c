package main

import (
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/pubsub/v2"

	"ordertimeout/transforms/connect/demo/shop"
)

// runShop publishes the events of a simulated shop when they happen, until ctx
// ends: of ten orders seven are paid in time, one too late and two never.
func (s *service) runShop(ctx context.Context, set settings) error {
	c := shop.Default()
	c.Seed = uint64(time.Now().UnixNano())
	c.Users = 100
	c.Rate = set.rate
	c.Start = time.Now()
	c.Within = set.within
	c.Paid, c.PaidLate = 0.7, 0.1
	sim, err := shop.New(c)
	if err != nil {
		return err
	}
	orders := s.client.Publisher(ordersTopic)
	defer orders.Stop()
	for {
		arrival := sim.Next()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(time.UnixMilli(arrival.At))):
		}
		result := orders.Publish(ctx, &pubsub.Message{Data: arrival.Event.Raw})
		if _, err := result.Get(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("publish an event: %w", err)
		}
	}
}
