package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordertimeout/transforms/connect/pubsub/uri"
)

// OneLine says in a few words, for who runs the pipeline, what an error of the
// client library means.
func OneLine(err error) string {
	code := status.Code(err)
	if errors.Is(err, context.DeadlineExceeded) {
		code = codes.DeadlineExceeded
	}
	switch code {
	case codes.NotFound:
		return "does not exist"
	case codes.PermissionDenied:
		return "no permission: " + Detail(err)
	case codes.Unauthenticated:
		return "not signed in: " + Detail(err)
	case codes.Unavailable, codes.DeadlineExceeded:
		return fmt.Sprintf("%s does not answer: %s", Server(), Detail(err))
	}
	return Detail(err)
}

// Detail is the text of an error without the wrapping of gRPC.
func Detail(err error) string {
	text := err.Error()
	if s, ok := status.FromError(err); ok && s.Message() != "" {
		text = s.Message()
	}
	return strings.Join(strings.Fields(text), " ")
}

// Server is where requests go.
func Server() string {
	if host := os.Getenv(uri.Emulator); host != "" {
		return fmt.Sprintf("the emulator at %s (%s)", host, uri.Emulator)
	}
	return "the service"
}
